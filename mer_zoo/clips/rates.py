"""Warnings about frame rates: spotting depends on them, and arrays and images carry none."""

import sys
import warnings

import numpy as np

from mer_zoo.errors import FrameRateWarning

USUAL_FPS = 30.0


def warn_caller(message: str, category: type[Warning] = FrameRateWarning) -> None:
    """Warns at the line that called the library, however deep in it this is noticed."""
    level = 1
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__", "").split(".")[0] == "mer_zoo" and frame.f_back:
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level + 1)


def counts_frames(times: np.ndarray) -> bool:
    """Whether times are 0, 1, 2, ... or a part of that, as `Clip.from_array` counts without a rate."""
    return len(times) > 1 and bool((np.diff(times) == 1).all())


def warn_without_rate(name: str) -> None:
    """Warns that spotting takes the frames of a clip for one a second."""
    warn_caller(
        f"{name} has one frame a second, as Clip.from_array counts without fps= and times=. "
        "Spotting looks for expressions of some tenths of a second, so it finds other frames, or "
        "none. Give fps= to Clip.from_array, or all of onset, apex and offset."
    )
