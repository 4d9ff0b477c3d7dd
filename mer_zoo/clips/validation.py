"""What makes frames, times and phases fit to be a clip; each failing says what was expected."""

import math
import operator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.errors import ClipError

PHASES = ("onset", "apex", "offset")


def check_frames(frames: Any) -> None:
    """Raises ClipError unless `frames` is a (T, H, W, 3) uint8 array with something in it."""
    wanted = "expected a numpy array (T, H, W, 3) of uint8 RGB"
    remedy = "Clip.from_array takes grey, RGBA, 16-bit and floating-point frames."
    if not isinstance(frames, np.ndarray):
        raise ClipError(f"frames is a {type(frames).__name__}; {wanted}. {remedy}")
    if frames.ndim != 4 or frames.shape[-1] != 3 or 0 in frames.shape:
        raise ClipError(f"frames has shape {frames.shape}; {wanted}, T >= 1. {remedy}")
    if frames.dtype != np.uint8:
        raise ClipError(f"frames is of kind {frames.dtype}; {wanted}. {remedy}")


def clean_times(times: ArrayLike, n_frames: int) -> np.ndarray:
    """Gives `times` as (T,) float64 seconds; ClipError unless finite and strictly increasing."""
    try:
        times = np.asarray(times, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ClipError(f"times cannot be read as numbers ({error}); expected seconds.") from error
    if times.shape != (n_frames,):
        raise ClipError(
            f"times has shape {times.shape}; expected ({n_frames},): one time in seconds a frame."
        )
    if not np.isfinite(times).all():
        raise ClipError(f"times[{int(np.argmin(np.isfinite(times)))}] is not a finite number.")
    steps = np.diff(times)
    if (steps <= 0).any():
        at = int(np.argmax(steps <= 0))
        raise ClipError(
            f"times[{at}] = {times[at]:g} s and times[{at + 1}] = {times[at + 1]:g} s; expected "
            "strictly increasing seconds. Sort the frames and drop repeated ones."
        )
    return times


def clean_phases(phases: dict, n_frames: int) -> dict[str, int | None]:
    """Gives onset, apex and offset as int or None; ClipError unless ordered and inside the clip."""
    clean = {name: whole_number(name, phases[name]) for name in PHASES}
    wanted = (
        f"expected 0-based frame indices with 0 <= onset <= apex <= offset <= {n_frames - 1} "
        f"(the clip has {n_frames} frame{'s' * (n_frames > 1)})"
    )
    given = ", ".join(f"{name} {value}" for name, value in clean.items() if value is not None)
    for name, value in clean.items():
        if value is not None and not 0 <= value < n_frames:
            hint = " A table's file numbers need Clip.from_frames(..., numbering='file')."
            raise ClipError(f"{name} {value} is outside the clip: {given}; {wanted}.{hint}")
    known = [value for value in clean.values() if value is not None]
    if known != sorted(known):
        raise ClipError(f"The phases are out of order: {given}; {wanted}.")
    return clean


def whole_number(name: str, value: Any) -> int | None:
    """Gives `value` as int, None as None; ClipError for anything else, bool and float included."""
    if value is None:
        return None
    try:
        if isinstance(value, bool | np.bool_):
            raise TypeError
        return operator.index(value)
    except TypeError:
        raise ClipError(
            f"{name} is {value!r}; expected a whole number, or None when it is not known."
        ) from None


def checked_fps(fps: Any) -> float:
    """Gives `fps` as float; ClipError unless it is a positive, finite number."""
    try:
        value = float(fps)
    except (TypeError, ValueError):
        value = math.nan
    if not (math.isfinite(value) and value > 0):
        raise ClipError(f"fps is {fps!r}; expected a positive number of frames per second.")
    return value
