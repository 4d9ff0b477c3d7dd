"""Displacement in one closed-form step from a difference of grey levels and a reference frame."""

from typing import NamedTuple

import cv2
import numpy as np

from mer_zoo.layers.constants import gaussian_kernel, window_kernel, window_stride
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.scaling import block_mean, median


class Slopes(NamedTuple):
    """How the grey level of a reference changes from place to place, on the grid of the displacement.

    Attributes:
        gx, gy: float32 `(H / s, W / s)`, its gradient.
        xx, xy, yy: their products.
    """

    gx: np.ndarray
    gy: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    yy: np.ndarray

    @classmethod
    def of(cls, reference: np.ndarray, reference_sigma: float) -> "Slopes":
        """The slopes of a frame, see `DisplacementSolver`."""
        stride = window_stride(*reference.shape)
        gx, gy = gradient(smooth(block_mean(reference, stride), gaussian_kernel(reference_sigma)))
        return cls(gx, gy, gx * gx, gx * gy, gy * gy)


class DisplacementSolver:
    """Displacements against one reference frame; what depends on it alone is computed once.

    Brightness constancy says `E = -g . (u, v)`, with `g` the gradient of the reference. Solved by
    regularised least squares in a Gaussian window `G` around each place (Lucas and Kanade, 1981,
    without iterations): `(u, v) = -(G[g g^T] + regularization I)^-1 G[g E]`. Images of 224 px and
    more are first averaged over blocks, to a grid 112 to 223 px wide where the sides allow it.

    Args:
        reference: float32 `(H, W)`, grey levels 0..255.
        reference_sigma: Gaussian that smooths reference and response, in px of the grid, 0 to 112;
            0 smooths nothing.
        window_sigma: Gaussian window, in px at an image width of 112, 0 to 112.
        regularization: pulls the displacement to 0 where the face has no gradient, in squared grey
            levels per squared px of the grid, 0.01 to 1e6.
        slopes: `Slopes.of(reference, reference_sigma)`, if they are there already.

    Raises:
        ParameterError: a sigma or the regularization is out of its range.
    """

    def __init__(
        self,
        reference: np.ndarray,
        reference_sigma: float = 0.8,
        window_sigma: float = 2.0,
        regularization: float = 3.0,
        slopes: Slopes | None = None,
    ):
        check_parameters(
            reference_sigma=reference_sigma,
            window_sigma=window_sigma,
            regularization=regularization,
        )
        self._stride = window_stride(*reference.shape)
        self._window = window_kernel(window_sigma, reference.shape[1], self._stride)
        # Both are smoothed alike. A gradient smoother than the response makes displacements too
        # large, by a third on a face.
        self._kernel = gaussian_kernel(reference_sigma)
        self._slopes = Slopes.of(reference, reference_sigma) if slopes is None else slopes
        planes = self._slopes.xx, self._slopes.xy, self._slopes.yy
        xx, xy, yy = (smooth(plane, self._window) for plane in planes)
        xx += np.float32(regularization)
        yy += np.float32(regularization)
        self._xx, self._xy, self._yy = xx, xy, yy
        self._scale = np.float32(-self._stride) / (xx * yy - xy * xy)

    def solve(
        self, response: np.ndarray, *, remove_median: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """Finds how far each place moved, from how its grey level changed.

        Args:
            response: float32 `(H, W)`, change of the grey level.
            remove_median: subtract the median displacement.

        Returns:
            `(u, v)` in px of the image, float32 `(H / s, W / s)`: one value for each block of
            `s = window_stride(H, W)` px. `u > 0` moves right, `v > 0` moves down.
        """
        coarse = block_mean(response, self._stride)
        return self.solve_coarse(coarse, remove_median=remove_median)

    def solve_coarse(
        self, response: np.ndarray, *, remove_median: bool = True
    ) -> tuple[np.ndarray, np.ndarray]:
        """As `solve`, where the means of the blocks are there already.

        Args:
            response: float32 `(H / s, W / s)`, `block_mean` of the change.
            remove_median: see `solve`.
        """
        response = smooth(response, self._kernel)
        xe, ye = (smooth(g * response, self._window) for g in (self._slopes.gx, self._slopes.gy))
        u, v = self._yy * xe, self._xx * ye
        for moved, other in ((u, ye), (v, xe)):
            moved -= self._xy * other
            moved *= self._scale
        if remove_median:
            u -= np.float32(median(u))
            v -= np.float32(median(v))
        return u, v


def gradient(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns the central differences `(d/dx, d/dy)`; across a border they are 0 (reflect-101)."""
    gx, gy = differences(image)
    gx *= np.float32(0.5)
    gy *= np.float32(0.5)
    return gx, gy


def differences(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Returns twice the `gradient`: the differences of the two neighbours, across and down."""
    image = np.ascontiguousarray(image)
    gx, gy = np.empty_like(image), np.empty_like(image)
    # The differences across as one long row, which is twice as fast; the columns at its turns are set after.
    row = image.reshape(-1)
    np.subtract(row[2:], row[:-2], out=gx.reshape(-1)[1:-1])
    np.subtract(image[2:], image[:-2], out=gy[1:-1])
    gx[:, 0] = gx[:, -1] = 0
    gy[0] = gy[-1] = 0
    return gx, gy


def upsample(plane: np.ndarray, height: int, width: int) -> np.ndarray:
    """Returns a plane of block values as an image `(height, width)`, bilinear between block centres."""
    if plane.shape == (height, width):
        return plane
    return cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR)


def smooth(plane: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    """Returns a plane filtered by a symmetric kernel along both sides; borders are reflect-101."""
    return cv2.sepFilter2D(plane, cv2.CV_32F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
