"""Pixel values of any usual kind made into 8-bit RGB, without guessing at their scale."""

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.errors import ClipError

BIT_DEPTHS = (8, 10, 12, 14, 16)
BLACK = 2.0
"""Floating-point frames without a value above this would be black: they are scaled 0..1, or nearly."""

STRIP = 4_000_000  # values that are converted at once


def rgb_frames(
    array: ArrayLike, *, bit_depth: int | None = None, name: str = "the array"
) -> np.ndarray:
    """Makes an array of frames into 8-bit RGB.

    Args:
        array: shape (T, H, W) or (T, H, W, 1) grey, (T, H, W, 3) RGB or (T, H, W, 4) RGBA (alpha
            is dropped). Kinds: uint8; uint16 (see `bit_depth`); floating point with values
            0..255, rounded, and refused where none is above 2 unless all are 0; other integers
            with values 0..255.
        bit_depth: how many bits of a wider integer the camera used: 8, 10, 12, 14 or 16. None
            takes uint16 for full range (divided by 257), and refuses when no value is above
            4095, since that is far more often 12-bit data than a black clip. Other integers
            that are all 0 or 1 are refused without it, since they are rather a mask.
        name: what to call the array in an error.

    Returns:
        (T, H, W, 3) uint8. 8-bit RGB comes back as it is, not copied; grey comes back as a
        read-only view that repeats one channel.

    Raises:
        ClipError: for another shape or kind, for values that are not finite or out of range, and
            for a scale that would have to be guessed.
    """
    try:
        array = np.asarray(array)
    except Exception as error:  # ragged lists, tensors on a device: whatever the array library says
        raise ClipError(f"{name} cannot be read as a numpy array: {error}") from error
    if bit_depth is not None and bit_depth not in BIT_DEPTHS:
        raise ClipError(f"bit_depth is {bit_depth!r}; expected one of {BIT_DEPTHS} or None.")
    _check_shape(array, name)
    frames = _eight_bit(array, bit_depth, name)
    if frames.ndim == 3:
        frames = frames[..., np.newaxis]
    if frames.shape[-1] == 1:
        return np.broadcast_to(frames, (*frames.shape[:3], 3))
    if frames.shape[-1] == 4:
        return np.ascontiguousarray(frames[..., :3])
    return frames


def _check_shape(array: np.ndarray, name: str) -> None:
    wanted = "Expected (frames, height, width) or (frames, height, width, channels) with 1, 3 or 4"
    shape = array.shape
    if array.ndim == 3 and shape[-1] in (1, 3, 4):
        raise ClipError(
            f"{name} has shape {shape}, which looks like one image. {wanted} channels; "
            "for a clip of one frame give array[None]."
        )
    if array.ndim == 4 and shape[-1] not in (1, 3, 4) and shape[1] in (1, 3, 4):
        raise ClipError(
            f"{name} has shape {shape}, which looks like channels first. {wanted} channels; "
            "use array.transpose(0, 2, 3, 1)."
        )
    if array.ndim not in (3, 4) or (array.ndim == 4 and shape[-1] not in (1, 3, 4)):
        raise ClipError(f"{name} has shape {shape}. {wanted} channels.")
    if 0 in shape:
        raise ClipError(f"{name} has shape {shape}: there is nothing in it. {wanted} channels.")


def _eight_bit(array: np.ndarray, bit_depth: int | None, name: str) -> np.ndarray:
    if array.dtype == np.uint8:
        return array
    if np.issubdtype(array.dtype, np.floating):
        return _from_float(array, name)
    if not np.issubdtype(array.dtype, np.integer):
        raise ClipError(
            f"{name} is of kind {array.dtype}; expected uint8, uint16, or floating point with "
            "values 0..255. Convert it first, for instance array.astype('uint8') * 255 for a mask."
        )
    low, high = int(array.min()), int(array.max())
    if bit_depth is None and array.dtype == np.uint16:
        if 0 < high <= 4095:
            raise ClipError(
                f"{name} is uint16 but no value is above {high}, so its scale would be a guess. "
                "Give bit_depth=8, 10, 12 or 14 as the camera has it, or bit_depth=16 if the "
                "clip really is that dark."
            )
        bit_depth = 16
    if bit_depth is None and low >= 0 and high == 1:
        raise ClipError(
            f"{name} is {array.dtype} with values {low}..1. Integers are read as 0..255, so this "
            "clip would be black; if it is a mask, multiply it by 255. Give bit_depth=8 if the "
            "clip really is that dark."
        )
    top = 2 ** (bit_depth or 8) - 1
    if low < 0 or high > top:
        raise ClipError(
            f"{name} is {array.dtype} with values {low}..{high}; expected 0..{top}"
            f"{'' if bit_depth is None else f' for bit_depth={bit_depth}'}. Rescale it to uint8."
        )
    return _by_frame(array, lambda frame: (frame.astype(np.uint32) * 510 + top) // (2 * top))


def _from_float(array: np.ndarray, name: str) -> np.ndarray:
    low, high = np.inf, -np.inf
    for index, frame in enumerate(array):
        if not np.isfinite(frame).all():
            raise ClipError(
                f"frame {index} of {name} holds NaN or infinite values; expected 0..255. "
                "Correct it or leave it out."
            )
        low, high = min(low, float(frame.min())), max(high, float(frame.max()))
    if low < 0 or high > 255:
        raise ClipError(
            f"{name} has values {low:g}..{high:g}; expected 0..255. Rescale it, or use "
            "np.clip(array, 0, 255) if the excess is rounding."
        )
    if 0 < high <= BLACK:
        raise ClipError(
            f"{name} has values {low:g}..{high:g}. Floating-point frames are read as 0..255, so "
            "this clip would be black; if it is scaled 0..1, multiply it by 255. If the clip really is "
            "that dark, give it as uint8: np.rint(array).astype('uint8')."
        )
    return _by_frame(array, np.rint)


def _by_frame(array: np.ndarray, convert) -> np.ndarray:
    # Part of a frame at a time, so that no wide copy of the whole is ever held.
    frames = np.empty(array.shape, np.uint8)
    for target, frame in zip(frames, array, strict=True):
        rows = max(1, STRIP // frame[0].size)
        for top in range(0, len(frame), rows):
            target[top : top + rows] = convert(frame[top : top + rows])
    return frames
