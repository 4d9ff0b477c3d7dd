"""Finds the 468 FaceMesh landmarks of a face."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from mer_zoo.errors import NoFaceError
from mer_zoo.faces.detection import Face, choose_face, detect_faces
from mer_zoo.faces.engines import Engine, get_engine
from mer_zoo.faces.regions import MARGIN, FaceRegion
from mer_zoo.faces.similarity import transform_points
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
        motion: (2, 3) float64 similarity: how the head moved, by optical flow, from the first
            frame of the shot in which it was tracked to this one, in image pixels. Steadier from
            frame to frame than the landmarks; the identity for a single image.
        shot: Number of camera cuts before the frame, from a `FaceTracker`.
    """

    points: np.ndarray
    score: float
    motion: np.ndarray = field(default_factory=lambda: np.eye(2, 3))
    shot: int = 0


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
    landmarks = settle(image, choose_face(detect_faces(image, engine=engine), face), network)
    if landmarks.score < PRESENCE:
        raise NoFaceError(
            "Something like a face was found, but no landmarks could be placed on it. "
            "Use an image where the whole face is visible and looks towards the camera."
        )
    return landmarks


def settle(image: np.ndarray, face: Face, network: Engine) -> FaceLandmarks:
    """Landmarks of a detected face, from a region centred on the landmarks themselves.

    The detector's box is coarse, and the landmarks of FaceMesh shift by up to a hundredth of the
    region's side, depending on where the face lies in the region. They are therefore read twice.
    """
    region = region_of_face(face)
    for _ in range(2):
        landmarks = read_landmarks([image], [region], network)[0]
        region = region_of_landmarks(landmarks.points)
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
    images: Sequence[np.ndarray], regions: Sequence[FaceRegion], network: Engine
) -> list[FaceLandmarks]:
    """Runs FaceMesh on one region of each image.

    Args:
        images: uint8 RGB images.
        regions: Where to look, one an image.
        network: The engine to run.
    """
    crops = [region.crop(image, INPUT_SIZE) for image, region in zip(images, regions, strict=True)]
    points, logits = network.facemesh(np.divide(np.stack(crops), np.float32(255), dtype=np.float32))
    scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    return [
        FaceLandmarks(_to_image(local, region), float(score))
        for local, region, score in zip(points, regions, scores, strict=True)
    ]


def _to_image(local: np.ndarray, region: FaceRegion) -> np.ndarray:
    """Landmarks in the network's pixels -> the same in image pixels, float32."""
    xy = transform_points(region.to_image(INPUT_SIZE), local[:, :2].astype(np.float64))
    depth = local[:, 2:] * (region.side / INPUT_SIZE)
    return np.concatenate([xy, depth], axis=1).astype(np.float32)
