"""Loads the trained weights into BlazeFace and FaceMesh."""

from collections.abc import Callable
from contextlib import contextmanager

import keras
from safetensors.numpy import load

from mer_zoo.errors import WeightsError
from mer_zoo.faces.blazeface import build_blazeface
from mer_zoo.faces.facemesh import build_facemesh
from mer_zoo.faces.weights import BLAZEFACE, FACEMESH, WEIGHTS_FOLDER, NetworkFiles, read_verified


def load_blazeface() -> keras.Model:
    """BlazeFace with its trained weights; see `build_blazeface` for inputs and outputs.

    Raises:
        WeightsError: The weight file is missing, altered or does not fit the network.
    """
    return _load(build_blazeface, BLAZEFACE)


def load_facemesh() -> keras.Model:
    """FaceMesh with its trained weights; see `build_facemesh` for inputs and outputs.

    Raises:
        WeightsError: The weight file is missing, altered or does not fit the network.
    """
    return _load(build_facemesh, FACEMESH)


def _load(build: Callable[[], keras.Model], files: NetworkFiles) -> keras.Model:
    path = WEIGHTS_FOLDER / files.safetensors
    weights = load(read_verified(path, files.safetensors_sha256))
    with _float32_policy():
        model = build()
    variables = {variable.path: variable for variable in model.variables}
    if weights.keys() != variables.keys():
        odd = ", ".join(sorted(weights.keys() ^ variables.keys())[:5])
        raise WeightsError(
            f"{path} does not fit the network {model.name}. Tensors of only one of them: {odd}."
        )
    for name, variable in variables.items():
        variable.assign(weights[name].astype("float32"))
    model.trainable = False
    return model


@contextmanager
def _float32_policy():
    """Landmarks need float32 even where the user trains in mixed precision."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        yield
    finally:
        keras.config.set_dtype_policy(policy)
