"""What the parameters of layers and images may be: the layers and their NumPy twins refuse alike."""

import numbers

from mer_zoo.errors import ParameterError, UnknownNameError
from mer_zoo.layers.constants import (
    APEX_RANK_BALANCES,
    APEX_RANK_READINGS,
    DYNAMIC_IMAGE_VARIANTS,
    REFERENCE_WIDTH,
    RIGID_MOTIONS,
)

# The displacement is solved in float32. Below this range the matrix of a straight, slanted edge is
# singular to rounding, and so is that of a picture without contrast: the image would hold NaN.
REGULARIZATION = (0.01, 1e6)
SIGMA = (0.0, float(REFERENCE_WIDTH))  # 0 smooths nothing; no window is wider than the crop
CHOICES = {
    "balance": ("apex rank pooling balance", APEX_RANK_BALANCES),
    "reading": ("apex rank pooling reading", APEX_RANK_READINGS),
    "remove_rigid": ("motion to remove", RIGID_MOTIONS),
    "variant": ("dynamic image variant", DYNAMIC_IMAGE_VARIANTS),
}
"""Name of a parameter -> what an error calls it, and its possible values."""


class Configured:
    """Mixin of layers: parameters that are checked, public attributes and part of the configuration."""

    def keep(self, **parameters) -> None:
        """Checks the parameters that are in `CHECKED` and makes all of them attributes.

        Raises:
            UnknownNameError, ParameterError: a parameter cannot have this value.
        """
        check_parameters(**{n: value for n, value in parameters.items() if n in CHECKED})
        self._kept = tuple(parameters)
        for name, value in parameters.items():
            setattr(self, name, value)

    def get_config(self):
        kept = {name: getattr(self, name) for name in self._kept}
        return {**super().get_config(), **kept}  # type: ignore[misc]  # of keras.Layer


def check_parameters(**values) -> None:
    """Raises an error that names the parameter, unless each value is one it can have.

    Args:
        values: the parameters by name, any of `CHECKED`.

    Raises:
        UnknownNameError: a value is not among those in `CHOICES`.
        ParameterError: another value is out of its range. It is a ValueError.
    """
    for name, value in values.items():
        CHECKED[name](name, value)


def _check_choice(name: str, value) -> None:
    what, known = CHOICES[name]
    if value not in known:
        raise UnknownNameError.among(what, value, known)


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
    **dict.fromkeys(CHOICES, _check_choice),
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
