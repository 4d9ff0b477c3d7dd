"""Finds the folders of frames and the tables in a release, whatever its folders are called."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.datasets.report import listed
from mer_zoo.errors import DatasetError
from mer_zoo.files import expanded

# Enough for an unpacked archive in a folder of its own: release/HS/s1/micro/negative/s1_ne_01.
DEEPEST = 8

FolderKey = Callable[[tuple[str, ...]], tuple[str, ...] | None]


@dataclass(frozen=True)
class ReleaseTree:
    """The contents of a release's folder.

    Attributes:
        folders: frame folders by key.
        files: the files outside frame folders.
    """

    folders: Mapping[tuple[str, ...], Path]
    files: tuple[Path, ...]


def walk_release(root: str | Path, folder_key: FolderKey) -> ReleaseTree:
    """Walks a release's folder without entering the frame folders.

    Args:
        root: the release's folder.
        folder_key: given the names of a folder from `root` down, the key of the clip whose frames
            it holds, or None when it is not such a folder.

    Returns:
        The frame folders and the other files, both in the order of their names.

    Raises:
        DatasetError: `root` is no folder, or two folders hold frames of the same clip.
    """
    root = expanded(root)
    if not os.path.isdir(root):
        raise DatasetError(f"There is no folder {root}. Give the folder of the release.")
    folders: dict[tuple[str, ...], Path] = {}
    files = []
    for above, below, names in os.walk(root, followlinks=True):
        place = Path(above)
        parts = place.relative_to(root).parts
        below[:] = sorted(name for name in below if not name.startswith("."))
        if len(parts) >= DEEPEST:
            below.clear()
        files += [place / name for name in sorted(names) if not name.startswith((".", "~$"))]
        for name in list(below):
            key = folder_key((*parts, name))
            if key is None:
                continue
            below.remove(name)
            earlier = folders.setdefault(key, place / name)
            if earlier != place / name:
                raise DatasetError(
                    f"{root} holds the frames of {'/'.join(key)} twice: in {earlier} and in "
                    f"{place / name}. Give the folder of one of the two trees as root."
                )
    return ReleaseTree(folders, tuple(files))


def choose_table(
    tree: ReleaseTree, root: str | Path, pattern: re.Pattern[str], official: str
) -> Path:
    """The annotation table among a release's files.

    Args:
        tree: the release.
        root: its folder, for messages.
        pattern: compiled expression that the names of the table's known versions match.
        official: the official name of the table, for messages.

    Raises:
        DatasetError: there is none, or there are several.
    """
    sheets = [file for file in tree.files if file.suffix.lower() in (".xlsx", ".xls", ".csv")]
    saved_again = {file.with_suffix("") for file in sheets if file.suffix.lower() != ".xls"}
    sheets = [
        f for f in sheets if f.suffix.lower() != ".xls" or f.with_suffix("") not in saved_again
    ]
    named = [file for file in sheets if pattern.search(file.name)]
    candidates = named or sheets
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        raise DatasetError(
            f"{root} holds several tables: {listed(str(f.relative_to(root)) for f in candidates)}. "
            "Give one of them as table=."
        )
    raise DatasetError(
        f"There is no annotation table in {root}; expected {official}. Give its path as table=."
    )
