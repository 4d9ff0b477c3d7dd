"""From a stream of frames to the aligned clip of its strongest expression, with phases and motion."""

from dataclasses import dataclass

import cv2
import numpy as np

from mer_zoo.clips import Clip, FrameStream
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.spotting.following import FacePath, aligned_clip, follow_face
from mer_zoo.spotting.motion import displacement_fields, magnitude
from mer_zoo.spotting.phases import find_phases, motion_curve, peak_motion
from mer_zoo.spotting.windows import candidate_windows

REACH = 4.0
"""Motion, in pixels of the 224 px crop, up to which one closed-form step sees a displacement well."""

__all__ = [
    "Expression",
    "aligned_clip",
    "displacement_fields",
    "find_expression",
    "find_phases",
    "follow_face",
    "magnitude",
    "spot",
]


@dataclass(frozen=True)
class Expression:
    """An expression in an aligned clip.

    Attributes:
        clip: canonical face crops with onset, apex and offset.
        start: index in the source of the clip's first frame.
        held: the face had not returned soon after the apex; the offset is then the apex.
        motion: peak motion, pixels of the 224 px crop (outer eye corners 109 px apart).
        curve: motion of each frame of the clip relative to the onset, float32 `(T,)`, same unit.
    """

    clip: Clip
    start: int
    held: bool
    motion: float
    curve: np.ndarray

    def within_reach(self) -> Clip:
        """The clip with the phases its image is made of.

        Those of the expression, unless it moves more than `REACH`: then the rise alone, up to the
        frame whose motion is nearest to `REACH`. The beginning of a large expression is a movement
        of a few pixels, which is what MESTI and the networks are made for.
        """
        onset, apex, _ = self.clip.phases
        if self.motion <= REACH or apex - onset < 2:
            return self.clip
        rise = np.maximum(self.curve[onset + 1 : apex + 1], 1e-3)
        early = onset + 1 + int(np.argmin(np.abs(np.log(rise / REACH))))
        return self.clip.with_phases(onset, early, early)


def spot(clip: Clip, start: int = 0) -> Expression:
    """Finds the strongest expression of an aligned clip; phases the clip already has are kept.

    Args:
        clip: canonical face crops, at least two.
        start: index in the source of its first frame.

    Raises:
        ClipError: the clip has fewer than two frames, or its frames are not square.
    """
    clip.require_motion()
    if clip.frames.shape[1] != clip.frames.shape[2]:
        raise ClipError(
            f"{clip!r} is not a clip of aligned faces, which are square. Use find_expression or "
            "predict_clip, which find and align the face."
        )
    fields = displacement_fields(clip.grey)
    phases = find_phases(fields, clip.times, clip.phases)
    return Expression(
        clip=clip.with_phases(phases.onset, phases.apex, phases.offset),
        start=start,
        held=phases.held,
        motion=peak_motion(fields, phases.onset, phases.apex),
        curve=motion_curve(fields, phases.onset),
    )


def find_expression(
    stream: FrameStream,
    *,
    size: int = 112,
    alignment: str = "face",
    phases=(None, None, None),
    start: int = 0,
    stop: int | None = None,
    face="largest",
    engine: str = "auto",
    progress=None,
) -> Expression:
    """Finds and aligns the strongest expression of a stream, in memory that its length does not grow.

    The frames are read twice: once to follow the face, once to align the windows worth a look.

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
        ClipError: fewer than two frames, or phases that are not onset <= apex <= offset in the part
            looked at.
        NoFaceError: no face was found, or none at the phases given.
        UnknownNameError: no such alignment.
    """
    _check_phases(phases, start, stop, stream.name)
    if alignment == "frame":
        return _spot_frames(stream, size, phases, start, stop)
    if alignment != "face":
        raise UnknownNameError.among("alignment", alignment, ("face", "frame"))
    given = [p for p in phases if p is not None]
    path = follow_face(stream, start=start, stop=stop, face=face, engine=engine, progress=progress)
    if given and max(given) >= path.start + len(path.times):
        raise ClipError(
            f"Frame {max(given)} was given as a phase, but {stream.name} ends at frame "
            f"{path.start + len(path.times) - 1}."
        )
    found = [
        _spot_window(stream, window, size, phases)
        for window in candidate_windows(path, given, stream.name)
    ]
    return max(found, key=lambda expression: expression.motion)


def _spot_frames(stream, size, phases, start, stop):
    frames, times = stream.read(start, stop)
    resized = [cv2.resize(f, (size, size), interpolation=cv2.INTER_AREA) for f in frames]
    clip = Clip(np.stack(resized), times, source=stream.name)
    shifted = [None if p is None else p - start for p in phases]
    return spot(clip.with_phases(*shifted), start)


def _spot_window(stream, window: FacePath, size, phases):
    clip = aligned_clip(stream, window, size)
    shifted = [None if p is None else p - window.start for p in phases]
    return spot(clip.with_phases(*shifted), window.start)


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
