"""A portrait: a photograph with the face rig laid over it, ready to be moved."""

import functools
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from mer_zoo.synthesis.expressions.action_units import action_unit
from mer_zoo.synthesis.rigs.furrows import furrow_map
from mer_zoo.synthesis.rigs.rig import FaceRig, FittedRig

PEAK_PERCENTILE = 99.7
# A unit that hardly moves this face (pixels of motion) is not blown up further to reach a peak.
LEAST_PEAK = 0.06


@dataclass(frozen=True)
class Portrait:
    """A photograph and the motion fields of the face on it. Fields are made when first asked for.

    Attributes:
        photo: (H, W) grey or (H, W, 3) RGB, uint8.
        box: rows and columns of the canvas, the part of the photograph that can move: all of a
            face crop; of a whole photograph the head and what is within a face width of it.
        rig: the rig, fitted to the face on the canvas.
        crop: whether the photograph is a face crop, which moves with the head as a whole. On a
            whole photograph the motion of the head fades into the background.
    """

    photo: np.ndarray
    box: tuple[slice, slice]
    rig: FittedRig
    crop: bool = True
    _fields: dict[str, np.ndarray] = field(default_factory=dict, repr=False)
    _peaks: dict[str, float] = field(default_factory=dict, repr=False)

    @classmethod
    def of(
        cls,
        photo: np.ndarray,
        landmarks: np.ndarray,
        *,
        crop: bool = True,
        rig: FaceRig | None = None,
    ) -> "Portrait":
        """Lays the rig over the face.

        Args:
            photo: (H, W), (H, W, 1) or (H, W, 3) uint8.
            landmarks: (468, 3) FaceMesh landmarks in pixels of the photograph.
            crop: see the class.
            rig: how faces move; None is the packaged rig.

        Raises:
            ValueError: the photograph or the landmarks have another shape or type.
            NoFaceError: the landmarks lie outside the photograph.
        """
        photo = np.asarray(photo)
        if photo.ndim == 3 and photo.shape[-1] == 1:
            photo = photo[..., 0]
        if photo.dtype != np.uint8 or not (photo.ndim == 2 or photo.shape[2:] == (3,)):
            raise ValueError(
                f"Expected a grey (H, W) or RGB (H, W, 3) uint8 image, got {photo.dtype} of shape "
                f"{photo.shape}."
            )
        rig = rig or FaceRig.load()
        box = np.s_[: photo.shape[0], : photo.shape[1]]
        if crop:
            return cls(photo, box, rig.fit(landmarks, photo.shape[:2]))
        low, high = _reach_of_head(landmarks, photo.shape[:2])
        if (high > low).all():
            box = np.s_[low[1] : high[1], low[0] : high[0]]
            landmarks = landmarks - np.array([*low, 0], np.float32)
        return cls(photo, box, rig.fit(landmarks, photo[box].shape[:2]), crop=False)

    @property
    def canvas(self) -> np.ndarray:
        """(h, w) or (h, w, 3) uint8: the part of the photograph that can move."""
        return self.photo[self.box]

    @property
    def pixel(self) -> float:
        """Canvas pixels per pixel of motion (per pixel of the 224-pixel canonical crop)."""
        return self.rig.pixel

    def unit(self, name: str) -> np.ndarray:
        """(h, w, 2) float32 displacement of a rig unit in canvas pixels; kept for the next call."""
        if name not in self._fields:
            self._fields[name] = self.rig.field(name)
        return self._fields[name]

    def action_unit(self, number: int, left: float = 1.0, right: float = 1.0) -> np.ndarray:
        """(h, w, 2) float32 displacement of an action unit, each half with its own strength.

        Raises:
            UnknownNameError: it is not among `ACTION_UNITS`.
        """
        unit = action_unit(number)
        still = np.zeros((*self.rig.shape, 2), np.float32)
        if not unit.sided:
            return (left + right) / 2 * sum((self.unit(name) for name in unit.units), still)
        halves: list[tuple[float, Literal["left", "right"]]] = [(left, "left"), (right, "right")]
        moved = (
            strength * self.unit(name) for strength, side in halves for name in unit.rig_units(side)
        )
        return sum(moved, still)

    def peak(self, displacement: np.ndarray) -> float:
        """How far a face moves: the 99.7th percentile of the displacement's length over the face.

        Args:
            displacement: (h, w, 2) in canvas pixels.

        Returns:
            Pixels of the 224-pixel canonical crop.
        """
        length = np.hypot(*displacement[self.rig.face].T)
        return float(np.percentile(length, PEAK_PERCENTILE)) / self.pixel

    def unit_moved(self, name: str, pixels: float) -> np.ndarray:
        """(h, w, 2) float32 displacement of a rig unit whose peak is `pixels` (of motion)."""
        displacement = self.unit(name)
        if name not in self._peaks:
            self._peaks[name] = self.peak(displacement)
        return displacement * np.float32(pixels / max(self._peaks[name], LEAST_PEAK))

    def furrows(self, number: int, left: float = 1.0, right: float = 1.0) -> np.ndarray:
        """(h, w) float32: where an action unit folds the skin; see `furrow_map`."""
        if not action_unit(number).sided:
            left = right = (left + right) / 2
        folded = (
            strength * self._furrows(number, left_half)
            for strength, left_half in ((left, True), (right, False))
            if strength
        )
        return sum(folded, np.zeros(self.rig.shape, np.float32))

    def _furrows(self, number: int, left_half: bool) -> np.ndarray:
        key = f"furrows {number} {left_half}"
        if key not in self._fields:
            self._fields[key] = furrow_map(
                number, left_half, self.rig.landmarks, self.rig.shape, self.pixel
            )
        return self._fields[key]

    @functools.cached_property
    def head_basis(self) -> np.ndarray:
        """(6, h, w, 2) float32: displacement per unit of each of `disturbances.HEAD`."""
        height, width = self.rig.shape
        centre = self.rig.landmarks[:, :2].mean(0)
        y, x = np.mgrid[:height, :width].astype(np.float32)
        dx, dy = x - centre[0], y - centre[1]
        one, zero = np.full_like(dx, self.pixel), np.zeros_like(dx)
        depth = self.rig.depth
        rows = [(one, zero), (zero, one), (-dy, dx), (dx, dy), (depth, zero), (zero, depth)]
        basis = np.stack([np.stack(row, axis=-1) for row in rows])
        return basis if self.crop else basis * self._head_share[..., None]

    @property
    def _head_share(self) -> np.ndarray:
        """(h, w) float32: 1 on the head, falling to 0 one face width away from the face."""
        from scipy.ndimage import distance_transform_edt

        across = np.ptp(self.rig.landmarks[:, 0])
        away = distance_transform_edt(~self.rig.face) / across
        # Hair and ears belong to the head: the fall begins a quarter of a face width outside.
        fall = np.clip((1 - away) / 0.75, 0, 1)
        return (fall * fall * (3 - 2 * fall)).astype(np.float32)


def _reach_of_head(landmarks: np.ndarray, shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """The corners (x, y) of the part of a picture within a face width of the landmarks."""
    xy = np.asarray(landmarks)[:, :2]
    across = np.ptp(xy[:, 0])
    low = np.floor(xy.min(axis=0) - across).astype(int)
    high = np.ceil(xy.max(axis=0) + across).astype(int) + 1
    return np.maximum(low, 0), np.minimum(high, shape[::-1])
