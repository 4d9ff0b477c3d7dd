"""Folds share what JAX compiles; the folder is gone afterwards, and JAX is set as before."""

from pathlib import Path

import keras
import numpy as np
import pytest

from mer_zoo.evaluation import Examples, run
from mer_zoo.evaluation.compilations import kept_in, shared_folder

jax = pytest.importorskip("jax")
compilation_cache = pytest.importorskip("jax.experimental.compilation_cache.compilation_cache")
pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="the other backends keep nothing"
)


@pytest.fixture(autouse=True)
def no_cache():
    """JAX without the cache that `python -m tests` gives to it, as users have it."""
    given = jax.config.jax_compilation_cache_dir
    jax.config.update("jax_compilation_cache_dir", None)
    compilation_cache.reset_cache()
    yield
    jax.config.update("jax_compilation_cache_dir", given)
    compilation_cache.reset_cache()


class Compiling:
    """A learner whose every fold compiles the same function."""

    def __init__(self):
        self.written, self.folders = [], set()

    def describe(self):
        return {"learner": "compiles"}

    def fit(self, examples, seed, watch=None):
        folder = jax.config.jax_compilation_cache_dir
        before = len(list(Path(folder).iterdir()))
        jax.jit(lambda x: np.pi * x + 1)(np.ones(3, np.float32))
        self.written.append(len(list(Path(folder).iterdir())) - before)
        self.folders.add(folder)
        return self

    def predict(self, images):
        return np.full((len(images), 3), 1 / 3)


def test_the_first_fold_compiles_for_all():
    subjects, clips = [f"made/s{i}" for i in range(6)], [f"c{i}" for i in range(6)]
    labels, names = np.arange(6) % 3, ("negative", "positive", "surprise")
    examples = Examples(np.zeros((6, 4, 4, 3), np.float32), labels, subjects, clips, names)
    learner = Compiling()
    run(learner, examples, seeds=(1,), progress=False)
    assert learner.written[0] > 0
    assert not any(learner.written[1:])
    (folder,) = learner.folders
    assert not Path(folder).exists()
    assert jax.config.jax_compilation_cache_dir is None


def test_a_cache_of_the_user_serves(tmp_path):
    own = str(tmp_path / "own")
    jax.config.update("jax_compilation_cache_dir", own)
    with shared_folder("jax") as folder, kept_in(folder):
        assert jax.config.jax_compilation_cache_dir == own


def test_a_machine_without_the_folder_keeps_nothing(tmp_path):
    with kept_in(str(tmp_path / "elsewhere")):
        assert jax.config.jax_compilation_cache_dir is None
    assert not (tmp_path / "elsewhere").exists()
