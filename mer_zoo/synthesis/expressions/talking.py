"""A face that talks: jaw, lips and brows in utterances and pauses, with the timing of speech.

Not any language. Syllables follow each other 3 to 7 times a second (C. Chandrasekaran et al., PLoS
Comput Biol 5(7), 2009). Each opens the mouth for a vowel and narrows or closes it for a consonant;
smoothing runs neighbouring sounds into each other (co-articulation). Brows rise with some stressed
syllables. The amounts in pixels are assumptions.
"""

from dataclasses import dataclass

import numpy as np

SYLLABLES = (3.0, 7.0)
"""Syllables a second."""

UTTERANCE = (0.8, 5.0)
"""Seconds of speech between two pauses."""

PAUSE = (0.3, 2.5)
"""Seconds of silence between two utterances."""

MUMBLING, CLEAR = (1.5, 7.0), (5.0, 15.0)
"""Pixels of the 224-pixel crop that the most open syllables of a speaker move the mouth: as little as a
micro-expression, which is hardest to tell from one; and as people speak who want to be understood."""

EMPHASIS_SHARE = 0.12  # of the syllables that the brows stress
EMPHASIS = (0.2, 1.0)  # pixels of the 224-pixel crop
EMPHASIS_SECONDS = (0.25, 0.6)
COARTICULATION = (0.025, 0.045)  # seconds; sigma of the smoothing

_BROWS = ("browInnerUp", "browOuterUpLeft", "browOuterUpRight")
_MOUTH = (
    *("jawOpen", "mouthFunnel", "mouthPucker", "mouthShrugUpper"),
    *("mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight"),
    *("mouthStretchLeft", "mouthStretchRight", "mouthRollLower", "mouthRollUpper"),
)
TALKING_UNITS = (*_MOUTH, *_BROWS)
"""Rig units that talking moves."""

# Shares of the loudness by which a sound moves each of `_MOUTH`.
_VOWELS = np.array(
    [
        [1.0, 0.0, 0.0, 0.0, 0.5, 0.5, 0.2, 0.2, 0.1, 0.1, 0.0, 0.0],  # as in "father"
        [0.6, 0.0, 0.0, 0.1, 0.4, 0.4, 0.3, 0.3, 0.4, 0.4, 0.0, 0.0],  # "bed"
        [0.3, 0.0, 0.0, 0.1, 0.3, 0.3, 0.2, 0.2, 0.6, 0.6, 0.0, 0.0],  # "see"
        [0.6, 0.6, 0.4, 0.1, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],  # "more"
        [0.3, 0.7, 0.8, 0.2, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],  # "you"
    ]
)
_CONSONANTS = np.array(
    [
        [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 0.3],  # lips closed: m, b, p
        [0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.2, 0.2, 0.0, 0.0, 0.5, 0.0],  # lip to teeth: f, v
        [0.2, 0.0, 0.0, 0.1, 0.2, 0.2, 0.1, 0.1, 0.2, 0.2, 0.0, 0.0],  # tongue: t, d, n, s
        [0.2, 0.4, 0.3, 0.2, 0.1, 0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],  # rounded: sh, w, r
    ]
)


@dataclass(frozen=True)
class Talk:
    """What talking does to a face.

    Attributes:
        course: (T, len(TALKING_UNITS)) float32, pixels of the 224-pixel crop.
        utterances: first and last frame of each stretch of speech.
    """

    course: np.ndarray
    utterances: tuple[tuple[int, int], ...]

    @property
    def talking(self) -> np.ndarray:
        """(T,) bool: the frames within an utterance."""
        frames = np.zeros(len(self.course), bool)
        for first, last in self.utterances:
            frames[first : last + 1] = True
        return frames


def draw_talk(
    n_frames: int,
    fps: float,
    rng: np.random.Generator,
    *,
    pauses: bool = True,
    loudness: tuple[float, float] = MUMBLING,
) -> Talk:
    """Draws how a person talks.

    Args:
        n_frames: length.
        fps: frames per second.
        rng: source of chance.
        pauses: False for a clip out of the middle of one utterance.
        loudness: range of what the most open syllables of the speaker move, in pixels of the
            224-pixel crop.

    Example:

    >>> talk = draw_talk(300, 30, np.random.default_rng(1))
    >>> talk.course.shape, 0 < talk.talking.mean() < 1
    ((300, 15), True)
    """
    seconds = n_frames / fps
    spans = _utterances(seconds, rng) if pauses else [(-1.0, seconds + 1.0)]
    rate, most = rng.uniform(*SYLLABLES), float(np.exp(rng.uniform(*np.log(loudness))))
    course = np.zeros((n_frames, len(TALKING_UNITS)))
    times = np.arange(n_frames) / fps
    for start, stop in spans:
        course += _utterance(times, start, stop, rate, most, rng)
    edges = np.clip(np.round(np.array(spans) * fps).astype(int), 0, n_frames - 1)
    return Talk(course.astype(np.float32), tuple((int(a), int(b)) for a, b in edges))


def _utterances(seconds: float, rng: np.random.Generator) -> list[tuple[float, float]]:
    """Start and end of each utterance, in seconds."""
    spans, now = [], rng.uniform(0, PAUSE[1])
    while now < seconds - UTTERANCE[0]:
        stop = min(now + rng.uniform(*UTTERANCE), seconds)
        spans.append((now, stop))
        now = stop + rng.uniform(*PAUSE)
    return spans or [(0.0, seconds)]


def _utterance(times, start, stop, rate, loudness, rng) -> np.ndarray:
    """(T, units) pixels: the sounds of one utterance, run into each other."""
    from scipy.ndimage import gaussian_filter1d

    # Sounds alternate, consonant and vowel, from a closed mouth to a closed mouth.
    at, targets = [start - 1 / rate, start], [np.zeros(len(_MOUTH))] * 2
    now, brows = start, np.zeros(len(times))
    while now < stop - 0.5 / rate:
        length = float(np.exp(rng.normal(0, 0.25))) / rate
        stress = rng.beta(2, 2)
        at += [now + 0.6 * length, now + length]
        targets += [
            stress * _VOWELS[rng.integers(len(_VOWELS))],
            _CONSONANTS[rng.integers(len(_CONSONANTS))] * 0.6,
        ]
        if rng.random() < EMPHASIS_SHARE:
            sigma = rng.uniform(*EMPHASIS_SECONDS) / 4
            rise = np.exp(-0.5 * ((times - now - 0.5 * length) / sigma) ** 2)
            brows = np.maximum(brows, rng.uniform(*EMPHASIS) * rise)
        now += length
    at += [now + 0.1, now + 0.1 + 1 / rate]
    targets += [np.zeros(len(_MOUTH))] * 2
    # Interpolated finely, so that co-articulation does not depend on the frame rate.
    fine = np.arange(at[0], at[-1], 0.005)
    sounds = np.stack([np.interp(fine, at, row) for row in np.array(targets).T], axis=1)
    sounds = gaussian_filter1d(sounds, rng.uniform(*COARTICULATION) / 0.005, axis=0)
    mouth = [np.interp(times, fine, row, left=0, right=0) for row in sounds.T]
    return np.stack([*(loudness * row for row in mouth), *[brows] * len(_BROWS)], axis=1)
