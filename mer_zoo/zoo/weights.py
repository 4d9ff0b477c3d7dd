"""Weight files: safetensors addressed by variable path, verified by sha256 before they are read.

The tensors of a file are matched with the network by name and shape before anything is decoded.

Keras' own `.weights.h5` is addressed by class and order, so two layers of one shape that changed
places load silently swapped. Here a tensor is found only by its path (`stage1_conv1/kernel`).
"""

import contextlib
import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from safetensors.numpy import save as save_safetensors

from mer_zoo.bounds import DTYPES
from mer_zoo.errors import WeightsError
from mer_zoo.files import write_atomically
from mer_zoo.zoo.quantization import Kernel, is_worthwhile, quantized
from mer_zoo.zoo.tensors import read_tensors

if TYPE_CHECKING:
    import keras


def variables_by_path(network: "keras.Model") -> dict:
    """The network's weights by path relative to it, without the state of random generators."""
    prefix = f"{network.name}/"
    kept = [v for v in network.weights if "seed_generator" not in v.path]
    found = {variable.path.removeprefix(prefix): variable for variable in kept}
    if len(found) != len(kept):
        raise WeightsError(f"{network.name}: two variables share a path. Name every layer.")
    return found


def save(
    network: "keras.Model",
    path: Path,
    dtype: str = "float16",
    base: Mapping[str, np.ndarray] | None = None,
) -> None:
    """Writes the network's weights, atomically.

    Args:
        network: a built `keras.Model`.
        path: the `.safetensors` file; an existing one is replaced.
        dtype: storage dtype, "float16", "float32" or "int8" (`mer_zoo.zoo.quantization`).
        base: tensors that are stored elsewhere; equal ones are left out of the file.

    Raises:
        WeightsError: no such dtype, or it cannot hold a value.
    """
    if dtype not in DTYPES:
        raise WeightsError(f"Weights cannot be stored as {dtype!r}. Use one of {sorted(DTYPES)}.")
    tensors = {}
    for name, variable in variables_by_path(network).items():
        value = np.asarray(_numpy(variable), dtype=np.float32)
        if base is not None and name in base and np.array_equal(base[name], value):
            continue
        stored = value.astype(DTYPES[dtype])
        if not np.isfinite(stored).all():
            raise WeightsError(
                f"{name} has values that {dtype} cannot hold. Store as float32, or train again: "
                "weights beyond 65504 or NaN mean that training diverged."
            )
        if dtype == "int8" and is_worthwhile(value):
            tensors.update(quantized(name, value))
        else:
            tensors[name] = np.ascontiguousarray(stored)
    write_atomically(Path(path), save_safetensors(tensors))


def load(
    network: "keras.Model",
    path: Path,
    sha256: str | None = None,
    fresh: tuple[str, ...] = (),
    base: Mapping[str, np.ndarray] | None = None,
    size: int | None = None,
) -> None:
    """Loads weights into a built network. Either every variable is set or none is.

    Args:
        network: a built `keras.Model`.
        path: the `.safetensors` file.
        sha256: expected digest of the file. None skips the check (a file you have just written).
        fresh: layers, by name, that keep their initial weights.
        base: the tensors that the file leaves out.
        size: expected bytes of the file. None allows any size up to `bounds.WEIGHT_BYTES`.

    Raises:
        WeightsError: the file is missing, altered, not safetensors, or does not fit the network.
    """
    tensors = {**(base or {}), **read_tensors(path, sha256, size)}
    for variable, value in _matched(network, tensors, path, fresh):
        variable.assign(value)


def build_loaded(
    build: Callable,
    path: Path,
    sha256: str | None = None,
    fresh: tuple[str, ...] = (),
    base: Mapping[str, np.ndarray] | None = None,
    size: int | None = None,
):
    """Builds a network whose variables are created with their stored values.

    Drawing random weights and discarding them is slow on JAX, which compiles every initialiser for
    every shape.

    Args:
        build: makes the network; called without arguments.
        path, sha256, fresh, base, size: see `load`.

    Returns:
        The network.

    Raises:
        WeightsError: as for `load`. Nothing has been allocated for the network then.
    """
    tensors = {**(base or {}), **read_tensors(path, sha256, size)}
    with _deferred_values():
        network = build()
        for variable, value in _matched(network, tensors, path, fresh):
            variable._initializer = _Stored(value)
    return network


@contextlib.contextmanager
def _deferred_values():
    """Variables made inside get their values at the end, and none if the block raises.

    `keras.StatelessScope` alone would then still draw random values for all of them, and a network
    that is refused because it is too large would be allocated after all.
    """
    import keras
    from keras.src.backend.common import global_state

    waiting = "uninitialized_variables"
    before = list(global_state.get_global_attribute(waiting) or [])
    with keras.StatelessScope():
        try:
            yield
        except BaseException:
            global_state.set_global_attribute(waiting, before)
            raise


class _Stored:
    """An initialiser that gives one array."""

    def __init__(self, value):
        self.value = value

    def __call__(self, shape, dtype=None):
        import keras

        return keras.ops.convert_to_tensor(self.value, dtype=dtype)


def _matched(network, tensors, path, fresh):
    """Pairs (variable, float32 array) for all variables outside `fresh`; all fit, or it raises."""

    def is_fresh(name):
        return name.split("/")[0] in fresh

    wanted = {n: v for n, v in variables_by_path(network).items() if not is_fresh(n)}
    if missing := sorted(set(wanted) - set(tensors)):
        raise WeightsError(
            f"{path} has no tensor {missing[0]!r}, which {network.name} needs "
            f"({len(missing)} missing). The file belongs to another network: check the card."
        )
    if extra := sorted(n for n in set(tensors) - set(wanted) if not is_fresh(n)):
        raise WeightsError(
            f"{path} holds {extra[0]!r}, which {network.name} does not have "
            f"({len(extra)} too many). The file belongs to another network: check the card."
        )
    for name, variable in wanted.items():
        if tuple(variable.shape) != tensors[name].shape:
            raise WeightsError(
                f"{path}: {name} has shape {tensors[name].shape}, "
                f"the network needs {tuple(variable.shape)}. Check the card's network arguments."
            )
    return [(v, _as_float32(tensors[n])) for n, v in wanted.items()]


def _as_float32(tensor: np.ndarray | Kernel) -> np.ndarray:
    # Arrays are copied: those of a file cannot be written to, which PyTorch warns of.
    return tensor.decoded() if isinstance(tensor, Kernel) else tensor.astype(np.float32)


def read(path: Path, sha256: str | None = None, size: int | None = None) -> dict[str, np.ndarray]:
    """The tensors of a safetensors file, after checking its digest; int8 kernels are float32 again.

    Args:
        path, sha256, size: see `mer_zoo.zoo.tensors.read_tensors`.

    Raises:
        WeightsError: the file is missing, altered or damaged.
    """
    return {
        name: tensor.decoded() if isinstance(tensor, Kernel) else tensor
        for name, tensor in read_tensors(path, sha256, size).items()
    }


def digest(path: Path) -> str:
    """sha256 of a file, as hexadecimal text."""
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _numpy(variable):
    import keras

    return keras.ops.convert_to_numpy(variable)
