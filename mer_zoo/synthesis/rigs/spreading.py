"""Spreading values known at scattered points over a picture."""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Spread:
    """Interpolates values at points over a canvas: by triangles inside their hull, fading outside.

    Attributes:
        shape: height and width of the canvas.
        inside: (H, W) bool, the canvas inside the hull of the points.
    """

    shape: tuple[int, int]
    inside: np.ndarray
    _box: tuple[slice, slice]  # rows and columns that are not zero everywhere
    _vertices: np.ndarray  # (P, 3) numbers of points, one row a pixel of the box
    _weights: np.ndarray  # (P, 3) float32, barycentric, fading outside
    _outside: np.ndarray  # (H, W, 1) float32: 0 inside, 1 well outside

    @classmethod
    def over(cls, xy: np.ndarray, shape: tuple[int, int], reach: float) -> "Spread | None":
        """Prepares the interpolation.

        Args:
            xy: (N, 2) points in pixels of the canvas.
            shape: height and width of the canvas.
            reach: outside the hull, values fade as exp(-(d / reach)^2) with the distance d.

        Returns:
            None when no pixel of the canvas lies inside the hull.
        """
        from scipy.ndimage import distance_transform_edt

        margin = int(np.ceil(2.5 * reach))
        low = np.clip(np.floor(xy.min(0)).astype(int) - margin, 0, None)
        high = np.minimum(np.ceil(xy.max(0)).astype(int) + margin + 1, (shape[1], shape[0]))
        if (high <= low).any():
            return None
        width, height = (high - low).tolist()
        inside, vertices, weights = _triangle_weights(xy - low, (height, width))
        if not inside.any():
            return None
        # A pixel outside borrows the weights of the nearest pixel inside, faded by its distance.
        distance, nearest = distance_transform_edt(~inside, return_indices=True)
        nearest = np.ravel_multi_index(nearest, (height, width)).ravel()
        fade = np.exp(-((distance.reshape(-1, 1) / reach) ** 2))
        box = np.s_[low[1] : high[1], low[0] : high[0]]
        hull = np.zeros(shape, bool)
        hull[box] = inside
        outside = np.ones((*shape, 1), np.float32)
        outside[box] = np.clip(2 * distance / reach, 0, 1)[..., None]
        faded = (weights[nearest] * fade).astype(np.float32)
        return cls((shape[0], shape[1]), hull, box, vertices[nearest], faded, outside)

    def __call__(self, values: np.ndarray, blur: float) -> np.ndarray:
        """Values (N, C) at the points, over the canvas.

        Args:
            values: one row a point.
            blur: sigma of the Gaussian that smooths the result, in pixels.

        Returns:
            (H, W, C) float32, or (H, W) when C is 1.
        """
        values = np.asarray(values, dtype=np.float32)
        rows, columns = self._box
        out = np.zeros((*self.shape, values.shape[1]), np.float32)
        part = np.einsum("pk,pkc->pc", self._weights, values[self._vertices])
        out[rows, columns] = part.reshape(rows.stop - rows.start, columns.stop - columns.start, -1)
        near = cv2.GaussianBlur(out, (0, 0), blur, borderType=cv2.BORDER_REPLICATE)
        # Outside, every point of the outline sends out a ray; a wider blur blends the rays.
        far = cv2.GaussianBlur(out, (0, 0), 4 * blur, borderType=cv2.BORDER_REPLICATE)
        outside = self._outside if near.ndim == 3 else self._outside[..., 0]
        return near + outside * (far - near)


def _triangle_weights(
    xy: np.ndarray, shape: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Delaunay triangles and barycentric weights of all pixels of a picture.

    SciPy's own look-up inverts each triangle by LAPACK, whose threads can take a second for it on
    a busy machine. Here the triangles are drawn, and pixels that got a neighbour's number walk on.

    Returns:
        inside: (H, W) bool.
        vertices: (H W, 3) numbers of points.
        weights: (H W, 3) float64; of no meaning outside.
    """
    from scipy.spatial import Delaunay

    mesh = Delaunay(xy)
    drawn = np.full(shape, -1, np.int32)
    for number, corners in enumerate(np.rint(xy[mesh.simplices] * 16).astype(np.int32)):
        cv2.fillConvexPoly(drawn, corners, number, shift=4)
    triangle = drawn.ravel()
    y, x = np.indices(shape).reshape(2, -1)
    pixels = np.stack([x, y], axis=1).astype(np.float64)
    weights = np.zeros((len(pixels), 3))
    walking = np.flatnonzero(triangle >= 0)
    for _ in range(20):
        weights[walking] = _barycentric(pixels[walking], xy[mesh.simplices[triangle[walking]]])
        least = weights[walking].argmin(axis=1)
        ahead = mesh.neighbors[triangle[walking], least]
        beyond = weights[walking, least] < -1e-9
        # At the hull there is no neighbour: what lies beyond is outside.
        triangle[walking[beyond]] = ahead[beyond]
        walking = walking[beyond & (ahead >= 0)]
    inside = triangle >= 0
    # A few pixels may still be on their way between slivers; they stay at the last one's edge.
    weights = np.clip(weights, 0, 1)
    weights /= np.maximum(weights.sum(axis=1, keepdims=True), 1e-9)
    return inside.reshape(shape), mesh.simplices[triangle], weights


def _barycentric(pixels: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Weights (P, 3) of pixels (P, 2) in triangles (P, 3, 2); of slivers, equal ones."""
    (ax, ay), (bx, by) = (corners[:, :2] - corners[:, 2:]).transpose(1, 2, 0)
    px, py = (pixels - corners[:, 2]).T
    area = ax * by - ay * bx
    flat = np.abs(area) < 1e-9
    area = np.where(flat, 1, area)
    first, second = (px * by - py * bx) / area, (ax * py - ay * px) / area
    weights = np.stack([first, second, 1 - first - second], axis=1)
    weights[flat] = 1 / 3
    return weights
