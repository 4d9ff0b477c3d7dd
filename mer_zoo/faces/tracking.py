"""Follows one face and its landmarks through a video."""

from collections.abc import Generator, Iterable
from dataclasses import replace
from itertools import groupby, islice
from operator import itemgetter

import numpy as np

from mer_zoo.faces.detection import Face, detect_faces, face_number
from mer_zoo.faces.engines import get_engine
from mer_zoo.faces.following import HeadFollower
from mer_zoo.faces.images import require_rgb
from mer_zoo.faces.landmark_reader import LandmarkReader
from mer_zoo.faces.landmarks import (
    PRESENCE,
    FaceLandmarks,
    read_landmarks,
    region_of_landmarks,
    settle,
)
from mer_zoo.faces.regions import FaceRegion
from mer_zoo.faces.shots import ShotCounter
from mer_zoo.faces.similarity import compose, fit_similarity, invert
from mer_zoo.faces.topology import RIGID
from mer_zoo.read_ahead import read_ahead

# How far the landmarks may drift within the region before it is laid around them anew. Wide,
# because that makes the landmarks jump by a fraction of a pixel.
MOST_SHIFT = 0.06  # in region sides
MOST_GROWTH = 0.12  # logarithm of the size
MOST_TURN = np.radians(10)


class FaceTracker:
    """Follows one face through the frames of a video.

    The face is detected once. From then on its region is moved by optical flow, and FaceMesh
    reads the landmarks in it, many frames at a time. Where the face is lost, it is detected
    again: the face at the last known place if there is one, else the one `face` names.

    After a camera cut it restarts, with the face that `face` names: nothing says that a face in
    another shot belongs to the same person, even at the same place.

    Attributes:
        most_faces: The largest number of faces found in a frame so far. Frames in which the face is followed
            are not searched for others.

    Example:
        >>> tracker = FaceTracker()
        >>> landmarks = list(tracker.track(frames))
    """

    def __init__(
        self,
        face: str | int = "largest",
        *,
        engine: str = "auto",
        batch: int = 16,
        ahead_bytes: int = 0,
    ) -> None:
        """
        Args:
            face: "largest", or a number: 0 the largest, 1 the second, and so on.
            engine: "auto", "keras" or "litert"; see `mer_zoo.faces.engines.get_engine`.
            batch: Number of frames read ahead and given to the network together. The result
                does not depend on it.
            ahead_bytes: Frames that another thread takes before they are needed, for frames that
                have to be decoded. 0 takes them in the calling thread, as they come.

        Raises:
            NoFaceError: `face` is neither "largest" nor a number from 0.
            UnknownNameError: There is no such engine.
            ValueError: `batch` is less than 1.
        """
        if batch < 1:
            raise ValueError(f"batch must be at least 1, not {batch}.")
        face_number(face)
        self._face = face
        self._engine = engine
        self._network = get_engine(engine)
        self._batch = batch
        self._ahead_bytes = ahead_bytes
        self.most_faces = 0

    def track(self, frames: Iterable[np.ndarray]) -> Generator[FaceLandmarks | None, None, None]:
        """Gives the landmarks of the face in each frame.

        Holds `batch` frames, and at most `ahead_bytes` of frames read ahead, whatever the video's length.
        The thread that reads ahead ends with this generator. Each call starts by searching for a face.

        Args:
            frames: uint8 RGB images (height, width, 3).

        Yields:
            One result a frame, in order; None where the face is not found.

        Raises:
            ClipError: A frame is not uint8 RGB.
        """
        path = _Path(self._face, self._engine)
        numbered = _numbered(frames)
        if self._ahead_bytes:
            numbered = read_ahead(numbered, self._ahead_bytes, lambda pair: pair[1].nbytes)
        while chunk := list(islice(numbered, self._batch)):
            for shot, part in groupby(chunk, key=itemgetter(0)):
                if shot != path.shot:
                    path = _Path(self._face, self._engine, shot)
                results = path.go_on([frame for _, frame in part])
                self.most_faces = max(self.most_faces, path.most_faces)
                yield from results


def _numbered(frames: Iterable[np.ndarray]) -> Generator[tuple[int, np.ndarray], None, None]:
    """Each frame with the number of camera cuts before it."""
    counter = ShotCounter()
    for frame in frames:
        image = require_rgb(frame)
        yield counter.shot_of(image), image


class _Path:
    """Where the face has been in one shot. Each frame's result depends on the earlier frames alone."""

    def __init__(self, face: str | int, engine: str, shot: int = 0):
        self.shot = shot
        self._face = face
        self._engine = engine
        self._network = get_engine(engine)
        self._follower: HeadFollower | None = None
        # From the image pixels of the shot's first frame to the follower's region.
        self._to_region = np.eye(2, 3)
        self._last: FaceLandmarks | None = None
        self.most_faces = 0

    def go_on(self, images: list[np.ndarray]) -> list[FaceLandmarks | None]:
        """The results of the next frames."""
        results: list[FaceLandmarks | None] = []
        while len(results) < len(images):
            if self._follower is None:
                results.append(self._search(images[len(results)]))
            else:
                results += self._follow(self._follower, images[len(results) :])
        return results

    def _search(self, image: np.ndarray) -> FaceLandmarks | None:
        """Finds the face in one frame and starts to follow it."""
        found = detect_faces(image, engine=self._engine)
        self.most_faces = max(self.most_faces, len(found))
        face = self._choose(found)
        if face is None:
            return None
        landmarks = settle(image, face, self._network)
        motion = np.eye(2, 3)
        if self._last is not None:
            # No flow leads across a gap: here the landmarks must tell how the head moved.
            rigid = list(RIGID)
            step = fit_similarity(self._last.points[rigid, :2], landmarks.points[rigid, :2])
            motion = compose(step, self._last.motion)
        return self._start(image, landmarks, motion)

    def _start(
        self, image: np.ndarray, landmarks: FaceLandmarks, motion: np.ndarray
    ) -> FaceLandmarks | None:
        """Lays the region around these landmarks and reads them again in it."""
        region = region_of_landmarks(landmarks.points)
        landmarks = read_landmarks([image], [region], self._network)[0]
        if landmarks.score < PRESENCE:
            self._follower = None
            return None
        self._follower = HeadFollower(image, landmarks.points, region)
        self._to_region = compose(invert(region.to_image(1)), motion)
        self._last = replace(landmarks, motion=motion, shot=self.shot)
        return self._last

    def _follow(
        self, follower: HeadFollower, images: list[np.ndarray]
    ) -> list[FaceLandmarks | None]:
        """The results of as many of these frames as the face can be followed through.

        FaceMesh reads all frames at once; what it read beyond a frame that changes the region is
        dropped, so the outcome is that of going frame by frame.
        """
        regions = []
        with LandmarkReader(self._network) as reader:
            for image in images:
                if (region := follower.follow(image)) is None:
                    break
                regions.append(region)
                reader.add(image, region)
            read = reader.finish()
        lost = len(regions) < len(images)
        results: list[FaceLandmarks | None] = []
        if regions:
            for image, landmarks, region in zip(images, read, regions, strict=False):
                if landmarks.score < PRESENCE:
                    lost = True
                    break
                motion = compose(region.to_image(1), self._to_region)
                if not _is_centred(landmarks, region):
                    return [*results, self._start(image, landmarks, motion)]
                self._last = replace(landmarks, motion=motion, shot=self.shot)
                results.append(self._last)
        if lost:
            self._follower = None
        return results

    def _choose(self, faces: list[Face]) -> Face | None:
        """The face at the last known place, else the one that was asked for."""
        if self._last is not None:
            last = region_of_landmarks(self._last.points)
            away = [float(np.hypot(*(face.centre - last.centre))) for face in faces]
            if away and min(away) < last.side / 2:
                return faces[int(np.argmin(away))]
        number = face_number(self._face)
        return faces[number] if number < len(faces) else None


def _is_centred(landmarks: FaceLandmarks, region: FaceRegion) -> bool:
    """Whether the landmarks still lie in the middle of the region, upright and of its size."""
    around = region_of_landmarks(landmarks.points)
    turn = (around.angle - region.angle + np.pi) % (2 * np.pi) - np.pi
    return bool(
        np.hypot(*(around.centre - region.centre)) < MOST_SHIFT * region.side
        and abs(np.log(around.side / region.side)) < MOST_GROWTH
        and abs(turn) < MOST_TURN
    )
