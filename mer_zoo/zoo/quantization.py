"""Kernels as 8-bit integers: a quarter of float32, one scale an output channel."""

import numpy as np

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
    longer = [axis for axis, length in enumerate(value.shape) if length > 1]
    channels = longer[-1] if longer else value.ndim - 1
    others = tuple(axis for axis in range(value.ndim) if axis != channels)
    largest = np.abs(value).max(axis=others, keepdims=True)
    mantissa, exponent = np.frexp(largest / np.float32(LEVELS))
    steps = np.ceil(np.ldexp(mantissa, _MANTISSA_BITS))
    scale = np.ldexp(steps, exponent - _MANTISSA_BITS).astype(np.float32)
    levels = np.rint(value / np.where(scale > 0, scale, 1))
    return {name: levels.astype(np.int8), name + SCALE: scale}


def is_worthwhile(value: np.ndarray) -> bool:
    """Whether a tensor is a kernel large enough to be quantized."""
    return value.ndim > 1 and value.size > LEAST


def restored(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors of a file with its int8 kernels as float32 again; others are as they were."""
    scales = {name: value for name, value in tensors.items() if name.endswith(SCALE)}
    return {
        name: value * scales[name + SCALE] if name + SCALE in scales else value
        for name, value in tensors.items()
        if name not in scales
    }
