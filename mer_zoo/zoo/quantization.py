"""Kernels as 8-bit integers: a quarter of float32, one scale an output channel."""

from dataclasses import dataclass

import numpy as np

from mer_zoo.errors import WeightsError

LEVELS = 127
LEAST = 20_000  # values: smaller kernels are few bytes, and answers depend on them most
SCALE = "/scale"  # of the tensor before it; no variable has a path below another's
_MANTISSA_BITS = 12


def quantized(name: str, value: np.ndarray) -> dict[str, np.ndarray]:
    """A kernel as int8 and its scales: `value` is about `int8 * scale`, off by half a scale at most.

    The scales have few bits, so that every product is exact: what was restored is quantized to the
    same bytes again.

    Args:
        name: the tensor's name.
        value: finite float32, at least two axes. The last axis longer than 1 is that of the channels:
            depthwise kernels `(h, w, channels, 1)` have theirs before it.

    Returns:
        `name` -> int8, and `name/scale` -> float32 that broadcasts against it.
    """
    channels = _channel_axis(value.shape)
    others = tuple(axis for axis in range(value.ndim) if axis != channels)
    largest = np.abs(value).max(axis=others, keepdims=True)
    mantissa, exponent = np.frexp(largest / np.float32(LEVELS))
    steps = np.ceil(np.ldexp(mantissa, _MANTISSA_BITS))
    scale = np.ldexp(steps, exponent - _MANTISSA_BITS).astype(np.float32)
    levels = np.rint(value / np.where(scale > 0, scale, 1))
    return {name: levels.astype(np.int8), name + SCALE: scale}


def is_worthwhile(value: np.ndarray) -> bool:
    """Whether a tensor is a kernel large enough to be quantised."""
    return value.ndim > 1 and value.size > LEAST


@dataclass(frozen=True)
class Kernel:
    """A quantised kernel that has not been decoded yet.

    Attributes:
        levels: int8.
        scale: float32, one for each channel.
    """

    levels: np.ndarray
    scale: np.ndarray

    @property
    def shape(self) -> tuple[int, ...]:
        return self.levels.shape

    def decoded(self) -> np.ndarray:
        """The kernel as float32."""
        return self.levels * self.scale


def paired(tensors: dict[str, np.ndarray]) -> dict[str, "np.ndarray | Kernel"]:
    """The tensors of a file with each int8 kernel beside its scales. Nothing is decoded.

    Raises:
        WeightsError: an int8 tensor without scales or scales without an int8 tensor, or scales of
            another shape or value than `quantized` writes.
    """
    scales = {name: value for name, value in tensors.items() if name.endswith(SCALE)}
    found: dict[str, np.ndarray | Kernel] = {}
    for name, value in tensors.items():
        if name in scales:
            kernel = tensors.get(name.removesuffix(SCALE))
            if kernel is None or kernel.dtype != np.int8:
                raise WeightsError(
                    f"The scales {name!r} belong to no int8 tensor. Make the file again."
                )
        elif value.dtype == np.int8:
            found[name] = _kernel(name, value, scales.get(name + SCALE))
        else:
            found[name] = value
    return found


def restored(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors of a file with its int8 kernels as float32 again; others are as they were.

    Raises:
        WeightsError: see `paired`.
    """
    return {
        name: value.decoded() if isinstance(value, Kernel) else value
        for name, value in paired(tensors).items()
    }


def _kernel(name, levels, scale) -> Kernel:
    if scale is None:
        raise WeightsError(f"{name!r} is int8 and has no {name + SCALE!r}. Make the file again.")
    if levels.ndim < 2:
        raise WeightsError(f"{name!r} is int8 and has {levels.ndim} axes; expected 2 or more.")
    channels = _channel_axis(levels.shape)
    wanted = tuple(n if axis == channels else 1 for axis, n in enumerate(levels.shape))
    if scale.dtype != np.float32 or scale.shape != wanted:
        # Any other shape that broadcasts would make a small file decode to a huge tensor.
        raise WeightsError(
            f"{name + SCALE!r} is {scale.dtype} of shape {scale.shape}; expected float32 of shape "
            f"{wanted}, one scale for each channel of {name!r}. Make the file again."
        )
    with np.errstate(over="ignore"):
        largest = scale * np.float32(-np.iinfo(np.int8).min)
    if not np.isfinite(largest).all() or (scale < 0).any():
        raise WeightsError(
            f"{name + SCALE!r} holds values that are negative or too large. Make the file again."
        )
    return Kernel(levels, scale)


def _channel_axis(shape) -> int:
    """The last axis longer than 1, or the last one where there is none."""
    longer = [axis for axis, length in enumerate(shape) if length > 1]
    return longer[-1] if longer else len(shape) - 1
