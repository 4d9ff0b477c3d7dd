"""Following one face through a stream of frames, and the aligned clip it gives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mer_zoo import faces
from mer_zoo.clips import Clip, FrameStream
from mer_zoo.errors import ClipError, NoFaceError

MAX_GAP = 0.25
"""Longest time without a face that is bridged, in seconds."""

_ROW = np.dtype([("points", np.float32, (len(faces.TRACKED), 2)), ("motion", np.float64, (2, 3))])
_NOTHING = (np.full((len(faces.TRACKED), 2), np.nan, np.float32), np.eye(2, 3))


@dataclass(frozen=True)
class FacePath:
    """Where one face was in each frame of a stream. Small: about 1 kB a frame.

    Attributes:
        start: index in the source of the first frame.
        times: float64 `(T,)`, seconds.
        points: float32 `(T, len(faces.TRACKED), 2)`, landmarks in frame pixels; NaN without a face.
        motions: float64 `(T, 2, 3)`, the head's motion (`mer_zoo.faces.FaceLandmarks.motion`).
    """

    start: int
    times: np.ndarray
    points: np.ndarray
    motions: np.ndarray

    @property
    def present(self) -> np.ndarray:
        """bool `(T,)`: whether there is a face, seen or bridged."""
        return np.isfinite(self.points[:, 0, 0])

    def slice(self, start: int, stop: int) -> "FacePath":
        """The frames start..stop - 1 of the path, counted from its own first frame."""
        chosen = slice(start, stop)
        return FacePath(
            self.start + start, self.times[chosen], self.points[chosen], self.motions[chosen]
        )

    def transforms(self, size: int, smoothing: float = 0.2) -> np.ndarray:
        """Similarities `(T, 2, 3)` from frame to canonical crop; every frame must have a face."""
        return faces.stabilise(
            self.points,
            self.times,
            size=size,
            smoothing=smoothing,
            indices=faces.TRACKED,
            motions=self.motions,
        )

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

    def rows():
        track = faces.FaceTracker(face=face, engine=engine).track(images())
        for done, landmarks in enumerate(_bridged(track, times), start=1):
            yield _NOTHING if landmarks is None else (landmarks.points, landmarks.motion)
            if progress is not None:
                progress(done)

    found = np.fromiter(rows(), dtype=_ROW)
    if len(found) < 2:
        count = f"{len(found)} frame{'' if len(found) == 1 else 's'}"
        raise ClipError(
            f"{stream.name} has {count} to look at; an expression is a movement, so at least 2 are "
            "needed. Check start and stop."
        )
    path = FacePath(start, np.asarray(times, np.float64), found["points"], found["motion"])
    if not path.present.any():
        raise NoFaceError(
            f"No face was found in any of the {len(found)} frames of {stream.name}. The face should "
            "be upright, lit and at least a sixth of the frame's height; crop the video if it is not."
        )
    return path


def _bridged(track, times):
    """The track with its short gaps filled as soon as they end, and of each face only TRACKED."""
    last, gap = None, 0
    for position, landmarks in enumerate(track):
        if landmarks is None:
            gap += 1
            continue
        points = landmarks.points[list(faces.TRACKED), :2].astype(np.float32)
        landmarks = faces.FaceLandmarks(points, landmarks.score, landmarks.motion)
        if gap and last is not None:
            around = times[position - gap - 1 : position + 1]
            yield from faces.bridge([last, *[None] * gap, landmarks], around, MAX_GAP)[1:-1]
        else:
            yield from [None] * gap
        yield landmarks
        last, gap = landmarks, 0
    yield from [None] * gap


def aligned_clip(stream: FrameStream, path: FacePath, size: int) -> Clip:
    """The canonical face crops of a path whose every frame has a face.

    Args:
        stream: where the path was followed; its frames are read again.
        path: the part to align.
        size: side of the crops.

    Returns:
        A clip of `(T, size, size, 3)` with the times of the source, without phases.
    """
    transforms = path.transforms(size)
    stop = path.start + len(path.times)
    crops = np.empty((len(path.times), size, size, 3), np.uint8)
    for i, frame in enumerate(stream.frames(path.start, stop)):
        crops[i] = faces.warp(frame.image, transforms[i], size)
    return Clip(crops, path.times, source=stream.name)
