"""Variants of a clip: the same expression marked, sampled and filmed a little differently."""

import hashlib
from dataclasses import replace

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.synthesis.camera.acquisition import Acquisition, draw_camera
from mer_zoo.synthesis.camera.disturbances import Disturbances, draw_light
from mer_zoo.synthesis.camera.photometry import Camera, light
from mer_zoo.synthesis.corpus.distribution import LEAST_FRAMES, annotate
from mer_zoo.synthesis.expressions.expression import Timing

# Raised whenever the same clip and number would give another variant.
VERSION = 1

# Frames are dropped until the rate is at most this many times lower: 200 fps becomes 25.
MOST_SPARSE = 8.0
# A weaker camera than the rendered ones: a real clip has been through one already. Assumed.
SECOND_CAMERA = Acquisition("second camera", rates=(), noise=(0.3, 1.5), blur=(0.3, 0.6))


def variant(clip: Clip, clip_id: str, number: int) -> Clip:
    """One variant of an aligned clip, always the same for the same identity and number.

    Its phases are moved as annotators disagree, the frames outside them are cut off, frames are
    dropped so that the expression is seen at a lower rate, and light and sensor are changed.

    Args:
        clip: with onset, apex and offset.
        clip_id: its identity, such as `casme2/sub01/EP02_01f`.
        number: 0 is the clip as it is, 1 and more are drawn.

    Returns:
        A clip with the frames onset to offset.

    Raises:
        ClipError: a phase is not known, or there is one frame only.
    """
    clip.require_phases()
    if number == 0:
        return clip
    digest = hashlib.sha256(f"{clip_id}\n{number}".encode()).digest()
    rng = np.random.default_rng(np.frombuffer(digest, np.uint32))
    moved = with_moved_phases(clip, rng)
    onset, _, offset = moved.require_phases()
    sparse = at_lower_rate(moved.slice(onset, offset + 1), rng)
    assert sparse.fps is not None  # more than one frame
    return replace(sparse, frames=filmed_again(sparse.frames, sparse.fps, rng))


def with_moved_phases(clip: Clip, rng: np.random.Generator) -> Clip:
    """The clip with onset, apex and offset as another annotator might have marked them.

    Errors are those of the rendered clips (`mer_zoo.synthesis.corpus.distribution.annotate`). Phases stay
    within the frames there are, so the onset of a clip that begins with it can only move later, and
    a held expression ends no later, where it may move more than the image can show. Expressions of
    fewer than six steps keep theirs: a frame is a large part of them.
    """
    onset, apex, offset = clip.require_phases()
    if offset - onset < LEAST_FRAMES or apex - onset < 2:
        return clip
    held = apex == offset
    timing = Timing(onset, apex, offset, rest=1.0 if held else 0.0)
    onset, apex, offset = annotate(timing, offset + 1 if held else clip.n_frames, rng)
    return clip.with_phases(onset, apex, offset) if offset - onset >= LEAST_FRAMES - 1 else clip


def at_lower_rate(clip: Clip, rng: np.random.Generator) -> Clip:
    """The clip with frames left out evenly, from none to seven of eight.

    The apex stays; onset and offset become the nearest frames that do. Six frames or more are left
    from onset to offset, and two steps or more on each side of the apex; a clip too short for that
    stays as it is.
    """
    onset, apex, offset = clip.require_phases()
    most = min(MOST_SPARSE, (offset - onset) / LEAST_FRAMES, (apex - onset) / 2)
    if offset > apex:
        most = min(most, (offset - apex) / 2)
    if most <= 1:
        return clip
    step = float(np.exp(rng.uniform(0, np.log(most))))
    before, after = int(apex / step), int((clip.n_frames - 1 - apex) / step)
    kept = apex + np.rint(step * np.arange(-before, after + 1)).astype(int)
    return replace(
        clip,
        frames=clip.frames[kept],
        times=clip.times[kept],
        onset=int(np.abs(kept - onset).argmin()),
        apex=before,
        offset=int(np.abs(kept - offset).argmin()),
    )


def filmed_again(frames: np.ndarray, fps: float, rng: np.random.Generator) -> np.ndarray:
    """Frames under another light and sensor.

    Exposure, gamma, shadow and blur are the same for all frames; brightness drifts and flickers
    with time, and every frame has its own noise.

    Args:
        frames: uint8 `(T, H, W, 3)`, 0..255.
        fps: frames per second, for the flicker of lamps.
        rng: source of chance.

    Returns:
        uint8 of the same shape.
    """
    changes = Disturbances.none(len(frames)).but(
        **draw_camera(SECOND_CAMERA, rng), **draw_light(len(frames), fps, rng)
    )
    lit = [light(frame.astype(np.float32), changes) for frame in frames]
    camera = Camera(lit[0], changes, rng)
    return np.stack([camera.record(frame, index) for index, frame in enumerate(lit)])
