"""Identities: photographs told apart by their bytes, and split into training and test."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.clips.folder import IMAGE_SUFFIXES


@dataclass(frozen=True)
class Identity:
    """One photograph, taken for one person.

    Attributes:
        path: the file.
        sha256: of its bytes.
        split: "train", "validation" or "test".
    """

    path: Path
    sha256: str
    split: str

    @property
    def name(self) -> str:
        """The first 16 digits of the hash."""
        return self.sha256[:16]


def find_identities(
    photos: str | Path | Iterable[str | Path], *, test_share: float, validation_share: float
) -> tuple[tuple[Identity, ...], list[str]]:
    """Hashes photographs and assigns each to a split.

    Args:
        photos: image files, or a folder of them (its sub-folders are not searched).
        test_share: share of the identities that is held out for the final score.
        validation_share: share that is held out for choices made during training.

    Returns:
        The identities, sorted by hash, and a line for each file that cannot be opened.
    """
    found: dict[str, Identity] = {}
    unreadable = []
    # Absolute, because clips are made in processes that may have been started in another folder.
    for file in (path.absolute() for path in _photo_files(photos)):
        try:
            sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        except OSError as error:
            unreadable.append(f"{file}: {error.strerror}")
            continue
        # The first 32 bits of the hash, as a share, are spread evenly over the photographs.
        place = int(sha256[:8], 16) / 2**32
        held_out = "validation" if place < test_share + validation_share else "train"
        split = "test" if place < test_share else held_out
        found.setdefault(sha256, Identity(file, sha256, split))
    return tuple(found[sha256] for sha256 in sorted(found)), unreadable


def _photo_files(photos: str | Path | Iterable[str | Path]) -> list[Path]:
    if isinstance(photos, str | Path) and Path(photos).is_dir():
        files = (f for f in Path(photos).iterdir() if not f.name.startswith("."))
        return sorted(f for f in files if f.suffix.lower() in IMAGE_SUFFIXES)
    return [Path(photos)] if isinstance(photos, str | Path) else [Path(p) for p in photos]
