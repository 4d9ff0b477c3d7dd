"""A zoo entry as an MLflow model: `mlflow.pyfunc.load_model` returns a model for raw clips."""

import importlib.metadata
import warnings
from pathlib import Path

from mer_zoo.tracking import machine, pyfunc

MODEL = "model"


def save_model(entry: Path, folder: Path) -> Path:
    """Writes MLflow's folder of a zoo entry.

    Args:
        entry: the zoo folder; it is copied.
        folder: to write; it must not exist.

    Returns:
        `folder`.
    """
    import mlflow.pyfunc
    from mlflow.models import ModelSignature
    from mlflow.types.schema import ParamSchema, ParamSpec

    phases = [ParamSpec(name, "long", pyfunc.UNKNOWN) for name in ("onset", "apex", "offset")]
    params = ParamSchema([ParamSpec("fps", "double", pyfunc.FPS), *phases])
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "(?s).*input example")  # a clip of a face is no example
        mlflow.pyfunc.save_model(
            str(folder),
            loader_module=pyfunc.__name__,
            data_path=str(entry),
            signature=ModelSignature(params=params),
            # Without the list MLflow starts a process that imports everything to find out.
            pip_requirements=_requirements(),
        )
    return folder


def _requirements():
    found = []
    for package in ("mer-zoo", "keras", "numpy", machine.backend()):
        try:
            found.append(f"{package}=={importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(package)
    return found
