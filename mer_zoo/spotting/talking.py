"""When a person talks, from the movement of lips and jaw alone.

Speech opens, narrows and closes the mouth several times a second, for a second and more. A smile or a
dropped jaw moves it once. So the brief movements of the mouth are counted, the *sounds*. Without others
within seconds there is no rhythm, and nothing is taken for speech. With others, a logistic regression on
how much the mouth moves near each frame, before it and after it, says how sure it is. It was fitted to
synthetic conversations, in which it is known when the person talks (`tools/fit_talking.py`); no real
speech was used.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np

from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.motion import MOTION_SIZE, cell_places

TALKING = 0.3
"""Confidence from which on what lips and jaw do is taken for speech."""

MODEL = Path(__file__).parent / "talking.json"
"""The fitted regression."""

LONGEST = 0.5
"""Seconds within which a movement of the mouth is over that may be a sound."""

LEAST = {"lips": 1.2, "width": 2.0, "jaw": 2.5}
"""Least size of such a movement, pixels of the 224 px crop."""

LEAST_JITTER = 6.0
"""The same as a multiple of the landmarks' jitter from frame to frame, which noise and small faces raise."""

LEAST_SHARE = 0.25
"""The same as a share of how far the mouth moves within `AROUND` seconds: large movements are
measured with errors that grow with them, and corners dip while a jaw drops."""

AROUND = 0.75
"""Seconds before and after."""

WEIGHT = {"lips": 1.0, "width": 0.5, "jaw": 1.0}
"""How much such a movement says: the corners of the mouth alone move in expressions as well."""

APART = 0.1
"""Seconds within which movements of lips, corners and jaw are one sound."""

SMOOTHING = 0.015
"""Seconds; sigma by which courses are smoothed in which sounds are sought."""

SMOOTHER = 0.035
"""The same, for their speed."""

STILL = ((33, 263), (133, 362), (168, 4))
"""Landmarks whose distances no expression changes: outer and inner corners of the eyes, the nose. Their
speed is that of jitter, and of what turning does to distances."""

AROUND_STILL = 1.0
"""Seconds; sigma of the average of that speed."""

NEAR, FADE = 0.25, 0.3
"""Seconds before and after a sound for which it counts in full, and in which its weight falls to 1/e."""

MOST_NEAR = 3.0
"""Sounds near a frame, more of which say no more."""

FADE_OF_OTHERS = 3.0
"""As `FADE`, for whether there are other sounds, without which a brief movement is not one of speech."""

OTHERS = 2.0
"""Other sounds within these seconds that make a rhythm; with fewer it is the less of one."""

SPANS = (0.25, 0.6)
"""Seconds; sigma of the averages of how fast the mouth moves."""

BESIDE, BESIDE_SPAN = (0.3, 0.6), 0.12
"""Seconds before and after a frame at which it must move as well, and sigma of the average there."""

SLOW, SLOW_JITTER = 5.0, 2.0
"""Pixels of the 224 px crop a second at which a mouth moves half as surely as it can, and the same as
a multiple of the speed of `STILL`."""

SHORTEST = 5
"""Frames, without which nothing can be said about a rhythm."""

LOWER_FACE = 0.56
"""Height from which on cells of the canonical crop move with the mouth: the wings of the nose."""

_LIPS, _CORNERS, _JAW = (13, 14), (61, 291), (4, 152)

FEATURES = (
    "sounds near",
    *(f"{name} within {span} s" for name in LEAST for span in SPANS),
    *(f"{name} on both sides, {away} s away" for name in LEAST for away in BESIDE),
)
"""What `rhythm` measures."""


def talking_confidence(path: FacePath) -> np.ndarray:
    """How sure it is that the person talks in each frame, 0..1, float64 `(T,)`.

    Args:
        path: where the face was; every frame must have a face, and none is after a camera cut.
    """
    if len(path.times) < SHORTEST:
        return np.zeros(len(path.times))
    mean, scale, weights, bias = _regression()
    return 1 / (1 + np.exp(-(((rhythm(path) - mean) / scale) @ weights + bias)))


def rhythm(path: FacePath) -> np.ndarray:
    """How the mouth moves about each frame, float64 `(T, len(FEATURES))`; 0 where it has no rhythm.

    Args:
        path: at least `SHORTEST` frames, each with a face.
    """
    from scipy.ndimage import gaussian_filter1d

    step = float(np.median(np.diff(path.times)))
    mouth = dict(zip(LEAST, _distances(path, (_LIPS, _CORNERS, _JAW)), strict=True))
    near, others = _sounds_around(path.times, *_sounds(path.times, mouth))

    def power(course):
        return np.gradient(gaussian_filter1d(course, SMOOTHER / step), step) ** 2

    jitter = np.mean([power(course) for course in _distances(path, STILL)], axis=0)
    jitter = gaussian_filter1d(jitter, AROUND_STILL / step)
    slow = np.maximum(SLOW**2, SLOW_JITTER**2 * jitter)
    columns, beside = [np.minimum(near * others, MOST_NEAR)], []
    for course in mouth.values():
        more = np.maximum(power(course) - jitter, 0) / slow
        moves = more / (1 + more)  # one large movement says no more than a small one
        columns += [others * gaussian_filter1d(moves, span / step) for span in SPANS]
        smooth = gaussian_filter1d(moves, BESIDE_SPAN / step)
        for away in (round(seconds / step) for seconds in BESIDE):
            padded = np.pad(smooth, away, mode="edge")
            beside.append(others * np.minimum(padded[: len(smooth)], padded[2 * away :]))
    return np.stack(columns + beside, axis=1)


def lower_cells() -> np.ndarray:
    """Which of the face's cells move with the mouth, bool `(cells,)`; see `motion.face_cells`."""
    return cell_places()[:, 1] > LOWER_FACE


@cache
def _regression() -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Mean and scale of the features, their weights and the bias."""
    fitted = json.loads(MODEL.read_text("utf-8"))
    rows = [fitted["features"][name] for name in FEATURES]
    mean, scale, weights = np.array([[r["mean"], r["scale"], r["weight"]] for r in rows]).T
    return mean, scale, weights, float(fitted["bias"])


def _sounds_around(times, moments, weights) -> tuple[np.ndarray, np.ndarray]:
    """The sounds near each frame, and from 0 to 1 whether there are others, each `(T,)`."""
    away = np.maximum(np.abs(times[:, None] - moments) - NEAR, 0)
    wide = weights * np.exp(-away / FADE_OF_OTHERS)
    others = wide.sum(axis=1) - wide.max(axis=1, initial=0)
    return (weights * np.exp(-away / FADE)).sum(axis=1), np.minimum(others / OTHERS, 1)


def _sounds(times, raw) -> tuple[np.ndarray, np.ndarray]:
    """Moments and weights, 0.25 to 1, of the brief movements of the mouth, each counted once."""
    from scipy.ndimage import gaussian_filter1d
    from scipy.signal import find_peaks

    step = float(np.median(np.diff(times)))
    mouth = {name: gaussian_filter1d(course, SMOOTHING / step) for name, course in raw.items()}
    around = 2 * round(AROUND / step) + 1
    reach = np.max([_range(course, around) for course in mouth.values()], axis=0)
    found: list[tuple[float, float]] = []
    for name, course in mouth.items():
        least = np.maximum(LEAST[name], LEAST_SHARE * reach)
        least = np.maximum(least, LEAST_JITTER * _jitter(raw[name]))
        for sign in (1, -1):
            places, kinds = find_peaks(
                sign * course, prominence=LEAST[name], width=(0, LONGEST / step), rel_height=0.5
            )
            size = kinds["prominences"] / least[places]
            whole = size >= 1
            weights = WEIGHT[name] * np.clip(size[whole] / 2, 0.5, 1)
            found += zip(times[places[whole]], weights, strict=True)
    sounds: list[tuple[float, float]] = []
    for moment, weight in sorted(found, key=lambda sound: -sound[1]):
        # Lips, corners and jaw move together in one sound; an opening is followed by a closing.
        if all(abs(moment - other) > APART for other, _ in sounds):
            sounds.append((float(moment), float(weight)))
    moments, strengths = np.array(sounds).reshape(-1, 2).T
    return moments, strengths


def _jitter(course: np.ndarray) -> float:
    """Standard deviation of what changes from frame to frame without reason, by second differences."""
    return 1.4826 * float(np.median(np.abs(np.diff(course, 2)))) / np.sqrt(6)


def _range(course: np.ndarray, frames: int) -> np.ndarray:
    """Highest less lowest value within so many frames around each, `(T,)`."""
    from scipy.ndimage import maximum_filter1d, minimum_filter1d

    return maximum_filter1d(course, frames, mode="nearest") - minimum_filter1d(
        course, frames, mode="nearest"
    )


def _distances(path: FacePath, pairs) -> Iterator[np.ndarray]:
    """Distances between pairs of landmarks, pixels of the 224 px crop, each float64 `(T,)`."""
    scale = np.sqrt(np.linalg.det(path.transforms(MOTION_SIZE)[:, :, :2]))
    for one, other in pairs:
        yield np.linalg.norm(path.landmark(one) - path.landmark(other), axis=-1) * scale
