"""Writing files without losing what the user had: atomic replacement, and refusal to overwrite."""

import os
import tempfile
from pathlib import Path

from mer_zoo.errors import OutputExistsError


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a reader sees the old content or the new, never a part of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def refuse_overwrite(path: Path, force: bool = False) -> Path:
    """Returns `path` when it may be written.

    Raises:
        OutputExistsError: there is something at `path` and `force` is false.
    """
    path = Path(path)
    if path.exists() and not force:
        raise OutputExistsError(
            f"{path} exists already and would be overwritten. Choose another name, or say "
            "force=True (--force on the command line)."
        )
    return path
