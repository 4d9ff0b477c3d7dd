"""Reading the metadata back from an exported file."""

import json
from importlib import import_module
from pathlib import Path

from mer_zoo.errors import ExportError
from mer_zoo.exporting.formats import Format, format_of
from mer_zoo.extras import require_extra


def read_metadata(path: str | Path) -> dict:
    """Reads what `mer_zoo.export` put in a file: class names, preprocessing, licence, limits, ...

    Imports no backend.

    Args:
        path: an exported file, or the folder of a SavedModel.

    Returns:
        The dictionary that `docs/export.md` explains.

    Raises:
        ExportError: there is no such file, it is damaged, or mer_zoo did not write it.
        MissingPackageError: the package that reads the format is not installed.
    """
    path = Path(path)
    if not path.exists():
        raise ExportError(f"{path} does not exist. `mer-zoo export` writes such files.")
    known = format_of(path)
    for package in known.packages[:1]:
        require_extra(known.extra, package, f"Reading {known.title}")
    try:
        text = module_of(known).read_metadata(path)
    except Exception as error:  # every format has errors of its own for damaged files
        raise ExportError(
            f"{path} cannot be read as {known.title} ({type(error).__name__}: {error}). "
            "Export it again."
        ) from error
    if text is None:
        raise ExportError(
            f"{path} holds no metadata of mer_zoo. Only files made by `mer-zoo export` do."
        )
    return json.loads(text)


def module_of(known: Format):
    """The module that writes, runs and reads a format."""
    return import_module(f"mer_zoo.exporting.{known.name}")
