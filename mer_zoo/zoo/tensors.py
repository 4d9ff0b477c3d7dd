"""Reads untrusted safetensors files: they are checked before anything is decoded."""

import hashlib
import math
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, deserialize

from mer_zoo.bounds import PARAMETERS, WEIGHT_BYTES, shown
from mer_zoo.errors import WeightsError
from mer_zoo.zoo.quantization import Kernel, paired

HEADER_BYTES = 1_000_000
"""Largest header: names, dtypes and shapes. The largest packaged one has 40 kB."""

NAME_CHARACTERS = 300
STORED = {"F16": np.float16, "F32": np.float32, "I8": np.int8}
"""Dtypes in a weight file, as safetensors names them."""


def read_tensors(
    path: Path, sha256: str | None = None, size: int | None = None
) -> dict[str, np.ndarray | Kernel]:
    """The tensors of a weight file by name: float16 or float32 arrays, and kernels still in int8.

    Args:
        path: the `.safetensors` file.
        sha256: expected digest of the file; None skips the check.
        size: expected size of the file in bytes; None allows any up to `WEIGHT_BYTES`.

    Raises:
        WeightsError: the file is missing, altered, too large or not safetensors, or a tensor has
            another dtype, values that are not finite, or scales that do not fit it.
    """
    content = _content(Path(path), size)
    if sha256 is not None and (actual := hashlib.sha256(content).hexdigest()) != sha256:
        raise WeightsError(
            f"The weight file {path} was altered: its sha256 is {actual[:16]}…, the card says "
            f"{sha256[:16]}…. Restore the file, or install mer-zoo again."
        )
    if int.from_bytes(content[:8], "little") > HEADER_BYTES:
        raise WeightsError(
            f"{path} is not a safetensors file of this package: expected a header of at most "
            f"{HEADER_BYTES:,} bytes."
        )
    try:
        stored = deserialize(content)
    except SafetensorError as error:
        raise WeightsError(f"{path} is not a safetensors file: {error}.") from error
    try:
        return paired(_arrays(stored))
    except WeightsError as error:
        raise WeightsError(f"{path}: {error}") from None


def _content(path: Path, size: int | None) -> bytes:
    try:
        found = path.stat().st_size
        if size is not None and found != size:
            raise WeightsError(
                f"The weight file {path} has {found:,} bytes, the card says {size:,}. Restore the "
                "file, or install mer-zoo again."
            )
        if found > WEIGHT_BYTES:
            raise WeightsError(
                f"The weight file {path} has {found:,} bytes; expected at most {WEIGHT_BYTES:,}. "
                "Store it as float16 or int8."
            )
        return path.read_bytes()
    except OSError as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(
            f"The weight file {path} cannot be read ({error.strerror}). Install mer-zoo again, or "
            "regenerate the entry with the recipe its card names. No random weights are used instead."
        ) from error


def _arrays(stored) -> dict[str, np.ndarray]:
    """The arrays of what safetensors read, which vouches that shapes and dtypes fit the bytes."""
    values = sum(math.prod(tensor["shape"]) for _, tensor in stored)
    if values > PARAMETERS:
        raise WeightsError(f"it holds {values:,} values; expected at most {PARAMETERS:,}.")
    found = {}
    for name, tensor in stored:
        if len(name) > NAME_CHARACTERS:
            raise WeightsError(
                f"the name {shown(name)} is longer than {NAME_CHARACTERS} characters."
            )
        if tensor["dtype"] not in STORED:
            raise WeightsError(
                f"{name!r} is stored as {tensor['dtype']}; expected one of {', '.join(STORED)}."
            )
        if not math.prod(tensor["shape"]):
            raise WeightsError(f"{name!r} is empty; its shape is {shown(tensor['shape'])}.")
        array = np.frombuffer(tensor["data"], STORED[tensor["dtype"]]).reshape(tensor["shape"])
        if not _is_finite(array):
            raise WeightsError(f"{name!r} holds values that are not finite. Train again.")
        found[name] = array
    return found


def _is_finite(array: np.ndarray) -> bool:
    if (
        array.dtype == np.float16
    ):  # by its bits, ten times as fast: infinity is 0x7c00, NaN above it
        return int((array.view(np.uint16) & 0x7FFF).max()) < 0x7C00
    return array.dtype == np.int8 or bool(np.isfinite(array).all())
