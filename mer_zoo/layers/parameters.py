"""What the parameters of layers and images may be: the layers and their NumPy twins refuse alike."""

import numbers

from mer_zoo.errors import ParameterError
from mer_zoo.layers.constants import REFERENCE_WIDTH

# The displacement is solved in float32. Below this range the matrix of a straight, slanted edge is
# singular to rounding, and so is that of a picture without contrast: the image would hold NaN.
REGULARIZATION = (0.01, 1e6)
SIGMA = (0.0, float(REFERENCE_WIDTH))  # 0 smooths nothing; no window is wider than the crop


def check_parameters(**values) -> None:
    """Raises ParameterError, naming the parameter, unless each value is one it can have.

    Args:
        values: the parameters by name, any of `CHECKED`.
    """
    for name, value in values.items():
        CHECKED[name](name, value)


def _check_flag(name: str, value) -> None:
    if value not in (True, False):
        raise ParameterError(f"{name}={value!r} must be True or False.")


def _check_number(name: str, value, least: float, most: float) -> None:
    # Written so that NaN, which compares with nothing, is refused too.
    is_number = isinstance(value, numbers.Real) and not isinstance(value, bool)
    if not (is_number and least <= value <= most):
        raise ParameterError(f"{name}={value!r} must be a number from {least:g} to {most:g}.")


def _check_sigma(name: str, value) -> None:
    _check_number(name, value, *SIGMA)


def _check_regularization(name: str, value) -> None:
    _check_number(name, value, *REGULARIZATION)


def _check_count(name: str, value) -> None:
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < 1:
        raise ParameterError(f"{name}={value!r} must be a whole number of 1 or more.")


def _check_size(name: str, value) -> None:
    if value is not None:
        _check_count(name, value)


CHECKED = {
    "detrend": _check_flag,
    "learnable": _check_flag,
    "normalize": _check_flag,
    "per_channel": _check_flag,
    "standardize": _check_flag,
    "reference_sigma": _check_sigma,
    "window_sigma": _check_sigma,
    "regularization": _check_regularization,
    "size": _check_size,
    "reduction": _check_count,
    "kernel_size": _check_count,
}
"""Name of a parameter -> what refuses a value it cannot have."""
