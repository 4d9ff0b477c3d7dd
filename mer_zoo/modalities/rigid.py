"""What a head does as one piece: it shifts, comes nearer, tilts and turns."""

import functools

import cv2
import numpy as np

from mer_zoo.layers.constants import (
    REFERENCE_WIDTH,
    RIGID_ROUNDS,
    RIGID_TOLERANCE,
    face_weights,
    gaussian_kernel,
    places,
    rigid_cell,
    window_stride,
)
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.displacement import Slopes, differences, smooth
from mer_zoo.modalities.scaling import block_mean


def response_without_head(
    response: np.ndarray,
    reference: np.ndarray,
    reference_sigma: float = 0.8,
    regularization: float = 3.0,
    slopes: Slopes | None = None,
) -> np.ndarray:
    """Returns a change of grey levels without what a moving head explains of it.

    A head that shifts, comes nearer, tilts, turns and nods moves the place (x, y) by
    `h = (a + c x - d y + e z, b + c y + d x + f z)`, with z the depth of an average face, and so changes the
    grey level by `-g . h`, with `g` the gradient of the reference. The six numbers are the least-squares
    fit to the whole face, repeated with the weight of each cell of the face reduced by what it still
    moves (Cauchy weights), so that an expression, which moves a few cells much, is not taken for a part
    of it.

    Args:
        response: float32 `(H, W)`, change of the grey level.
        reference: float32 `(H, W)`, grey levels 0..255, the face in the middle.
        reference_sigma, regularization, slopes: see `displacement.DisplacementSolver`.

    Returns:
        float32 `(H, W)`: `response + g . h`.

    Raises:
        ParameterError: the sigma or the regularization is out of its range.
    """
    check_parameters(reference_sigma=reference_sigma, regularization=regularization)
    height, width = response.shape
    stride = window_stride(height, width)
    change = smooth(block_mean(response, stride), gaussian_kernel(reference_sigma))
    g = Slopes.of(reference, reference_sigma) if slopes is None else slopes
    head = _fit(g.xx, g.xy, g.yy, g.gx * change, g.gy * change, regularization)
    u, v = _displacement(head / 2, height, width, stride)  # half, with twice the gradient
    without = response.copy()
    for slope, motion in zip(differences(reference), (u, v), strict=True):
        cv2.accumulateProduct(slope, motion, without)
    return without


def flow_without_head(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns an optical flow less the motion of a head that most of the face agrees on.

    As `response_without_head`, fitted to the flow itself.

    Args:
        u, v: float32 `(H, W)`, displacement in px.
    """
    height, width = u.shape
    stride = window_stride(height, width)
    coarse_u, coarse_v = (block_mean(plane, stride) / np.float32(stride) for plane in (u, v))
    one, zero = np.ones_like(coarse_u), np.zeros_like(coarse_u)
    head = _fit(one, zero, one, -coarse_u, -coarse_v, regularization=0.0)
    head_u, head_v = _displacement(head, height, width, stride)
    return u - head_u, v - head_v


def _fit(xx, xy, yy, xe, ye, regularization: float) -> np.ndarray:
    """The motion (a, b, c, d, e, f) in px of the grid that solves `[[xx, xy], [xy, yy]] h = -(xe, ye)`."""
    height, width = xx.shape
    side = rigid_cell(height, width)
    right, down, face = _cells(height, width, side)
    xx, xy, yy, xe, ye = (block_mean(a, side).ravel() for a in (xx, xy, yy, xe, ye))
    # What each of the six numbers does to the equations of a cell.
    along_x, along_y = xx * right + xy * down, xy * right + yy * down
    target = -(right * xe + down * ye)
    normal = (right[:, None] * along_x + down[:, None] * along_y).reshape(36, -1)
    equations = np.concatenate([normal, target])
    # What a cell still moves is linear in the six numbers: `still` of them, on top of `moved`.
    xx, yy = xx + np.float32(regularization), yy + np.float32(regularization)
    scale = 1 / ((xx * yy - xy * xy) * np.float32(RIGID_TOLERANCE * width / REFERENCE_WIDTH))
    moved = np.concatenate([(yy * xe - xy * ye) * scale, (xx * ye - xy * xe) * scale])
    still = np.concatenate(
        [(yy * along_x - xy * along_y) * scale, (xx * along_y - xy * along_x) * scale], axis=1
    )
    ridge = np.float32(regularization) * np.eye(6, dtype=np.float32)
    weights = face
    for round_ in range(RIGID_ROUNDS):
        system = equations @ weights
        head = _solve(system[:36].reshape(6, 6) + ridge, system[36:])
        if round_ < RIGID_ROUNDS - 1:
            rest = moved + head @ still
            rest *= rest
            weights = face / (1 + rest[: len(face)] + rest[len(face) :])
    return head


def _solve(normal: np.ndarray, target: np.ndarray) -> np.ndarray:
    """A small positive definite system; 0 where the face has no gradient at all."""
    _, solution = cv2.solve(normal, target[:, None], flags=cv2.DECOMP_CHOLESKY)
    return solution[:, 0]


@functools.lru_cache(maxsize=8)
def _cells(height: int, width: int, side: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """How far each of the six numbers moves the cells to the right and down, and how much each counts."""
    x, y, z = (block_mean(plane, side).ravel() for plane in places(height, width))
    one, zero = np.ones_like(x), np.zeros_like(x)
    right, down = np.stack([one, zero, x, -y, z, zero]), np.stack([zero, one, y, x, zero, z])
    return right, down, face_weights(x, y)


def _displacement(
    head: np.ndarray, height: int, width: int, stride: int
) -> tuple[np.ndarray, np.ndarray]:
    """Where a head's motion in px of the grid takes each place of the image, in px of the image."""
    a, b, c, d, e, f = head * np.float32(stride)
    x, y, z = places(height, width)
    # Not by BLAS, whose threads spin afterwards (see `spotting.motion`). x is the same in all rows, y in
    # all columns.
    right, down = e * z, f * z
    right += a + c * x[0]
    right -= d * y[:, :1]
    down += b + d * x[0]
    down += c * y[:, :1]
    return right, down
