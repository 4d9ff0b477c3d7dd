"""The strongest expression of a stream: found within the windows worth a look."""

from collections.abc import Callable

from mer_zoo.clips import FrameStream
from mer_zoo.clips.rates import warn_without_rate
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.spotting.aligning import aligned_clip
from mer_zoo.spotting.expression import SpottedExpression, spot_aligned
from mer_zoo.spotting.following import FacePath, follow_face
from mer_zoo.spotting.registered import resized_frames, spot_registered
from mer_zoo.spotting.views import KeptViews
from mer_zoo.spotting.windows import candidate_windows

CLIP_VIEWS_BYTES = 48 * 2**20
"""Most memory for the parts of frames about the face: some seconds of 640x360."""


def find_expression(
    stream: FrameStream,
    *,
    size: int = 112,
    alignment: str = "face",
    phases: tuple[int | None, int | None, int | None] = (None, None, None),
    start: int = 0,
    stop: int | None = None,
    face: str | int = "largest",
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> SpottedExpression:
    """Finds and aligns the strongest expression of a stream, with memory that does not grow
    with its length.

    The frames are read to follow the face, and again to align the windows worth a look, unless the
    part of all frames about the face fits into `CLIP_VIEWS_BYTES`.
    Camera cuts (`mer_zoo.faces.ShotCounter`) divide the stream into shots. Each is followed and
    searched on its own, and the expression lies within one of them.

    Args:
        stream: frames of a video, folder, array or clip.
        size: side of the aligned crops.
        alignment: "face" finds the face, follows it and aligns it; "frame" takes whole frames, such
            as the registered crops of a dataset, resized to the square. They are then held in
            memory.
        phases: onset, apex and offset as frame indices of the source, None where not known.
        start, stop: look only at `start <= index < stop`.
        face: "largest", or 0 for the largest face, 1 for the second largest, ...
        engine: what runs the face models: "auto", "keras" or "litert".
        progress: called with the number of frames followed.

    Raises:
        ClipError: fewer than two frames, phases that are not onset <= apex <= offset in the part
            looked at, or a camera cut between them.
        NoFaceError: no face was found, or none at the phases given.
        UnknownNameError: no such alignment.

    Warns:
        FrameRateWarning: a phase is to be found in a clip that has no frame rate.
    """
    _check_phases(phases, start, stop, stream.name)
    if alignment == "frame":
        clip = resized_frames(stream, size, start, stop)
        shifted = [None if p is None else p - start for p in phases]
        return spot_registered(clip.with_phases(*shifted), start)
    if alignment != "face":
        raise UnknownNameError.among("alignment", alignment, ("face", "frame"))
    given = [p for p in phases if p is not None]
    if stream.counts_frames and len(given) < len(phases):
        warn_without_rate(stream.name)
    views = KeptViews(CLIP_VIEWS_BYTES)
    path = follow_face(
        stream,
        start=start,
        stop=stop,
        face=face,
        engine=engine,
        progress=progress,
        views=views,
    )
    if given and max(given) >= path.start + len(path.times):
        raise ClipError(
            f"Frame {max(given)} was given as a phase, but {stream.name} ends at frame "
            f"{path.start + len(path.times) - 1}. Frames are counted from 0, those of a folder, too."
        )
    found, seen = [], []
    for window in candidate_windows(path, given, stream.name):
        kept = views.of(window.start - path.start, len(window.times))
        expression = _spot_window(stream, window, size, phases, kept)
        apex = expression.start + expression.clip.apex
        if not any(apex in frames for frames in seen):  # there an earlier window saw more around it
            found.append(expression)
        seen.append(range(window.start, window.start + len(window.times)))
    return max(found, key=lambda expression: expression.motion)


def _spot_window(stream, window: FacePath, size, phases, views):
    clip = aligned_clip(stream, window, size, views)
    shifted = [None if p is None else p - window.start for p in phases]
    return spot_aligned(clip.with_phases(*shifted), window.start, window)


def _check_phases(phases, start, stop, name):
    given = [p for p in phases if p is not None]
    end = float("inf") if stop is None else stop
    if given != sorted(given) or any(not start <= p < end for p in given):
        onset, apex, offset = phases
        raise ClipError(
            f"onset={onset}, apex={apex}, offset={offset} cannot be used on {name}: expected "
            f"{start} <= onset <= apex <= offset < {'its end' if stop is None else stop}, "
            "frame indices counted from 0."
        )
