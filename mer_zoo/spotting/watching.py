"""Expressions of a camera, a stream or a file while it runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.clips import FrameStream, LiveStream, open_live
from mer_zoo.clips.rates import warn_without_rate
from mer_zoo.spotting.aligning import window_clips
from mer_zoo.spotting.expression import SpottedExpression
from mer_zoo.spotting.following import MAX_GAP, Step, follow_steps
from mer_zoo.spotting.intervals import MIN_MOTION, MIN_SCORE, check_limits, settled_expressions
from mer_zoo.spotting.recent_motion import RecentMotion
from mer_zoo.spotting.sliding import sliding_windows
from mer_zoo.spotting.timeline import Interval
from mer_zoo.spotting.views import around_faces

BATCH = 4
"""Frames given to the face network together: fewer than for a file, since they come one by one."""


@dataclass(frozen=True)
class LiveFrame:
    """What is known of one frame while the source runs.

    Attributes:
        index: number of the frame, dropped ones not counted.
        time: seconds, of the source.
        box: x0, y0, x1, y1 of the face in pixels of `image`, or None without a face.
        motion: seconds and motion of the frames since the last call, oldest first, float64 `(n, 2)`. Motion
            is the distance from the mean face of the last two seconds, pixels of the 224 px crop, head
            motion removed. Empty in most calls: it is measured twice a second.
        dropped: number of frames dropped so far, since they came faster than they could be read.
        image: uint8 RGB `(height, width, 3)`.
    """

    index: int
    time: float
    box: tuple[float, float, float, float] | None
    motion: np.ndarray
    dropped: int
    image: np.ndarray


def watch(
    source: int | str | Path | FrameStream,
    *,
    on_frame: Callable[[LiveFrame], None] | None = None,
    every_frame: bool = False,
    seconds: float | None = None,
    min_motion: float = MIN_MOTION,
    min_score: float = MIN_SCORE,
    face: str | int = "largest",
    engine: str = "auto",
) -> Iterator[Interval]:
    """Finds the expressions of a camera, a stream or a file while it runs, in memory that does not grow.

    The answers are those of `mer_zoo.spot` for the same frames. An interval is given as soon as nothing
    later can change it: about 9 seconds after its apex at the latest, or when a face that stayed in an
    expression returns.

    Args:
        source: number of a camera (0 is the first), address such as `rtsp://...`, path of a video file
            that may still grow, or a stream (`mer_zoo.clips.open_live`), whose `stop` ends this.
        on_frame: called for each frame, in the calling thread.
        every_frame: drop no frame. For files and streams.
        seconds: end after this time of the source.
        min_motion, min_score, face, engine: see `mer_zoo.spot`.

    Yields:
        The intervals, in the order of time. Times are seconds of the source; frame numbers leave out
        frames that were dropped.

    Raises:
        VideoError: the source cannot be opened, or a camera stops.
        ClipError: the source ends before its second frame.
        NoFaceError: it ends, and no frame had a face.
        ParameterError: `min_motion` or `min_score` is no number of at least 0.
    """
    stream = open_live(source, every_frame=every_frame, seconds=seconds)
    found = watch_expressions(
        stream,
        on_frame=on_frame,
        min_motion=min_motion,
        min_score=min_score,
        face=face,
        engine=engine,
        keep_clips=False,
    )
    return (interval for interval, _ in found)


def watch_expressions(
    stream: LiveStream,
    *,
    size: int = 112,
    on_frame: Callable[[LiveFrame], None] | None = None,
    min_motion: float = MIN_MOTION,
    min_score: float = MIN_SCORE,
    face: str | int = "largest",
    engine: str = "auto",
    keep_clips: bool = True,
) -> Iterator[tuple[Interval, SpottedExpression | None]]:
    """As `watch`, with the aligned clip of each interval.

    Args:
        stream: see `mer_zoo.clips.open_live`.
        size: side of the aligned crops.
        keep_clips: False gives None instead of the clips.
        on_frame, min_motion, min_score, face, engine: see `watch`.

    Raises:
        ParameterError: at the call, if `min_motion` or `min_score` is no number of at least 0.
        VideoError, ClipError, NoFaceError: while iterating, see `watch`.
    """
    check_limits(min_motion, min_score)

    def steps():
        last = -np.inf
        followed = follow_steps(stream, face=face, engine=engine, batch=BATCH)
        for index, step in enumerate(followed):
            if stream.follows_gap(index) and step.time - last > MAX_GAP and step.present:
                step = step._replace(cut=True)  # what happened meanwhile is not known
            last = step.time
            yield step

    if stream.counts_frames:
        warn_without_rate(stream.name)
    kept = around_faces(_observed(steps(), stream, on_frame))
    windows = window_clips(stream, sliding_windows(kept, 0), size, live=True)
    return settled_expressions(windows, min_motion, min_score, keep_clips)


def _observed(steps, stream, on_frame) -> Iterator[Step]:
    """The steps as they are; `on_frame` is called with what is known of each."""
    if on_frame is None:
        yield from steps
        return
    motion = RecentMotion()
    for index, step in enumerate(steps):
        yield step
        on_frame(
            LiveFrame(
                index=index,
                time=step.time,
                box=_box(step),
                motion=motion.add(step),
                dropped=stream.dropped,
                image=step.view.image,
            )
        )


def _box(step: Step) -> tuple[float, float, float, float] | None:
    if not step.present:
        return None
    x0, y0 = (float(v) for v in step.points.min(axis=0))
    x1, y1 = (float(v) for v in step.points.max(axis=0))
    return x0, y0, x1, y1
