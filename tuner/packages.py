"""The packages a search needs beyond those of the model zoo."""

import importlib.util

from mer_zoo.errors import MissingPackageError

PACKAGES = {"keras_tuner": "keras-tuner", "mlflow": "mlflow", "sklearn": "scikit-learn"}


def require_packages() -> None:
    """Raises MissingPackageError when one of them is not installed."""
    missing = [
        package for module, package in PACKAGES.items() if not importlib.util.find_spec(module)
    ]
    if missing:
        raise MissingPackageError(
            f"A search needs {', '.join(missing)}, which is not installed. Install it: "
            "pip install 'mer-zoo[tune]'."
        )
