"""Everything in a clip that is not the expression: head, lids, light, lens, sensor, file."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

HEAD = ("x", "y", "roll", "zoom", "yaw", "pitch")
SPEECH_UNITS = ("jawOpen", "mouthFunnel", "mouthPucker", "mouthShrugUpper")


@dataclass(frozen=True)
class Disturbances:
    """What disturbs one clip of T frames.

    Attributes:
        head: (T, 6) motion of the head as `HEAD` names it: x and y in pixels of the 224-pixel
            canonical crop; roll, yaw and pitch in radians (roll clockwise, yaw towards the right
            of the picture, pitch downwards); zoom as a share of the size.
        lids: (T,) how far the eyes are closed, 0 to 1.
        gain: (T,) brightness factor.
        gradient: (T, 2) brightness added towards the right and the lower edge, as a share.
        exposure: factor, constant over the clip.
        gamma: exponent, constant over the clip.
        shadow: (2,) constant gradient of brightness, as in `gradient`.
        noise: standard deviation of the sensor's noise in grey levels, at mid grey.
        shot: share of its variance that grows with brightness (photon noise), 0 to 1.
        blur: sigma of the lens blur in pixels of the canvas.
        jpeg: quality of the compression of each frame, or None.
        codec: step of a video codec, which stores differences of frames, or None.
        speech: (T, K) how far each of `speech_units` moves the face, in pixels of the 224-pixel
            crop, or None.
        speech_units: the K rig units that speech moves.
        base: rig unit -> pixels of a 224-pixel crop by which it moves the face in all frames;
            negative takes a unit out.
    """

    head: np.ndarray
    lids: np.ndarray
    gain: np.ndarray
    gradient: np.ndarray
    exposure: float = 1.0
    gamma: float = 1.0
    shadow: tuple[float, float] = (0.0, 0.0)
    noise: float = 0.0
    shot: float = 0.0
    blur: float = 0.0
    jpeg: int | None = None
    codec: float | None = None
    speech: np.ndarray | None = None
    speech_units: tuple[str, ...] = SPEECH_UNITS
    base: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def none(cls, n_frames: int) -> "Disturbances":
        """A perfect recording of a still head."""
        return cls(
            head=np.zeros((n_frames, len(HEAD)), np.float32),
            lids=np.zeros(n_frames, np.float32),
            gain=np.ones(n_frames, np.float32),
            gradient=np.zeros((n_frames, 2), np.float32),
        )

    def but(self, **changes) -> "Disturbances":
        """A copy with some attributes changed."""
        return replace(self, **changes)

    def part(self, start: int, stop: int) -> "Disturbances":
        """Those of the frames start..stop - 1."""
        courses = {n: getattr(self, n) for n in ("head", "lids", "gain", "gradient", "speech")}
        return self.but(**{n: c[start:stop] for n, c in courses.items() if c is not None})


def smooth_walk(n_frames: int, width: int, rng: np.random.Generator, sigma: float) -> np.ndarray:
    """(n_frames, width) float32 random walks, smoothed, from 0, at most 1 away from it."""
    from scipy.ndimage import gaussian_filter1d

    walk = np.cumsum(rng.standard_normal((n_frames, width)), axis=0)
    walk = gaussian_filter1d(walk, sigma, axis=0, mode="nearest")
    walk -= walk[:1]
    return (walk / (np.abs(walk).max(axis=0) + 1e-6)).astype(np.float32)


# What is left of head motion after the face has been aligned: a slow drift and a small jitter.
# Largest drift of each of HEAD, and the standard deviation of the jitter at jitter = 1, which is
# one pixel at 112.
RESIDUAL_DRIFT = np.array([1.2, 1.2, 0.006, 0.006, 0.020, 0.015], np.float32)
RESIDUAL_JITTER = np.array([2.0, 2.0, 0.010, 0.010, 0.012, 0.012], np.float32)
JITTER = (0.02, 0.2)
# A head that turns while the camera follows leaves this much: 2 px at 112, several degrees.
STRONG_DRIFT = np.array([4.0, 4.0, 0.030, 0.030, 0.090, 0.070], np.float32)


def residual_head(
    n_frames: int, rng: np.random.Generator, *, strong: float | None = None
) -> np.ndarray:
    """(n_frames, 6) head motion that alignment by landmarks leaves; see `HEAD`.

    Args:
        n_frames: length of the clip.
        rng: source of chance.
        strong: None for a head held still, else the largest drift as a share of `STRONG_DRIFT`.
    """
    if strong is not None:
        drift = STRONG_DRIFT * strong
    else:
        # One clip in ten drifts up to twice as far.
        drift = RESIDUAL_DRIFT * (rng.uniform(0, 1) if rng.random() < 0.9 else rng.uniform(1, 2))
    head = smooth_walk(n_frames, len(HEAD), rng, sigma=2.6) * drift * rng.uniform(0, 1, len(HEAD))
    head += rng.standard_normal((n_frames, len(HEAD))) * RESIDUAL_JITTER * rng.uniform(*JITTER)
    return head.astype(np.float32)


# A head held as still as people can: largest excursion at strength 1.
FREE_HEAD = np.array([6.0, 4.0, 0.03, 0.02, 0.05, 0.04], np.float32)


def free_head(
    n_frames: int, fps: float, rng: np.random.Generator, strength: float = 1.0
) -> np.ndarray:
    """(n_frames, 6) smooth motion of a head before any alignment; see `HEAD`."""
    walk = smooth_walk(n_frames, len(HEAD), rng, sigma=max(1.0, 0.12 * fps))
    return (walk * FREE_HEAD * strength * rng.uniform(0.3, 1, len(HEAD))).astype(np.float32)


SWAY = 0.5  # seconds within which a head that sways turns back


def swaying_head(
    n_frames: int, fps: float, rng: np.random.Generator, strength: float = 1.0
) -> np.ndarray:
    """(n_frames, 6) motion that stays about one place however long it lasts; see `HEAD`."""
    from scipy.ndimage import gaussian_filter1d

    course = rng.standard_normal((n_frames, len(HEAD)))
    course = gaussian_filter1d(course, SWAY * fps, axis=0, mode="nearest")
    course /= np.abs(course).max(axis=0) + 1e-6
    return (course * FREE_HEAD * strength * rng.uniform(0.3, 1, len(HEAD))).astype(np.float32)


def blink(n_frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """(n_frames,) float32: one closing and opening of the lids somewhere in the clip."""
    centre = rng.uniform(0, n_frames)
    return blink_at(centre, n_frames, fps, rng, least=0.2)


def blink_at(
    centre: float, n_frames: int, fps: float, rng: np.random.Generator, *, least: float
) -> np.ndarray:
    """As `blink`, at a frame of one's choice; the eyes close by `least` or more, 1 being shut."""
    # A blink lasts 0.1 to 0.3 s in all; a quarter of that is sigma.
    sigma = rng.uniform(0.025, 0.075) * fps
    t = np.arange(n_frames)
    return (np.exp(-0.5 * ((t - centre) / sigma) ** 2) * rng.uniform(least, 1)).astype(np.float32)


# Syllables come 3 to 7 times a second: C. Chandrasekaran et al., PLoS Comput Biol 5(7), 2009.
SYLLABLES = (3.0, 7.0)
SPEECH_PEAK = (1.0, 6.0)  # pixels of the 224-pixel crop; assumed


def speech(n_frames: int, fps: float, rng: np.random.Generator) -> np.ndarray:
    """(n_frames, 4) float32 movement of the mouth in speech, pixels; see `SPEECH_UNITS`.

    Not any language: units that open, narrow and round the mouth, each with its own smooth course
    at the rate of syllables, from where they happen to be when the clip begins.
    """
    from scipy.ndimage import gaussian_filter1d

    # Noise smoothed by sigma seconds keeps changes of up to about 1 / (2 pi sigma) a second.
    sigma = fps / (2 * np.pi * rng.uniform(*SYLLABLES) / 2)
    before = int(4 * sigma) + 1
    course = rng.standard_normal((n_frames + 2 * before, len(SPEECH_UNITS)))
    course = gaussian_filter1d(course, sigma, axis=0)[before:-before]
    course -= course.min(axis=0)
    course /= course.max(axis=0) + 1e-9
    strengths = rng.uniform(0.2, 1, len(SPEECH_UNITS))
    return (course * strengths / strengths.max() * rng.uniform(*SPEECH_PEAK)).astype(np.float32)


def draw_light(n_frames: int, fps: float, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """`gain` and `gradient`: drifting light in half of the clips, mains flicker in all."""
    drift = smooth_walk(n_frames, 3, rng, sigma=2.6) * 0.03 * rng.uniform(0, 1, 3)
    drift *= rng.random() < 0.5
    # Lamps on 50 or 60 Hz flicker at twice that; a camera sees the beat with its own rate.
    hertz = rng.choice([100, 120])
    seconds = np.arange(n_frames) / fps
    flicker = 0.012 * rng.random() * np.sin(2 * np.pi * (hertz * seconds + rng.random()))
    return {
        "gain": (1 + drift[:, 0] + flicker).astype(np.float32),
        "gradient": drift[:, 1:].astype(np.float32),
    }


# Units that may make up the face a person happens to wear: no blink, tongue or gaze.
_BASE_PAIRS = (
    *("browInnerUp", "browOuterUp", "browDown", "eyeWide", "cheekSquint", "eyeSquint"),
    *("noseSneer", "mouthUpperUp", "mouthDimple", "mouthFrown", "mouthStretch"),
    *("mouthPress", "mouthLowerDown"),
)
BASE_UNITS = (
    *(f"{unit}{side}" for unit in _BASE_PAIRS for side in ("Left", "Right")),
    *("mouthShrugLower", "mouthRollLower", "mouthRollUpper", "jawOpen"),
)
BASE_PEAK = 2.4
SMILE_PEAK = 4.0


def draw_base(rng: np.random.Generator) -> dict[str, float]:
    """A static mix of units for the face at rest, with the smile of a portrait taken out."""
    base: dict[str, float] = {}
    if rng.random() < 0.7:
        for unit in rng.choice(BASE_UNITS, 3, replace=False):
            base[str(unit)] = float(rng.uniform(0, BASE_PEAK))
    if rng.random() < 0.5:
        smile = float(rng.uniform(0, SMILE_PEAK))
        base |= {"mouthSmileLeft": -smile, "mouthSmileRight": -smile}
    return base
