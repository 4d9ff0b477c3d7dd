"""Numbers and kernels that the MESTI layer and its NumPy twin share, so that they cannot drift apart."""

import functools
import math

import numpy as np

GREY_WEIGHTS = (0.299, 0.587, 0.114)
"""ITU-R BT.601 luma weights of red, green and blue."""

REFERENCE_WIDTH = 112
"""Width in px of the crop on which window sizes are stated."""

SCALE_PERCENTILE = 0.99
"""Signed images are divided by this quantile of their absolute value."""

SCALE_LIMIT = 2.0
"""Scaled images are clipped to -2..2."""

# Below these scales there is nothing but rounding error, and dividing by it would show a picture of
# noise where nothing moves. Eight-bit frames of an ordinary clip carry more noise than this.
RESPONSE_FLOOR = 0.25
"""Smallest scale of a difference of grey levels, in grey levels."""

DISPLACEMENT_FLOOR = 0.02
"""Smallest scale of a displacement, in px of the window grid."""

STRAIN_FLOOR = 0.002
"""Smallest scale of an optical strain, in px per px."""

DETREND_FLOOR = 1e-4
"""Smallest share of the profile's variance that must be left once a linear drift is taken out."""

RIGID_MOTIONS = ("similarity", "median", "none")
"""What MESTI and flow can take for the motion of the head, and remove."""

RIGID_CELLS = 14
"""The similarity of a moving head is fitted to cells, about this many along the shorter side."""

RIGID_ROUNDS = 5
"""How often it is fitted, each time with the weights the fit before has left."""

RIGID_TOLERANCE = 0.25
"""A cell that moves by this beyond the head has half the say, in px at a width of 112."""

RIGID_REACH = 0.4
"""Standard deviation of the weight of cells about the centre of the crop, in sides: a background that
stays while the head moves lies in the corners."""


def gaussian_kernel(sigma: float) -> np.ndarray:
    """Returns a Gaussian of radius `ceil(3 sigma)` that sums to 1, float64 `(2 radius + 1,)`."""
    if sigma <= 0:
        return np.ones(1)
    radius = math.ceil(3 * sigma)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    return kernel / kernel.sum()


def window_stride(height: int, width: int) -> int:
    """Returns the side in px of the blocks that make up the window grid of an image.

    It is the largest divisor of both sides up to `width // 112`. Only a divisor keeps the grid
    symmetric, so that a mirrored clip gives the mirrored image.
    """
    largest = max(1, width // REFERENCE_WIDTH)
    return next(s for s in range(largest, 0, -1) if height % s == 0 and width % s == 0)


def window_kernel(window_sigma: float, width: int, stride: int) -> np.ndarray:
    """Returns the Gaussian window on the grid; `window_sigma` is in px at a width of 112."""
    return gaussian_kernel(window_sigma * width / (REFERENCE_WIDTH * stride))


def percentile_rank(count: int) -> int:
    """Returns where the 99th percentile lies among `count` sorted values (nearest rank, from 0)."""
    return math.ceil(SCALE_PERCENTILE * count) - 1


def rigid_cell(height: int, width: int) -> int:
    """Returns the side in px of grid of the cells a similarity is fitted to.

    It is the largest divisor of both sides that leaves `RIGID_CELLS` along the shorter one, for the
    reason given at `window_stride`.
    """
    largest = max(1, min(height, width) // RIGID_CELLS)
    return next(s for s in range(largest, 0, -1) if height % s == 0 and width % s == 0)


@functools.lru_cache(maxsize=8)
def places(height: int, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Returns x and y of the pixel centres from the centre of the image, in widths, float32 `(H, W)`."""
    y, x = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    x, y = (x - width / 2) / np.float32(width), (y - height / 2) / np.float32(width)
    x.flags.writeable = y.flags.writeable = False
    return x, y


def face_weights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns how much cells at these places count for the motion of the head, 0..1."""
    return np.exp(-0.5 * (x**2 + y**2) / RIGID_REACH**2).astype(np.float32)
