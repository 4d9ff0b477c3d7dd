"""The face rig: which way every point of a face moves when a face unit acts.

The rig holds 52 face units (ARKit names) on the 468 points of the FaceMesh topology, made from the
MakeHuman base mesh, which is in the public domain (CC0). A photograph's own landmarks are the
geometry: the rig is turned and scaled onto them, and its displacements are spread over the canvas.
"""

import functools
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.errors import NoFaceError, UnknownNameError
from mer_zoo.synthesis.rigs.spreading import Spread

ASSET = Path(__file__).parent / "assets" / "faceunits468.npz"

# "Motion in pixels" is measured on a 224-pixel canonical crop, where the outer eye corners are
# this far apart (0.4875 of its side).
OUTER_EYES_224 = 0.4875 * 224
OUTER_EYE_CORNERS = (33, 263)

# At the right mouth corner and two places of the lips the asset holds points of the mouth's cavity,
# which never move. They take the place and the motion of their partners on the other side.
CAVITY_POINTS = {61: 291, 62: 292, 76: 306, 318: 88, 325: 96}
MIDLINE = 0.0102  # x of the mid-line landmarks

# The rig knows only one browInnerUp; it is split over this distance either side of the mid-line
# (rig units: the face is 1.3 wide), about the gap between the brows.
SPLIT_HALF_WIDTH = 0.12
SPLIT_UNITS = ("browInnerUp",)

# Outside the landmarks motion fades as exp(-(d / REACH)^2), d in outer-eye distances: skin and
# neck follow the chin a little, hair and background do not.
REACH = 0.15
BLUR_224 = 2.0


@dataclass(frozen=True)
class FaceRig:
    """Face units on 468 landmarks.

    Attributes:
        rest: (468, 3) float32, rest positions; x towards the subject's left, y up, z to the viewer.
        displacements: name -> (468, 3) float32, what a fully active unit adds to `rest`.
    """

    rest: np.ndarray
    displacements: dict[str, np.ndarray]

    @staticmethod
    @functools.cache
    def load() -> "FaceRig":
        """The rig that comes with the package. Read once per process."""
        with np.load(ASSET, allow_pickle=False) as asset:
            rest = asset["pos"].astype(np.float32)
            units = dict(zip(asset["names"].tolist(), asset["B"].astype(np.float32), strict=True))
        rest, units = _without_cavity_points(rest, units)
        # 0 on the subject's right, 1 on the left, smooth in between; the two halves add to one.
        ramp = np.clip(0.5 + 0.5 * (rest[:, :1] - MIDLINE) / SPLIT_HALF_WIDTH, 0, 1)
        left = ramp * ramp * (3 - 2 * ramp)
        for name in SPLIT_UNITS:
            units[f"{name}Left"] = units[name] * left
            units[f"{name}Right"] = units[name] * (1 - left)
        return FaceRig(rest, units)

    def fit(self, landmarks: np.ndarray, shape: tuple[int, int]) -> "FittedRig":
        """Lays the rig over one face.

        Args:
            landmarks: (468, 3) FaceMesh landmarks in pixels of the canvas; z in pixels too,
                smaller is nearer.
            shape: height and width of the canvas.

        Raises:
            NoFaceError: the landmarks do not lie on the canvas.
            ValueError: the landmarks have another shape.
        """
        points = np.asarray(landmarks, dtype=np.float64)
        if points.shape != (468, 3):
            raise ValueError(f"Expected landmarks of shape (468, 3), got {points.shape}.")
        turn = turn_and_scale(self.rest * [1, -1, -1], points)
        return FittedRig(self, points.astype(np.float32), shape, turn, _spread(points, shape))


@dataclass(frozen=True)
class FittedRig:
    """A rig laid over one face on one canvas; made by `FaceRig.fit`.

    Attributes:
        landmarks: (468, 3) float32, canvas pixels.
        shape: height and width of the canvas.
    """

    rig: FaceRig
    landmarks: np.ndarray
    shape: tuple[int, int]
    _turn: np.ndarray
    _spread: Spread

    @property
    def pixel(self) -> float:
        """Canvas pixels per pixel of motion (per pixel of the 224-pixel canonical crop)."""
        return _outer_eye_distance(self.landmarks) / OUTER_EYES_224

    @property
    def face(self) -> np.ndarray:
        """(H, W) bool: the canvas inside the hull of the landmarks."""
        return self._spread.inside

    def field(self, unit: str) -> np.ndarray:
        """Dense forward displacement of one fully active unit.

        Args:
            unit: a rig unit, for example `"mouthSmileLeft"`.

        Returns:
            (H, W, 2) float32, (dx, dy) in canvas pixels; x to the right and y down. The skin at
            pixel p moves to p + field[p].

        Raises:
            UnknownNameError: the rig has no such unit.
        """
        if unit not in self.rig.displacements:
            raise UnknownNameError.among("face unit", unit, self.rig.displacements)
        moved = (self.rig.displacements[unit] * [1, -1, -1]) @ self._turn
        return self._spread(moved[:, :2], blur=BLUR_224 * self.pixel)

    @functools.cached_property
    def depth(self) -> np.ndarray:
        """(H, W) float32: how far the face stands out before the eye corners, in canvas pixels.

        Positive is nearer to the viewer. A small turn of the head by an angle a (radians) about
        the eyes moves a pixel by a * depth.
        """
        z = self.landmarks[:, 2]
        nearer = z[list(OUTER_EYE_CORNERS)].mean() - z
        return self._spread(nearer[:, None], blur=2 * BLUR_224 * self.pixel)


def _without_cavity_points(rest: np.ndarray, units: dict) -> tuple[np.ndarray, dict]:
    cavity, partner = list(CAVITY_POINTS), list(CAVITY_POINTS.values())
    rest = rest.copy()
    rest[cavity] = rest[partner] * [-1, 1, 1] + np.array([2 * MIDLINE, 0, 0], np.float32)
    repaired = {}
    for name, moved in units.items():
        repaired[name] = moved.copy()
        repaired[name][cavity] = units[_other_side(name)][partner] * [-1, 1, 1]
    return rest, repaired


def _other_side(unit: str) -> str:
    if unit.endswith("Left"):
        return unit.removesuffix("Left") + "Right"
    return unit.removesuffix("Right") + "Left" if unit.endswith("Right") else unit


def _outer_eye_distance(points: np.ndarray) -> float:
    right, left = points[list(OUTER_EYE_CORNERS), :2]
    return float(np.linalg.norm(left - right))


def turn_and_scale(rest: np.ndarray, points: np.ndarray) -> np.ndarray:
    """(3, 3) matrix M with rest @ M + t closest to points: rotation times scale.

    Orthogonal Procrustes analysis: P. Schonemann, Psychometrika 31 (1966), with the scale and the
    guard against reflections of S. Umeyama, IEEE TPAMI 13 (1991).
    """
    a, b = rest - rest.mean(0), points - points.mean(0)
    u, s, vt = np.linalg.svd(a.T @ b)
    sign = np.array([1, 1, np.sign(np.linalg.det(u @ vt))])
    return (u * sign) @ vt * ((s * sign).sum() / (a**2).sum())


def _spread(points: np.ndarray, shape: tuple[int, int]) -> Spread:
    spread = Spread.over(points[:, :2], shape, reach=REACH * _outer_eye_distance(points))
    if spread is None:
        raise NoFaceError(
            f"The landmarks lie outside the picture of {shape[1]}x{shape[0]} pixels: "
            "give them in pixels of the picture that is to move."
        )
    return spread
