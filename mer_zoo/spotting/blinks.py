"""Blinks: when the eyes close, and the cells of the face that move when they do."""

import numpy as np
from scipy.ndimage import median_filter

from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import runs

LONGEST_BLINK = 0.6
"""Seconds from closing to open again. Longer, the eyes are narrowed or shut, not blinking."""

CLOSING = 0.07  # share by which the eyes are closed from the first to the last frame of a blink
LEAST_CLOSED = 0.12  # share by which they must be closed at its height
BASELINE = 1.0  # seconds whose median tells how open the eyes are

# Corners, and the three pairs of an upper and a lower lid landmark, of each eye.
_EYES = (
    ((33, 133), ((160, 144), (159, 145), (158, 153))),
    ((362, 263), ((385, 380), (386, 374), (387, 373))),
)


def eye_openness(path: FacePath) -> np.ndarray:
    """Height of the eyes' opening as a share of their width, mean of both, float64 `(T,)`.

    The eye aspect ratio of Soukupova and Cech ("Real-Time Eye Blink Detection using Facial
    Landmarks", 2016), with three pairs of lid landmarks.
    """

    def distance(pair):
        one, other = map(path.landmark, pair)
        return np.hypot(*(one - other).T)

    ratios = [
        sum(map(distance, lids)) / (len(lids) * np.maximum(distance(corners), 1e-6))
        for corners, lids in _EYES
    ]
    return np.mean(ratios, axis=0)


def eye_closure(path: FacePath) -> np.ndarray:
    """How far the eyes are closed, against how they are within a second: 0 open, 1 shut, `(T,)`."""
    openness = eye_openness(path)
    step = np.median(np.diff(path.times)) if len(path.times) > 1 else 1.0
    usual = median_filter(openness, size=int(BASELINE / step) // 2 * 2 + 1, mode="nearest")
    return np.clip(1 - openness / np.maximum(usual, 1e-6), 0, 1)


def blinking(closure: np.ndarray, times: np.ndarray) -> np.ndarray:
    """In which frames the person blinks, bool `(T,)`.

    Args:
        closure: `eye_closure` of the frames.
        times: `(T,)` seconds.
    """
    frames = np.zeros(len(closure), bool)
    for first, last in runs(closure >= CLOSING):
        brief = times[last] - times[first] <= LONGEST_BLINK
        if brief and closure[first : last + 1].max() >= LEAST_CLOSED:
            frames[max(first - 1, 0) : last + 2] = True
    return frames
