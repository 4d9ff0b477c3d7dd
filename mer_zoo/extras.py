"""Packages that only some features need, installed as extras: `pip install 'mer-zoo[hub]'`."""

import importlib.util

from mer_zoo.errors import MissingPackageError


def require_extra(extra: str, module: str, what: str) -> None:
    """Checks that an optional package is there, without importing it.

    Args:
        extra: name of the extra that installs it.
        module: name it is imported by.
        what: the feature that needs it, the beginning of the message.

    Raises:
        MissingPackageError: it is not installed.
    """
    if importlib.util.find_spec(module) is None:
        raise MissingPackageError(
            f"{what} needs the package {module}, which is not installed. Install it: "
            f"pip install 'mer-zoo[{extra}]'."
        )
