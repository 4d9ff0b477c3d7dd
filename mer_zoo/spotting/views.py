"""The part of a frame that aligning a face needs, kept so that frames are decoded once."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from mer_zoo import faces
from mer_zoo.faces.similarity import fit_similarity

MARGIN = 0.2
"""Sides of the canonical crop that are kept around it: a head that turns is aligned by more than its eyes."""

FACE_HEIGHT = 0.95
"""From the hair line to the chin, in sides of the canonical crop, of a face that looks ahead."""

_SIDE = 224
_EYES = [faces.TRACKED.index(index) for index in (33, 263)]
_HEIGHT = [faces.TRACKED.index(index) for index in (10, 152)]


class View(NamedTuple):
    """A part of a frame.

    Attributes:
        image: uint8 RGB `(height, width, 3)`.
        left, top: where it lies in the frame, in pixels.
        frame_size: width and height of the frame.
    """

    image: np.ndarray
    left: int
    top: int
    frame_size: tuple[int, int]

    @classmethod
    def whole(cls, image: np.ndarray) -> "View":
        """A whole frame."""
        return cls(image, 0, 0, image.shape[1::-1])

    def around(self, points: np.ndarray) -> "View":
        """A copy of the part about a face.

        Args:
            points: float32 `(len(faces.TRACKED), 2)`, landmarks in frame pixels.
        """
        points = points.astype(np.float64)
        to_frame = fit_similarity(faces.canonical_eyes(_SIDE), points[_EYES])
        side = _SIDE * np.hypot(*to_frame[:, 0])
        taller = np.linalg.norm(np.subtract(*points[_HEIGHT])) / FACE_HEIGHT / side
        reach = _SIDE * max(taller, 1) * (0.5 + MARGIN)
        corners = _SIDE / 2 + reach * np.array([(-1, -1), (-1, 1), (1, -1), (1, 1)])
        low, high = self._limited(corners @ to_frame[:, :2].T + to_frame[:, 2])
        part = self.image[
            low[1] - self.top : high[1] - self.top, low[0] - self.left : high[0] - self.left
        ]
        return View(part.copy(), int(low[0]), int(low[1]), self.frame_size)

    def holds(self, matrix: np.ndarray, size: int) -> bool:
        """Whether the view has all of the frame that `crop` looks at."""
        inverse = np.linalg.inv(matrix[:, :2])
        corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - 0.5 - matrix[:, 2]
        corners = corners @ inverse.T
        reach = 3 + 1.1 * np.sqrt(
            abs(np.linalg.det(inverse))
        )  # `faces.warp` smooths what it shrinks
        low, high = self._limited(np.concatenate([corners - reach, corners + reach]))
        height, width = self.image.shape[:2]
        return bool(
            (low >= (self.left, self.top)).all()
            and (high <= (self.left + width, self.top + height)).all()
        )

    def crop(self, matrix: np.ndarray, size: int) -> np.ndarray:
        """As `faces.warp` of the whole frame.

        Args:
            matrix: float64 `(2, 3)` from frame pixels to crop pixels.
            size: side of the crop.
        """
        moved = matrix.copy()
        moved[:, 2] += matrix[:, :2] @ (self.left, self.top)
        return faces.warp(self.image, moved, size)

    def _limited(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The smallest box of whole pixels around points, within the frame."""
        limits = np.array(self.frame_size)
        low = np.clip(np.floor(points.min(axis=0)).astype(int), 0, limits - 1)
        return low, np.clip(np.ceil(points.max(axis=0)).astype(int) + 1, low + 1, limits)


def around_faces(steps: Iterable, most_bytes_a_second: float = np.inf) -> Iterator:
    """The steps of a face (`following.Step`) with views of the face instead of whole frames.

    Args:
        steps: as they come.
        most_bytes_a_second: a step whose view would make it more gets none.
    """
    last = None
    for step in steps:
        view = step.view.around(step.points) if step.present and step.view is not None else None
        if view is not None and last is not None:
            a_second = view.image.nbytes / max(step.time - last, 1e-6)
            view = None if a_second > most_bytes_a_second else view
        last = step.time
        yield step._replace(view=view)
