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

RIGID_MOTIONS = ("head", "median", "none")
"""What MESTI and flow can take for the motion of the head, and remove."""

APEX_RANK_READINGS = ("mirrored", "closeness")
"""What "apex-centred rank pooling" can mean."""

APEX_RANK_BALANCES = ("equal", "length")
"""How the halves before and after the apex share the image of the first reading."""

DYNAMIC_IMAGE_VARIANTS = ("bilen", "learnet")
"""Whose weights of a dynamic image are computed."""

RIGID_CELLS = 14
"""The motion of a head is fitted to cells, about this many along the shorter side."""

RIGID_ROUNDS = 5
"""How often it is fitted, each time with the weights the fit before has left."""

RIGID_TOLERANCE = 0.25
"""A cell that moves by this beyond the head has half the say, in px at a width of 112."""

RIGID_REACH = 0.4
"""Standard deviation of the weight of cells about the centre of the crop, in sides: a background that
stays while the head moves lies in the corners."""

FACE_DEPTH = (
    (-0.03, -0.02, 0.01, 0.07, 0.17, 0.25, 0.29),
    (-0.05, -0.05, -0.01, 0.12, 0.29, 0.41, 0.46),
    (-0.10, -0.13, -0.10, 0.14, 0.36, 0.46, 0.51),
    (-0.17, -0.27, -0.16, 0.21, 0.39, 0.48, 0.52),
    (-0.26, -0.41, -0.21, 0.13, 0.24, 0.30, 0.44),
    (-0.31, -0.46, -0.28, -0.01, 0.11, 0.18, 0.43),
    (-0.33, -0.47, -0.29, 0.02, 0.15, 0.31, 0.61),
    (-0.33, -0.48, -0.30, 0.07, 0.22, 0.46, 0.76),
    (-0.31, -0.48, -0.34, 0.03, 0.18, 0.38, 0.61),
    (-0.27, -0.45, -0.44, -0.12, 0.06, 0.26, 0.40),
    (-0.20, -0.38, -0.51, -0.30, -0.07, 0.14, 0.28),
    (-0.13, -0.26, -0.42, -0.43, -0.16, 0.07, 0.20),
    (-0.07, -0.15, -0.26, -0.34, -0.25, -0.01, 0.12),
    (-0.04, -0.08, -0.14, -0.19, -0.20, -0.09, 0.01),
)
"""Mean depth of faces over the left half of the canonical crop, towards the viewer; the right half mirrors
it. Mean 0, standard deviation 0.3 as x and y have. `benchmarks/mean_depth.py` printed it."""


@functools.lru_cache(maxsize=16)
def gaussian_kernel(sigma: float) -> np.ndarray:
    """Returns a Gaussian of radius `ceil(3 sigma)` that sums to 1, float64 `(2 radius + 1,)`.

    It is made once, and not to be changed: an image needs four, which take as long as smoothing a plane.
    """
    radius = math.ceil(3 * sigma) if sigma > 0 else 0
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2) if radius else np.ones(1)
    kernel /= kernel.sum()
    kernel.flags.writeable = False
    return kernel


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
    """Returns the side in px of grid of the cells a head's motion is fitted to.

    It is the largest divisor of both sides that leaves `RIGID_CELLS` along the shorter one, for the
    reason given at `window_stride`.
    """
    largest = max(1, min(height, width) // RIGID_CELLS)
    return next(s for s in range(largest, 0, -1) if height % s == 0 and width % s == 0)


@functools.lru_cache(maxsize=8)
def places(height: int, width: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns where the pixels of a face crop lie, x, y and z, each float32 `(H, W)`, not to be changed.

    x and y are those of the pixel centres from the centre of the image, in widths; z is `FACE_DEPTH`.
    """
    y, x = np.mgrid[:height, :width].astype(np.float32) + np.float32(0.5)
    x, y = (x - width / 2) / np.float32(width), (y - height / 2) / np.float32(width)
    left = np.array(FACE_DEPTH)
    z = np.concatenate([left, left[:, ::-1]], axis=1)
    for axis, size in enumerate((height, width)):
        at = (np.arange(size) + 0.5) * RIGID_CELLS / size - 0.5
        z = np.apply_along_axis(lambda line: np.interp(at, np.arange(RIGID_CELLS), line), axis, z)  # noqa: B023
    planes = x, y, z.astype(np.float32)
    for plane in planes:
        plane.flags.writeable = False
    return planes


def face_weights(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Returns how much cells at these places count for the motion of the head, 0..1."""
    return np.exp(-0.5 * (x**2 + y**2) / RIGID_REACH**2).astype(np.float32)
