"""When a person talks, from the movement of lips and jaw alone.

Speech opens and narrows the mouth several times a second; a smile, a dropped jaw or pressed lips
last. So the brief movements of the mouth are counted, those that are over within half a second. One
alone may be a micro-expression; one of several within some seconds is a sound of speech.
"""

import numpy as np

from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import MOTION_SIZE, cell_places

TALKING = 0.3
"""Confidence from which on what lips and jaw do is taken for speech."""

SOUND_SECONDS = 0.5, 0.6
"""Seconds within which a movement of the mouth is over that may be a sound: in full, and at most."""

SIZES = 0.5, 1.5
"""Multiples of its least size from which on a movement counts, and counts in full. Between them its
weight rises steadily: with a threshold, the rounding of another processor would decide on names."""

LEAST_SIZE = {"lips": 1.2, "width": 2.0, "jaw": 2.5}
"""Least size of such a movement, pixels of the 224 px crop; at this size it counts by half."""

LEAST_JITTER = 10.0
"""The same as a multiple of the landmarks' jitter from frame to frame, which noise and small faces raise.
Half of it, from which on a movement counts at all, is beyond what a noisy camera shows."""

LEAST_WOBBLE = 16.0
"""The least size for the lips, as a multiple of how much their distance changes within `WOBBLE` seconds in
the quietest quarter of a window. Landmarks find no edge between parted lips, and wander as far as a quiet
sound moves them."""

MOST_FOR_WOBBLE = 1.5
"""At most this multiple of `LEAST_SIZE`. Without a limit, nobody would be seen to talk
who makes no pauses."""

WOBBLE = 0.13
"""Seconds: about as long as the mouth takes to open for a sound."""

SMOOTHING = 0.015
"""Seconds; sigma by which courses are smoothed, so that many frames per second bring no more jitter."""

WEIGHT = {"lips": 1.0, "width": 0.5, "jaw": 1.0}
"""How much such a movement says: the corners of the mouth alone move in expressions as well."""

LEAST_SHARE = 0.25
"""The same as a share of how far the mouth moves within `RANGE_SECONDS`: large movements are
measured with errors that grow with them, and corners dip while a jaw drops."""

RANGE_SECONDS = 0.75
"""Seconds before and after."""

NEAR, FADE = 0.25, 0.3
"""Seconds before and after a sound for which it counts in full, and in which its weight falls to 1/e."""

FADE_OF_OTHERS = 3.0
"""The same for whether there are other sounds, without which a brief movement is not one of speech."""

UNSETTLED = NEAR + FADE
"""Seconds at the beginning and the end in which half of the moments around are unknown. Someone who talks
right after the beginning is taken to talk from the beginning, and the same before the end."""

OTHERS = 2.0
"""Other sounds within these seconds that make it speech; with fewer it is the less sure."""

FEWEST_FRAMES = 5
"""Frames, without which nothing can be said about a rhythm."""

LOWER_FACE = 0.56
"""Height from which on cells of the canonical crop move with the mouth: the wings of the nose."""

_LIPS, _CORNERS, _JAW = (13, 14), (61, 291), (4, 152)


def talking_confidence(path: FacePath) -> np.ndarray:
    """How sure it is that the person talks in each frame, 0..1, float64 `(T,)`.

    `1 - 0.5 ** (n min(1, m / 2))`: n brief movements of the mouth are near, and m others within
    seconds.

    Args:
        path: where the face was; every frame must have a face, and none is after a camera cut.
    """
    enough = len(path.times) >= FEWEST_FRAMES
    sounds = np.array(_sounds(path) if enough else []).reshape(-1, 2)
    if len(sounds) < 2:
        return np.zeros(len(path.times))
    moments, weights = sounds.T
    away = np.maximum(np.abs(path.times[:, None] - moments) - NEAR, 0)
    near = weights * np.exp(-away / FADE)
    wide = weights * np.exp(-away / FADE_OF_OTHERS)
    others = wide.sum(axis=1) - wide.max(axis=1)
    sure = 1 - 0.5 ** (near.sum(axis=1) * np.minimum(others / OTHERS, 1))
    first, last = np.searchsorted(
        path.times, (path.times[0] + UNSETTLED, path.times[-1] - UNSETTLED)
    )
    if first < last:
        sure[:first] = np.maximum(sure[:first], sure[first])
        sure[last:] = np.maximum(sure[last:], sure[last])
    return sure


def mouth_courses(path: FacePath) -> dict[str, np.ndarray]:
    """How far the lips are apart, how wide the mouth is, how low the jaw: float64 `(T,)` each.

    In pixels of the 224 px crop.

    Args:
        path: where the face was; every frame must have a face.
    """
    scale = np.sqrt(np.linalg.det(path.transforms(MOTION_SIZE)[:, :, :2]))

    def distance(pair):
        one, other = map(path.landmark, pair)
        return np.linalg.norm(one - other, axis=-1) * scale

    return {"lips": distance(_LIPS), "width": distance(_CORNERS), "jaw": distance(_JAW)}


def lower_cells() -> np.ndarray:
    """Which of the face's cells move with the mouth, bool `(cells,)`; see `motion.face_cells`."""
    return cell_places()[:, 1] > LOWER_FACE


def _sounds(path: FacePath) -> list[tuple[float, float]]:
    """Moments and weights, 0 to 1, of the brief movements of the mouth, each counted once."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    step = float(np.median(np.diff(path.times)))
    raw = mouth_courses(path)
    mouth = {name: gaussian_filter1d(course, SMOOTHING / step) for name, course in raw.items()}
    around = 2 * round(RANGE_SECONDS / step) + 1
    reach = np.max([_range(course, around) for course in mouth.values()], axis=0)
    found: list[tuple[float, float]] = []
    for name, course in mouth.items():
        least = np.maximum(_least(name, raw[name], step), LEAST_SHARE * reach)
        for sign in (1, -1):
            places, kinds = find_peaks(
                sign * course,
                prominence=SIZES[0] * LEAST_SIZE[name],
                width=(0, SOUND_SECONDS[1] / step),
                rel_height=0.5,
            )
            size = np.interp(kinds["prominences"] / least[places], SIZES, (0, 1))
            brevity = np.interp(kinds["widths"] * step, SOUND_SECONDS, (1, 0))
            weights = WEIGHT[name] * size * brevity
            counted = weights > 0
            found += zip(path.times[places[counted]], weights[counted], strict=True)
    sounds: list[tuple[float, float]] = []
    for moment, weight in sorted(found, key=lambda sound: -sound[1]):
        # Lips, corners and jaw move together in one sound; an opening is followed by a closing.
        if all(abs(moment - other) > 0.1 for other, _ in sounds):
            sounds.append((float(moment), float(weight)))
    return sounds


def _least(name: str, course: np.ndarray, step: float) -> float:
    """Least size of a movement of this name that counts by half, from how much the course shakes."""
    least = max(LEAST_SIZE[name], LEAST_JITTER * _jitter(course))
    if name != "lips":  # width and jaw change with every turn of the head
        return least
    wobble = LEAST_WOBBLE * _wobble(course, step)
    return max(least, min(wobble, MOST_FOR_WOBBLE * LEAST_SIZE[name]))


def _wobble(course: np.ndarray, step: float) -> float:
    """How much the course changes within `WOBBLE` seconds in the quietest quarter of the time."""
    lag = min(max(1, round(WOBBLE / step)), len(course) - 1)
    return float(np.quantile(np.abs(course[lag:] - course[:-lag]), 0.25))


def _jitter(course: np.ndarray) -> float:
    """Standard deviation of what changes from frame to frame without reason, by second differences."""
    return 1.4826 * float(np.median(np.abs(np.diff(course, 2)))) / np.sqrt(6)


def _range(course: np.ndarray, frames: int) -> np.ndarray:
    """Highest less lowest value within so many frames around each, `(T,)`."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    return maximum_filter1d(course, frames, mode="nearest") - minimum_filter1d(
        course, frames, mode="nearest"
    )
