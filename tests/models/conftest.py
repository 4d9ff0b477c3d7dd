"""Initial weights drawn by NumPy: JAX compiles every initialiser for every shape, for minutes."""

import keras
import numpy as np
import pytest


@pytest.fixture(scope="session", autouse=True)
def drawn_by_numpy():
    """Glorot, He and their like, from the generator that `keras.utils.set_random_seed` seeds."""

    def draw(self, shape, dtype=None):
        values = np.random.standard_normal(shape) * np.prod(shape[:-1]) ** -0.5
        return keras.ops.convert_to_tensor(values.astype(np.float32), dtype=dtype)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keras.initializers.VarianceScaling, "__call__", draw)
        yield
