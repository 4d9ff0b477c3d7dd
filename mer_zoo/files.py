"""Files: reading within a limit, atomic replacement, and refusal to overwrite."""

import os
import tempfile
from pathlib import Path

from mer_zoo.errors import MerZooError, OutputExistsError


def expanded(path: str | Path) -> Path:
    """The path with its `~` replaced by the home folder; a user who does not exist is left as it is."""
    return Path(os.path.expanduser(path))


def read_at_most(path: Path, most: int) -> bytes | None:
    """The content of a file, or None where it has more than `most` bytes; no more is held in memory.

    Raises:
        OSError: the file cannot be read.
    """
    with open(path, "rb") as file:
        content = file.read(most + 1)
    return None if len(content) > most else content


def read_or_refuse(path: Path, most: int, error: type[MerZooError], advice: str) -> bytes:
    """Returns the content of a file of at most `most` bytes.

    Args:
        path: the file.
        most: the limit in bytes; a multiple of 1,000,000.
        error: what to raise.
        advice: continues the message "PATH has more than N MB, ..." of a larger file.

    Raises:
        MerZooError: `error`, if the file cannot be read or is larger.
    """
    try:
        content = read_at_most(path, most)
    except OSError as cause:
        raise error(f"{path} cannot be read ({cause.strerror}).") from cause
    if content is None:
        raise error(f"{path} has more than {most // 10**6} MB, {advice}")
    return content


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


def refuse_overwrite(path: str | Path, force: bool = False) -> Path:
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
