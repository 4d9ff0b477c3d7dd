"""Smoothing of values measured at any times."""

import numpy as np

from mer_zoo.errors import ClipError

REACH = 4.0  # standard deviations beyond which a Gaussian counts as zero
RIDGE = 1e-6  # keeps the fit defined where fewer than three samples are within reach


def smooth_in_time(values: np.ndarray, times: np.ndarray, sigma: float) -> np.ndarray:
    """Local quadratic regression with Gaussian weights.

    Unlike a moving average, it leaves constant speed and constant acceleration as they are, and
    it needs no special rule at the ends (Fan and Gijbels, "Local Polynomial Modelling and Its
    Applications", 1996, chapter 3).

    Args:
        values: (T, N) samples.
        times: (T,) seconds, strictly increasing.
        sigma: Standard deviation of the Gaussian in seconds.

    Returns:
        (T, N) float64 smoothed samples.
    """
    first = np.searchsorted(times, times - REACH * sigma)
    last = np.searchsorted(times, times + REACH * sigma, side="right")
    window = first[:, None] + np.arange((last - first).max())
    inside = window < last[:, None]
    window = np.minimum(window, len(times) - 1)
    steps = (times[window] - times[:, None]) / sigma
    weights = np.where(inside, np.exp(-0.5 * steps**2), 0.0)
    powers = steps[..., None] ** np.arange(3)  # (T, window, 3)
    weighted = weights[..., None] * powers
    moments = np.swapaxes(weighted, 1, 2) @ powers
    moments += RIDGE * np.diag([0.0, 1.0, 1.0])
    coefficients = np.linalg.solve(moments, np.swapaxes(weighted, 1, 2) @ values[window])
    return coefficients[:, 0]


def check_times(times: np.ndarray, frames: int) -> None:
    """Raises ClipError unless `times` holds one strictly increasing number a frame."""
    if times.shape != (frames,) or not (np.diff(times) > 0).all():
        raise ClipError(
            f"times must be {frames} strictly increasing seconds, one a frame; got the shape "
            f"{times.shape}."
        )
