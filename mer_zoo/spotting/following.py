"""Following one face through a stream of frames."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from mer_zoo import faces
from mer_zoo.clips import Frame, FrameStream
from mer_zoo.errors import ClipError, NoFaceError
from mer_zoo.spotting.views import KeptViews, View

AHEAD_BYTES = 16 * 2**20
"""Frames that are decoded ahead of the face networks: about 24 of 640x360."""

MAX_GAP = 0.25
"""Longest time without a face that is bridged, in seconds."""

_ROW = np.dtype(
    [
        ("time", np.float64),
        ("points", np.float32, (len(faces.TRACKED), 2)),
        ("motion", np.float64, (2, 3)),
        ("cut", np.bool_),
    ]
)
_NOWHERE = np.full((len(faces.TRACKED), 2), np.nan, np.float32)


class Step(NamedTuple):
    """Where a face was in one frame.

    Attributes:
        time: seconds.
        points: float32 `(len(faces.TRACKED), 2)`, landmarks in frame pixels; NaN without a face.
        motion: float64 `(2, 3)`, the head's motion (`mer_zoo.faces.FaceLandmarks.motion`).
        cut: the first frame with a face after a camera cut (`mer_zoo.faces.ShotCounter`).
        view: the frame, or the part of it about the face; None where it is not kept.
    """

    time: float
    points: np.ndarray
    motion: np.ndarray
    cut: bool
    view: View | None = None

    @property
    def present(self) -> bool:
        """Whether there is a face, seen or bridged."""
        return bool(np.isfinite(self.points[0, 0]))


@dataclass(frozen=True)
class FacePath:
    """Where one face was in each frame of a stream. Small: about 1 kB a frame.

    Attributes:
        start: index in the source of the first frame.
        times: float64 `(T,)`, seconds.
        points: float32 `(T, len(faces.TRACKED), 2)`, landmarks in frame pixels; NaN without a face.
        motions: float64 `(T, 2, 3)`, the head's motion (`mer_zoo.faces.FaceLandmarks.motion`).
        cuts: bool `(T,)`, `Step.cut`. Nothing may be measured across a cut.
    """

    start: int
    times: np.ndarray
    points: np.ndarray
    motions: np.ndarray
    cuts: np.ndarray

    @classmethod
    def of(cls, steps: Iterable[Step], start: int) -> "FacePath":
        """The path of these steps, the first of which is frame `start` of its source."""
        rows = np.fromiter((step[:4] for step in steps), dtype=_ROW)
        return cls(start, rows["time"].copy(), rows["points"], rows["motion"], rows["cut"].copy())

    @property
    def present(self) -> np.ndarray:
        """bool `(T,)`: whether there is a face, seen or bridged."""
        return np.isfinite(self.points[:, 0, 0])

    def landmark(self, index: int) -> np.ndarray:
        """Where one of `faces.TRACKED` was, float64 `(T, 2)`, frame pixels; NaN without a face."""
        return self.points[:, faces.TRACKED.index(index)].astype(np.float64)

    def slice(self, start: int, stop: int) -> "FacePath":
        """The frames start..stop - 1 of the path, counted from its own first frame."""
        chosen = slice(start, stop)
        columns = self.times, self.points, self.motions, self.cuts
        return FacePath(self.start + start, *(column[chosen] for column in columns))

    def shots(self) -> list["FacePath"]:
        """The parts of the path between camera cuts, in order; none is empty."""
        edges = [0, *(np.flatnonzero(self.cuts[1:]) + 1), len(self.times)]
        return [self.slice(int(first), int(stop)) for first, stop in pairwise(edges)]

    def transforms(self, size: int, smoothing: float = 0.2) -> np.ndarray:
        """Similarities `(T, 2, 3)` from frame to canonical crop; every frame must have a face.

        The path must lie in one shot.
        """
        return faces.stabilise(
            self.points,
            self.times,
            size=size,
            smoothing=smoothing,
            indices=faces.TRACKED,
            motions=self.motions,
        )

    def head_places(self, size: int) -> np.ndarray:
        """Where four points of the face are in the picture, float64 `(T, 4, 2)`.

        In pixels of a crop of this size, so that their movement is that of the head, in the unit in
        which the face's is measured. Every frame must have a face.
        """
        matrices = self.transforms(size)
        inverse = np.linalg.inv(matrices[:, :, :2])
        points = np.array([(x, y) for x in (0.25, 0.75) for y in (0.25, 0.75)]) * size
        places = np.einsum("tij,tkj->tki", inverse, points - matrices[:, None, :, 2])
        return places * np.sqrt(np.median(np.linalg.det(matrices[:, :, :2])))

    def longest_present(self) -> "FacePath":
        """The longest run of frames of one shot with a face."""
        present = self.present
        joined = present[:-1] & present[1:] & ~self.cuts[1:]
        starts = np.flatnonzero(present & ~np.concatenate([[False], joined]))
        stops = np.flatnonzero(present & ~np.concatenate([joined, [False]])) + 1
        longest = int(np.argmax(stops - starts))
        return self.slice(int(starts[longest]), int(stops[longest]))


def follow_face(
    stream: FrameStream,
    *,
    start: int = 0,
    stop: int | None = None,
    face: str | int = "largest",
    engine: str = "auto",
    progress: Callable[[int], None] | None = None,
    views: KeptViews | None = None,
) -> FacePath:
    """Follows a face through `start <= index < stop` of a stream; whole frames are not kept.

    Args:
        stream: frames of a video, folder, array or clip.
        start, stop: which frames.
        face: "largest", or 0 for the largest face, 1 for the second largest, ...
        engine: what runs the face models: "auto", "keras" or "litert".
        progress: called with the number of frames done.
        views: keeps the part of each frame about the face.

    Raises:
        ClipError: fewer than two frames.
        NoFaceError: no face in any frame.
    """

    def steps():
        for step in follow_steps(stream, start=start, stop=stop, face=face, engine=engine):
            if views is not None:
                views.add(step)
            yield step

    return FacePath.of(reported(steps(), progress), start)


def reported(steps: Iterable, progress: Callable[[int], None] | None) -> Iterator:
    """The steps as they are; `progress` is called with the number of them so far."""
    for done, step in enumerate(steps, start=1):
        yield step
        if progress is not None:
            progress(done)


def _with_a_face(
    steps: Iterable[Step], name: str, face: str | int, tracker: faces.FaceTracker
) -> Iterator[Step]:
    """The steps as they are. Raises after the last one if there were too few, or none had the face."""
    frames, seen = 0, False
    for step in steps:
        frames, seen = frames + 1, seen or step.present
        yield step
    if frames < 2:
        count = f"{frames} frame{'' if frames == 1 else 's'}"
        raise ClipError(
            f"{name} has {count} to look at; an expression is a movement, so at least 2 are "
            "needed. Check start and stop: they count the frames from 0, those of a folder, too."
        )
    number, most = faces.face_number(face), tracker.most_faces
    if not seen and 0 < most <= number:
        found = "1 face" if most == 1 else f"{most} faces"
        raise NoFaceError(
            f"face={face} asks for face number {number}, but none of the {frames} frames of {name} has more "
            f"than {found}. {faces.which_faces(most)}"
        )
    if not seen:
        raise NoFaceError(
            f"No face was found in any of the {frames} frames of {name}. The face should "
            "be upright, lit and at least a sixth of the frame's height; crop the video if it is not."
        )


def follow_steps(
    stream: FrameStream,
    *,
    start: int = 0,
    stop: int | None = None,
    face: str | int = "largest",
    engine: str = "auto",
    batch: int = 16,
) -> Iterator[Step]:
    """Follows a face through `start <= index < stop` of a stream of any length.

    Gaps without a face of up to `MAX_GAP` are bridged, unless the camera cuts in them. A few frames
    are held at a time, and as many as such a gap has.

    Args:
        stream, start, stop, face, engine: see `follow_face`.
        batch: frames read ahead; the answer does not depend on it.

    Yields:
        One step a frame, in order. Its view is the whole frame.

    Raises:
        ClipError: fewer than two frames; NoFaceError: no face in any, or not that many. Both at the end.
    """
    read: deque[Frame] = deque()  # what the tracker has taken and not answered yet

    def images():
        for frame in stream.frames(start, stop):
            read.append(frame)
            yield frame.image

    ahead = AHEAD_BYTES if stream.decodes else 0
    tracker = faces.FaceTracker(face=face, engine=engine, batch=batch, ahead_bytes=ahead)
    with closing(tracker.track(images())) as track:
        yield from _with_a_face(_bridged(track, read), stream.name, face, tracker)


def _bridged(track, read):
    """The steps of a track, its short gaps filled as soon as they end."""
    last: tuple[float, faces.FaceLandmarks] | None = None
    waiting: list[Frame] = []
    shot = None
    for landmarks in track:
        frame = read.popleft()
        if landmarks is None:
            waiting.append(frame)
            if last is None or frame.time - last[0] > MAX_GAP:
                yield from (_step(f, None) for f in waiting)
                last, waiting = None, []
            continue
        points = landmarks.points[list(faces.TRACKED), :2].astype(np.float32)
        landmarks = replace(landmarks, points=points)
        if waiting and last is not None:
            gap = [last[1], *[None] * len(waiting), landmarks]
            times = [last[0], *(f.time for f in waiting), frame.time]
            yield from map(_step, waiting, faces.bridge(gap, times, MAX_GAP)[1:-1])
            waiting = []
        yield _step(frame, landmarks, cut=shot not in (None, landmarks.shot))
        last, shot = (frame.time, landmarks), landmarks.shot
    yield from (_step(f, None) for f in waiting)


def _step(frame, landmarks, cut=False):
    view = View.whole(frame.image)
    if landmarks is None:
        return Step(frame.time, _NOWHERE, np.eye(2, 3), cut, view)
    return Step(frame.time, landmarks.points, landmarks.motion, cut, view)
