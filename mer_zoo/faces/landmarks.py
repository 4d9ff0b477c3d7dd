"""Finds the 468 FaceMesh landmarks of a face."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mer_zoo.errors import NoFaceError
from mer_zoo.faces.detection import Face, choose_face, detect_faces
from mer_zoo.faces.engines import Engine, get_engine
from mer_zoo.faces.regions import MARGIN, FaceRegion
from mer_zoo.faces.topology import OUTER_EYES

INPUT_SIZE = 192
PRESENCE = 0.5  # lowest score at which the region counts as holding a face


@dataclass(frozen=True)
class FaceLandmarks:
    """The landmarks of one face in one image.

    Attributes:
        points: (468, 3) float32: x and y in image pixels, and depth in image pixels, smaller
            being nearer to the camera, with an arbitrary zero.
        score: Confidence that the region holds a face, 0 to 1.
    """

    points: np.ndarray
    score: float


def find_landmarks(
    image: np.ndarray, *, face: str | int = "largest", engine: str = "auto"
) -> FaceLandmarks:
    """Finds a face and its landmarks in an image.

    Args:
        image: uint8 RGB (height, width, 3).
        face: "largest", or a number: 0 the largest, 1 the second, and so on.
        engine: "auto", "keras" or "litert"; see `mer_zoo.faces.engines.get_engine`.

    Raises:
        ClipError: `image` is not uint8 RGB.
        NoFaceError: There is no face, or not that many.
        UnknownNameError: There is no such engine.
    """
    network = get_engine(engine)
    chosen = choose_face(detect_faces(image, engine=engine), face)
    # The detector's box is coarse; a second look, centred on the landmarks, is what tracking
    # uses too, so that a photograph and a video frame give the same landmarks.
    first = read_landmarks([image], region_of_face(chosen), network)[0]
    landmarks = read_landmarks([image], region_of_landmarks(first.points), network)[0]
    if landmarks.score < PRESENCE:
        raise NoFaceError(
            "Something like a face was found, but no landmarks could be placed on it. "
            "Use an image where the whole face is visible and looks towards the camera."
        )
    return landmarks


def region_of_face(face: Face) -> FaceRegion:
    """The region to look at, from a detection."""
    return FaceRegion.around(face.box, face.keypoints[1] - face.keypoints[0])


def region_of_landmarks(points: np.ndarray) -> FaceRegion:
    """The region to look at, from landmarks (468, 2 or more) in image pixels.

    Its square surrounds the landmarks in the frame of the eye line, which a turning head moves
    less than the upright box does.
    """
    xy = points[:, :2].astype(np.float64)
    axis = xy[OUTER_EYES[1]] - xy[OUTER_EYES[0]]
    axis /= max(np.hypot(*axis), 1e-6)
    turn = np.array([[axis[0], axis[1]], [-axis[1], axis[0]]])
    upright = xy @ turn.T
    low, high = upright.min(axis=0), upright.max(axis=0)
    return FaceRegion(
        centre=turn.T @ ((low + high) / 2),
        side=MARGIN * float(max(high - low)),
        angle=float(np.arctan2(axis[1], axis[0])),
    )


def read_landmarks(
    images: Sequence[np.ndarray], region: FaceRegion, network: Engine
) -> list[FaceLandmarks]:
    """Runs FaceMesh on one region of several images.

    Args:
        images: uint8 RGB images.
        region: Where to look, the same in all of them.
        network: The engine to run.
    """
    crops = np.stack([region.crop(image, INPUT_SIZE) for image in images])
    points, logits = network.facemesh(crops.astype(np.float32) / 255)
    to_image = region.to_image(INPUT_SIZE)
    xy = points[..., :2] @ to_image[:, :2].T + to_image[:, 2]
    depth = points[..., 2:] * (region.side / INPUT_SIZE)
    points = np.concatenate([xy, depth], axis=-1).astype(np.float32)
    scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    return [FaceLandmarks(p, float(s)) for p, s in zip(points, scores, strict=True)]
