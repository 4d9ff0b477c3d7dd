"""Following one face through a stream of frames, and the aligned clip it gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mer_zoo import faces
from mer_zoo.clips import Clip, FrameStream
from mer_zoo.errors import ClipError, NoFaceError

MAX_GAP = 0.25
"""Longest time without a face that is bridged, in seconds."""


@dataclass(frozen=True)
class FacePath:
    """Where one face was in each frame of a stream. Small: about 1 kB a frame.

    Attributes:
        start: index in the source of the first frame.
        times: float64 `(T,)`, seconds.
        points: float32 `(T, len(faces.TRACKED), 2)`, landmarks in frame pixels; NaN without a face.
    """

    start: int
    times: np.ndarray
    points: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """bool `(T,)`: whether there is a face, seen or bridged."""
        return np.isfinite(self.points[:, 0, 0])

    def slice(self, start: int, stop: int) -> "FacePath":
        """The frames start..stop - 1 of the path, counted from its own first frame."""
        return FacePath(self.start + start, self.times[start:stop], self.points[start:stop])

    def longest_present(self) -> "FacePath":
        """The longest run of frames with a face."""
        edges = np.diff(np.concatenate([[0], self.present.astype(int), [0]]))
        starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
        longest = int(np.argmax(stops - starts))
        return self.slice(int(starts[longest]), int(stops[longest]))


def follow_face(
    stream: FrameStream,
    *,
    start: int = 0,
    stop: int | None = None,
    face="largest",
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
) -> FacePath:
    """Follows a face through `start <= index < stop` of a stream; frames are not kept.

    Args:
        stream: frames of a video, folder, array or clip.
        start, stop: which frames.
        face: "largest", or 0 for the largest face, 1 for the second largest, ...
        engine: what runs the face models: "auto", "keras" or "litert".
        progress: called with the number of frames done.

    Raises:
        ClipError: fewer than two frames.
        NoFaceError: no face in any frame.
    """
    times = []

    def images():
        for frame in stream.frames(start, stop):
            times.append(frame.time)
            yield frame.image

    points = []
    nothing = np.full((len(faces.TRACKED), 2), np.nan, np.float32)
    for landmarks in faces.FaceTracker(face=face, engine=engine).track(images()):
        seen = landmarks is not None
        points.append(landmarks.points[faces.TRACKED, :2].astype(np.float32) if seen else nothing)
        if progress is not None:
            progress(len(points))
    if len(points) < 2:
        raise ClipError(
            f"{stream.name} has {len(points)} frame between {start} and {stop or 'its end'}; an "
            "expression is a movement, so at least 2 frames are needed."
        )
    found = np.stack(points)
    if not np.isfinite(found[:, 0, 0]).any():
        raise NoFaceError(
            f"No face was found in any of the {len(found)} frames of {stream.name}. The face should "
            "be upright, lit and at least a sixth of the frame's height; crop the video if it is not."
        )
    times = np.asarray(times[: len(found)], dtype=np.float64)
    return FacePath(start, times, faces.bridge(found, times, max_gap=MAX_GAP))


def aligned_clip(stream: FrameStream, path: FacePath, size: int) -> Clip:
    """The canonical face crops of a path whose every frame has a face.

    Args:
        stream: where the path was followed; its frames are read again.
        path: the part to align.
        size: side of the crops.

    Returns:
        A clip of `(T, size, size, 3)` with the times of the source, without phases.
    """
    transforms = faces.stabilise(path.points, path.times, size=size, indices=faces.TRACKED)
    stop = path.start + len(path.times)
    crops = np.empty((len(path.times), size, size, 3), np.uint8)
    for i, frame in enumerate(stream.frames(path.start, stop)):
        crops[i] = faces.warp(frame.image, transforms[i], size)
    return Clip(crops, path.times, source=stream.name)
