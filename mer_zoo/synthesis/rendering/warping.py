"""Pulling an image back along a displacement."""

import functools

import cv2
import numpy as np


def invert(forward: np.ndarray, at: np.ndarray, peak: float) -> np.ndarray:
    """Backward displacement b with b(p) = forward(p - b(p)), by fixed-point iteration.

    Args:
        forward: (H, W, 2) forward displacement.
        at: (H, W, 2) the points p.
        peak: how far it moves, in pixels of motion; larger motion takes more steps.
    """
    back = cv2.remap(forward, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    for _ in range(1 if peak < 2 else 2 if peak < 4 else 4):
        back = cv2.remap(
            forward, at - back, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
    return back


def pixel_grid(shape: tuple[int, int]) -> np.ndarray:
    """(H, W, 2) float32: every pixel's own position, (x, y)."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    return np.stack([x, y], axis=-1)


class Texture:
    """An image that can be sampled between its pixels without bias.

    OpenCV's cubic kernel does not reproduce a ramp (a shift of 0.1 px comes out as 0.14), which
    would distort motion below a pixel. So the image is enlarged once by cubic B-splines, which do,
    and the enlarged image is sampled linearly.
    """

    def __init__(self, enlarged: np.ndarray, factor: int):
        self._enlarged = enlarged
        self._factor = np.float32(factor)

    @classmethod
    def of(cls, image: np.ndarray) -> "Texture":
        factor = 4 if max(image.shape[:2]) <= 256 else 2
        down, across = (_enlarging_matrix(n, factor) for n in image.shape[:2])
        if image.ndim == 2:
            return cls(down @ image @ across.T, factor)
        planes = [down @ plane @ across.T for plane in np.moveaxis(image, -1, 0)]
        return cls(np.stack(planes, axis=-1), factor)

    def at(self, points: np.ndarray) -> np.ndarray:
        """Samples at (H, W, 2) float32 points (x, y); mirrored at the borders."""
        return cv2.remap(
            self._enlarged,
            points * self._factor,
            None,
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REFLECT_101,
        )


@functools.cache
def _enlarging_matrix(length: int, factor: int) -> np.ndarray:
    """(factor (length - 1) + 1, length) float32: cubic B-spline interpolation at every 1/factor."""
    from scipy.interpolate import make_interp_spline

    positions = np.arange(factor * (length - 1) + 1) / factor
    matrix = make_interp_spline(np.arange(length), np.eye(length), k=3)(positions)
    return np.ascontiguousarray(matrix, dtype=np.float32)
