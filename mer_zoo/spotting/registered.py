"""The expression of frames in which the face already is in its place, such as crops of a dataset."""

from itertools import groupby

import cv2
import numpy as np

from mer_zoo import faces
from mer_zoo.clips import Clip, FrameStream
from mer_zoo.errors import ClipError
from mer_zoo.spotting.expression import SpottedExpression, spot_aligned
from mer_zoo.spotting.windows import cut_between_phases


def resized_frames(stream: FrameStream, size: int, start: int, stop: int | None) -> Clip:
    """The frames `start <= index < stop` of a stream, resized to squares, held in memory.

    Returns:
        A clip of `(T, size, size, 3)` with the times of the source, without phases.
    """
    frames, times = stream.read(start, stop)
    resized = [cv2.resize(f, (size, size), interpolation=cv2.INTER_AREA) for f in frames]
    return Clip(np.stack(resized), times, source=stream.name)


def spot_registered(clip: Clip, start: int = 0) -> SpottedExpression:
    """Finds the strongest expression that lies within one shot of a clip; given phases are kept.

    A clip without a camera cut gives what `spot_aligned` gives.

    Args:
        clip: square frames, at least two, in which the face is already aligned.
        start: index in the source of its first frame.

    Returns:
        The expression; its clip holds the frames of its shot alone.

    Raises:
        ClipError: the clip has fewer than two frames, or its frames are not square; or the camera
            cuts between the phases given, or at every frame.
    """
    counter = faces.ShotCounter()
    shots = [counter.shot_of(frame) for frame in clip.frames]
    given = [phase for phase in clip.phases if phase is not None]
    if given:
        return _spot(clip, _shot_of_phases(clip, shots, given, start), start)
    groups = [list(part) for _, part in groupby(range(len(shots)), key=shots.__getitem__)]
    parts = [range(part[0], part[-1] + 1) for part in groups if len(part) > 1 or len(shots) == 1]
    if not parts:
        raise ClipError(
            f"The camera cuts to another picture at every frame of {clip!r}; motion is measured "
            "between frames of one shot. Check that the frames are of one recording, in order."
        )
    return max((_spot(clip, part, start) for part in parts), key=lambda found: found.motion)


def _spot(clip: Clip, part: range, start: int) -> SpottedExpression:
    return spot_aligned(clip.slice(part.start, part.stop), start + part.start)


def _shot_of_phases(clip: Clip, shots: list[int], given: list[int], start: int) -> range:
    first, last = min(given), max(given)
    if shots[first] != shots[last]:
        raise cut_between_phases(
            clip.source or repr(clip),
            start + first,
            start + last,
            start + shots.index(shots[first] + 1),
        )
    begin = shots.index(shots[first])
    return range(begin, begin + shots.count(shots[first]))
