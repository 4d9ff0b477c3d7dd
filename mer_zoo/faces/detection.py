"""Finds faces in an image with BlazeFace."""

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np

from mer_zoo.errors import NoFaceError
from mer_zoo.faces.engines import Engine, get_engine
from mer_zoo.faces.images import require_rgb

INPUT_SIZE = 128
ANCHOR_GRIDS = ((16, 2), (8, 6))  # (cells a side, anchors a cell)
OVERLAP = 0.3  # intersection over union above which two boxes are one face
TILE = 0.6  # side of a tile over side of the image, in the second look


@dataclass(frozen=True)
class Face:
    """A detected face.

    Attributes:
        score: Confidence, 0 to 1.
        box: (4,) float32, x0, y0, x1, y1 in image pixels, from the brows to the chin.
        keypoints: (6, 2) float32, x and y in image pixels: the eye on the image's left, the eye
            on its right, nose tip, mouth, ear on the left, ear on the right.
    """

    score: float
    box: np.ndarray
    keypoints: np.ndarray

    @property
    def centre(self) -> np.ndarray:
        """(2,) x and y of the box's centre in image pixels."""
        return (self.box[:2] + self.box[2:]) / 2

    @property
    def area(self) -> float:
        """Area of the box in square pixels."""
        return float((self.box[2] - self.box[0]) * (self.box[3] - self.box[1]))


def detect_faces(image: np.ndarray, *, threshold: float = 0.5, engine: str = "auto") -> list[Face]:
    """Finds the faces in an image.

    The network sees the image at 128 pixels and misses faces smaller than about a sixth of it.
    Where it finds none, it looks once more at four overlapping tiles, which halves that limit.

    Args:
        image: uint8 RGB (height, width, 3).
        threshold: Lowest score that counts as a face, 0 to 1.
        engine: "auto", "keras" or "litert"; see `mer_zoo.faces.engines.get_engine`.

    Returns:
        The faces, largest first; empty when there is none.

    Raises:
        ClipError: `image` is not uint8 RGB.
        UnknownNameError: There is no such engine.
    """
    require_rgb(image)
    network = get_engine(engine)
    height, width = image.shape[:2]
    faces = _detect_in(image, (0, 0, width, height), threshold, network)
    if not faces:
        tile_width, tile_height = round(width * TILE), round(height * TILE)
        for y in (0, height - tile_height):
            for x in (0, width - tile_width):
                tile = (x, y, x + tile_width, y + tile_height)
                faces += _detect_in(image, tile, threshold, network)
        faces = merge_overlapping(faces)
    return sorted(faces, key=lambda face: -face.area)


def choose_face(faces: list[Face], face: str | int) -> Face:
    """Picks one of the faces that `detect_faces` returned.

    Args:
        faces: The faces, largest first.
        face: "largest", or a number: 0 the largest, 1 the second, and so on.

    Raises:
        NoFaceError: There is no face, or not that many.
    """
    if not faces:
        raise NoFaceError(
            "No face was found. The face should look towards the camera, be lit, and fill at "
            "least a tenth of the image's width: crop the image around it, or lower the threshold."
        )
    number = face_number(face)
    if number >= len(faces):
        found = "1 face was" if len(faces) == 1 else f"{len(faces)} faces were"
        raise NoFaceError(
            f"face={face} asks for face number {number}, but {found} found. {which_faces(len(faces))}"
        )
    return faces[number]


def which_faces(count: int) -> str:
    """What to choose among so many faces, at least one."""
    numbers = "0" if count == 1 else f"a number from 0 to {count - 1}"
    return f"Use face='largest' or {numbers}."


def face_number(face: str | int) -> int:
    """The place of `face` among the faces by size: 0 for "largest", else the number itself.

    Raises:
        NoFaceError: It is neither "largest" nor a number from 0.
    """
    if face == "largest":
        return 0
    if isinstance(face, bool) or not isinstance(face, int) or face < 0:
        raise NoFaceError(
            f"face={face!r} names no face. Use face='largest', or a number: 0 for the largest, "
            "1 for the second largest."
        )
    return face


@cache
def anchor_centres() -> np.ndarray:
    """(896, 2) float32: x and y of the anchors in network pixels, in the network's order."""
    grids = []
    for cells, anchors in ANCHOR_GRIDS:
        middle = (np.arange(cells, dtype=np.float32) + 0.5) * (INPUT_SIZE / cells)
        x, y = np.meshgrid(middle, middle)
        grids.append(np.repeat(np.column_stack([x.ravel(), y.ravel()]), anchors, axis=0))
    centres = np.concatenate(grids)
    centres.flags.writeable = False
    return centres


def decode(values: np.ndarray, logits: np.ndarray, threshold: float) -> list[Face]:
    """Turns the network's outputs into faces in network pixels, still with doubles.

    Args:
        values: (896, 16) anchor values in network pixels: centre x, y relative to the anchor,
            width, height, then x, y of six keypoints relative to the anchor.
        logits: (896,) score logits.
        threshold: Lowest score kept.
    """
    scores = 1 / (1 + np.exp(-np.clip(logits, -50, 50)))
    faces = []
    for index in np.flatnonzero(scores >= threshold):
        anchor = anchor_centres()[index]
        centre, half = values[index, :2] + anchor, values[index, 2:4] / 2
        keypoints = values[index, 4:].reshape(6, 2) + anchor
        faces.append(Face(float(scores[index]), np.r_[centre - half, centre + half], keypoints))
    return faces


def merge_overlapping(faces: list[Face]) -> list[Face]:
    """Weighted non-maximum suppression: each group of overlapping faces becomes its mean.

    The mean is weighted by the scores and keeps the best score (Bazarevsky et al. 2019, section
    3.3: it jitters less from frame to frame than the best box alone).
    """
    waiting = sorted(faces, key=lambda face: -face.score)
    merged = []
    while waiting:
        best = waiting[0]
        group = [face for face in waiting if _overlap(best.box, face.box) > OVERLAP or face is best]
        waiting = [face for face in waiting if not any(face is other for other in group)]
        weights = np.array([face.score for face in group])
        weights /= weights.sum()
        box = np.tensordot(weights, [face.box for face in group], 1)
        keypoints = np.tensordot(weights, [face.keypoints for face in group], 1)
        merged.append(Face(best.score, box.astype(np.float32), keypoints.astype(np.float32)))
    return merged


def _overlap(a: np.ndarray, b: np.ndarray) -> float:
    """Intersection over union of two boxes."""
    low, high = np.maximum(a[:2], b[:2]), np.minimum(a[2:], b[2:])
    shared = np.prod(np.maximum(high - low, 0))
    union = np.prod(a[2:] - a[:2]) + np.prod(b[2:] - b[:2]) - shared
    return float(shared / union) if union > 0 else 0.0


def _detect_in(image: np.ndarray, tile, threshold: float, network: Engine) -> list[Face]:
    """The faces within one tile (x0, y0, x1, y1), in the pixels of the whole image."""
    x0, y0, x1, y1 = tile
    canvas, matrix = _letterbox(image[y0:y1, x0:x1])
    values, logits = network.blazeface(canvas.astype(np.float32) / 127.5 - 1)
    faces = []
    for face in merge_overlapping(decode(values, logits, threshold)):
        points = np.concatenate([face.box.reshape(2, 2), face.keypoints])
        points = (points * matrix[0] + matrix[1] + (x0, y0)).astype(np.float32)
        faces.append(Face(face.score, points[:2].ravel(), points[2:]))
    return faces


def _letterbox(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Fits the image into the network's square, with black bars.

    Returns:
        The square (128, 128, 3) uint8, and (2, 2) float: scale and offset, in x and y, from
        network pixels (borders at 0 and 128) to image pixels (centres at integers).
    """
    height, width = image.shape[:2]
    ratio = INPUT_SIZE / max(height, width)
    size = np.maximum(np.round([width * ratio, height * ratio]), 1).astype(int)
    shrunk = cv2.resize(image, tuple(size.tolist()), interpolation=cv2.INTER_AREA)
    start = (INPUT_SIZE - size) // 2
    canvas = np.zeros((INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
    canvas[start[1] : start[1] + size[1], start[0] : start[0] + size[0]] = shrunk
    scale = np.array([width, height]) / size
    return canvas, np.stack([scale, -start * scale - 0.5])
