"""Numbers and kernels that the MESTI layer and its NumPy twin share, so that they cannot drift apart."""

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
