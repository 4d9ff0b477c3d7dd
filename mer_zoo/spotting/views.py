"""The part of a frame that aligning a face needs, kept so that frames are decoded once."""

from collections.abc import Generator, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mer_zoo import faces

if TYPE_CHECKING:
    from mer_zoo.spotting.following import Step

CROP_MARGIN = 0.2
"""Sides of the canonical crop that are kept around it: a head that turns is aligned by more than its eyes."""

FACE_HEIGHT = 0.95
"""From the hair line to the chin, in sides of the canonical crop, of a face that looks ahead."""

_SIDE = 224
_CANONICAL = [complex(*eye) for eye in faces.canonical_eyes(_SIDE)]
_CORNERS = _SIDE * np.array([-1 - 1j, -1 + 1j, 1 - 1j, 1 + 1j])
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
        left, right = (complex(*points[place]) for place in _EYES)
        height = float(np.hypot(*(points[_HEIGHT[0]] - points[_HEIGHT[1]]))) / FACE_HEIGHT
        # One complex multiplication and addition bring the canonical crop to its place in the frame.
        turn = (right - left) / (_CANONICAL[1] - _CANONICAL[0])
        reach = max(1.0, height / max(_SIDE * abs(turn), 1e-6)) * (0.5 + CROP_MARGIN)
        corners = turn * (_SIDE * (0.5 + 0.5j) + reach * _CORNERS - _CANONICAL[0]) + left
        low, high = self._limited(np.column_stack([corners.real, corners.imag]))
        part = self.image[
            low[1] - self.top : high[1] - self.top, low[0] - self.left : high[0] - self.left
        ]
        return View(part.copy(), int(low[0]), int(low[1]), self.frame_size)

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
        low = np.minimum(np.maximum(np.floor(points.min(axis=0)).astype(int), 0), limits - 1)
        high = np.ceil(points.max(axis=0)).astype(int) + 1
        return low, np.minimum(np.maximum(high, low + 1), limits)


class KeptViews:
    """The views of the first frames of a face, as long as they fit into memory.

    Args:
        most_bytes: more than that, and none is kept.
    """

    def __init__(self, most_bytes: int):
        self._left = most_bytes
        self._views: list[View | None] = []

    def add(self, step: "Step") -> None:
        """Keeps the view of the next step (`following.Step`)."""
        if self._left < 0:
            return
        view = step.view.around(step.points) if step.present and step.view is not None else None
        self._left -= 0 if view is None else view.image.nbytes
        self._views.append(view)
        if self._left < 0:
            self._views = []

    def of(self, first: int, count: int) -> list[View]:
        """The views of `count` frames from the step number `first` on; empty if one is not kept."""
        views = [view for view in self._views[first : first + count] if view is not None]
        return views if len(views) == count else []


def all_hold(views: Sequence[View], matrices: np.ndarray, size: int) -> bool:
    """Whether each view has all of its frame that `crop` looks at.

    Args:
        views: one a frame.
        matrices: float64 `(T, 2, 3)` from frame pixels to crop pixels.
        size: side of the crop.
    """
    inverse = np.linalg.inv(matrices[:, :, :2])
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - 0.5
    corners = np.einsum("tij,tkj->tki", inverse, corners - matrices[:, None, :, 2])
    # `faces.warp` smooths what it shrinks, so it looks beyond the corners.
    reach = 3 + 1.1 * np.sqrt(np.abs(np.linalg.det(inverse)))[:, None]
    limits = np.array([view.frame_size for view in views])
    low = np.clip(np.floor(corners.min(axis=1) - reach), 0, limits - 1)
    high = np.clip(np.ceil(corners.max(axis=1) + reach) + 1, low + 1, limits)
    kept = np.array([(view.left, view.top) for view in views])
    sizes = np.array([view.image.shape[1::-1] for view in views])
    return bool((low >= kept).all() and (high <= kept + sizes).all())


def around_faces(
    steps: Iterable["Step"], most_bytes_a_second: float = np.inf
) -> Generator["Step", None, None]:
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
