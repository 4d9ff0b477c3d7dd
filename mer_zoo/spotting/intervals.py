"""The expressions of a recording of any length."""

from collections.abc import Callable, Iterable, Iterator
from numbers import Real
from pathlib import Path

import numpy as np

from mer_zoo.clips import Clip, FrameStream, open_frames
from mer_zoo.clips.rates import warn_without_rate
from mer_zoo.errors import ParameterError, shown
from mer_zoo.faces.engines import get_engine
from mer_zoo.read_ahead import read_ahead
from mer_zoo.spotting.aligning import window_clips
from mer_zoo.spotting.blinks import CLOSING, blinking, eye_closure
from mer_zoo.spotting.changes import Change, find_changes, noise_level
from mer_zoo.spotting.expression import SpottedExpression, slow_step
from mer_zoo.spotting.following import Step, follow_steps, reported
from mer_zoo.spotting.motion import MOTION_SIZE, bridged, displacement_fields, eye_cells
from mer_zoo.spotting.phases import motion_curve
from mer_zoo.spotting.sliding import WINDOW_SECONDS, Window, sliding_windows
from mer_zoo.spotting.speech import without_speech
from mer_zoo.spotting.talking import TALKING, talking_confidence
from mer_zoo.spotting.timeline import SLACK, Found, Interval, Timeline
from mer_zoo.spotting.views import around_faces
from mer_zoo.spotting.windows import MARGIN_SECONDS

VIEWS_BYTES = 160 * 2**20
"""Most memory for the parts of frames about the face, of which a window keeps ten seconds."""

WAITING_BYTES = 32 * 2**20
"""Most memory for the parts of frames that wait for the window they belong to."""

MIN_MOTION = 0.6
"""Least motion of an expression, pixels of the 224 px crop."""

MIN_SCORE = 3.0
"""Least score of an expression."""

LEAST_NOISE = 0.1
"""Pixels by which landmarks, and so the alignment, jitter even where a recording seems to have no noise."""

HEAD_SHARE = 0.05
"""Share of the head's own motion that may be left in the face after it was removed."""

BLINK_LEFT = 1.0
"""Pixels that closing eyes may move the rest of the face, for eyes that shut wholly."""

BLINK_SHARE = 0.45
"""Share of a movement about the eyes from which on it is a blink, if the eyes close in it."""


def spot(
    video: str | Path | FrameStream | Clip | np.ndarray,
    *,
    start: int = 0,
    stop: int | None = None,
    fps: float | None = None,
    min_motion: float = MIN_MOTION,
    min_score: float = MIN_SCORE,
    face: str | int = "largest",
    engine: str = "auto",
    allow_truncated: bool = False,
    progress: Callable[[int], None] | None = None,
) -> list[Interval]:
    """Finds the expressions of a recording of any length, with memory that does not grow with its length.

    Each window of ten seconds is compared with its own mean face, so the reference follows slow
    changes of pose and light. Head motion is removed, turning included; blinks are detected and
    excluded; the return from a held expression is not reported as another expression. Every frame is decoded
    once, unless ten seconds of faces need more than `VIEWS_BYTES`: then a second reader follows.

    Args:
        video: path of a video or of a folder of frames, an array, a `Clip` or a `FrameStream`.
        start, stop: look only at the frames `start <= index < stop`.
        fps: frames per second of a folder of images, or of an array (30 by default, with a warning).
        min_motion: least motion, pixels of the 224 px crop.
        min_score: least score; lower values find weaker expressions and more false positives.
        face: "largest", or 0 for the largest face, 1 for the second largest, ...
        engine: what runs the face models: "auto", "keras" or "litert".
        allow_truncated: use what can be read of a video that ends too early.
        progress: called with the number of frames followed.

    Returns:
        The intervals, in the order of time; none where nothing was found.

    Raises:
        VideoError: the video cannot be read, or ends too early.
        ClipError: fewer than two frames.
        NoFaceError: no face in any frame.
        ParameterError: `min_motion` or `min_score` is no number of at least 0.

    Warns:
        FrameRateWarning: an array without `fps`, for which 30 is assumed, or a clip that has no frame rate.
    """
    stream = open_frames(video, fps=fps, allow_truncated=allow_truncated)
    found = spot_expressions(
        stream,
        start=start,
        stop=stop,
        min_motion=min_motion,
        min_score=min_score,
        face=face,
        engine=engine,
        progress=progress,
        keep_clips=False,
    )
    return [interval for interval, _ in found]


def spot_expressions(
    stream: FrameStream,
    *,
    size: int = 112,
    start: int = 0,
    stop: int | None = None,
    min_motion: float = MIN_MOTION,
    min_score: float = MIN_SCORE,
    face: str | int = "largest",
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
    keep_clips: bool = True,
) -> Iterator[tuple[Interval, SpottedExpression | None]]:
    """As `spot`, with the aligned clip of each interval, one after the other.

    Args:
        stream: the frames.
        size: side of the aligned crops.
        keep_clips: False gives None instead of the clips.
        start, stop, min_motion, min_score, face, engine, progress: see `spot`.

    Raises:
        ParameterError: at the call, if `min_motion` or `min_score` is no number of at least 0.
        VideoError, ClipError, NoFaceError: while iterating, see `spot`.
    """
    check_limits(min_motion, min_score)
    if stream.counts_frames:
        warn_without_rate(stream.name)
    steps = follow_steps(stream, start=start, stop=stop, face=face, engine=engine)
    kept = around_faces(steps, VIEWS_BYTES / WINDOW_SECONDS)
    if get_engine(engine).parallel:
        # The face is followed through the next window while this one is searched.
        kept = read_ahead(kept, WAITING_BYTES, _bytes_of)
    windows = window_clips(stream, sliding_windows(reported(kept, progress), start), size)
    return settled_expressions(windows, min_motion, min_score, keep_clips)


def check_limits(min_motion: float, min_score: float) -> None:
    """Checks the limits of a search; one that is no number would find everything or nothing.

    Raises:
        ParameterError: one of them is no finite number of at least 0.
    """
    for name, value, unit in (
        ("min_motion", min_motion, "of pixels"),
        ("min_score", min_score, "without a unit"),
    ):
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not 0 <= value < np.inf:  # NaN is not
            raise ParameterError(
                f"{name} is {shown(value)}; expected a number {unit}, at least 0. Leave it out for the "
                "default."
            )


def _bytes_of(step: Step) -> int:
    return 0 if step.view is None else step.view.image.nbytes


def settled_expressions(
    windows: Iterable[tuple[Window, Clip]], min_motion: float, min_score: float, keep_clips: bool
) -> Iterator[tuple[Interval, SpottedExpression | None]]:
    """Yields the expressions of windows, each as soon as no later window can change it.

    Args:
        windows: of `window_clips`.
        min_motion, min_score, keep_clips: see `spot_expressions`.
    """
    timeline, shot = Timeline(min_score), 0
    for window, clip in windows:
        if window.shot != shot:
            # Another shot may show another person, so nothing in it is the way back from before.
            yield from timeline.settled(np.inf)
            shot = window.shot
        for found in _candidates(clip, window, min_motion, keep_clips):
            timeline.add(found)
        yield from timeline.settled(window.last)
    yield from timeline.settled(np.inf)


def _candidates(clip: Clip, window: Window, min_motion: float, keep_clips: bool) -> Iterator[Found]:
    """The movements of one window that are its own and no blinks, with their scores."""
    times = window.path.times
    closure = eye_closure(window.path)
    fields = displacement_fields(clip.grey, turning=True)
    fields = bridged(fields, blinking(closure, times), eye_cells())
    talk = talking_confidence(window.path)
    fields = without_speech(fields, window.path, talk)
    places = window.path.head_places(MOTION_SIZE)
    for change in find_changes(fields, times, min_motion):
        onset, apex, offset = change.phases.onset, change.phases.apex, change.phases.offset
        if not window.first - SLACK <= times[apex] <= window.last + SLACK:
            continue
        head = float(np.linalg.norm(places[apex] - places[onset], axis=-1).mean())
        energy = (change.field**2).sum(-1)
        noise = noise_level(fields, times, times[apex] - times[onset])
        interval = Interval(
            onset=window.path.start + onset,
            apex=window.path.start + apex,
            offset=window.path.start + offset,
            times=(float(times[onset]), float(times[apex]), float(times[offset])),
            held=change.phases.held,
            motion=change.motion,
            score=_score(change.motion, noise, head, closure[onset : apex + 1].max()),
            head_motion=head,
            eye_closure=float(closure[onset : offset + 1].max()),
            eye_share=float(energy[eye_cells()].sum() / energy.sum()),
            talking=float(talk[onset : apex + 1].max()),
        )
        if _is_blink(interval):
            continue
        expression = _expression(clip, window, change, fields, talk) if keep_clips else None
        yield Found(interval, change, expression)


def _score(motion: float, noise: float, head_motion: float, eye_closure: float) -> float:
    """The motion as a multiple of what noise, the head and closing eyes may together seem to move."""
    others = max(noise, LEAST_NOISE), HEAD_SHARE * head_motion, BLINK_LEFT * eye_closure
    return motion / float(np.linalg.norm(others))


def _is_blink(interval: Interval) -> bool:
    """Whether the eyes close in a movement of which a large share is about them."""
    return interval.eye_share >= BLINK_SHARE and interval.eye_closure >= CLOSING


def _expression(
    clip: Clip, window: Window, change: Change, fields: np.ndarray, talk: np.ndarray
) -> SpottedExpression:
    """The part of the window about the change, ready to be classified."""
    phases = change.phases
    begin, end = (
        clip.times[phases.onset] - MARGIN_SECONDS,
        clip.times[phases.offset] + MARGIN_SECONDS,
    )
    low = int(np.searchsorted(clip.times, begin))
    high = int(np.searchsorted(clip.times, end, side="right"))
    near = Clip(clip.frames[low:high].copy(), clip.times[low:high], source=clip.source)
    talked = talk[low : phases.apex + 1] >= TALKING
    slow = None
    if phases.held:
        slow = slow_step(fields[low:high], near.times, talked, phases.onset - low, change.field)
    return SpottedExpression(
        clip=near.with_phases(*(p - low for p in (phases.onset, phases.apex, phases.offset))),
        start=window.path.start + low,
        held=phases.held,
        motion=change.motion,
        curve=motion_curve(fields[low:high], phases.onset - low),
        talking=float(talk[phases.onset : phases.apex + 1].max()),
        slow_step=slow,
    )
