"""Reads annotations from a table, for every dataset that has one."""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mer_zoo.clips.validation import PHASES
from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.cells import cell_frame, cell_name, cell_text
from mer_zoo.datasets.frame_folders import FolderKey, choose_table, walk_release
from mer_zoo.datasets.headers import AnnotationTable, find_table
from mer_zoo.datasets.report import Remark, listed, shortened
from mer_zoo.datasets.sheets import read_sheets
from mer_zoo.errors import DatasetError, shown
from mer_zoo.files import expanded

# Headers of all known tables and of the csv copies that circulate: a reader takes any of them.
HEADERS: Mapping[str, tuple[str, ...]] = {
    "subject": ("Subject", "sub_ID"),
    "clip": ("Filename", "fold_name"),
    "onset": ("OnsetFrame", "Onset", "OnsetF"),
    "apex": ("ApexFrame", "Apex", "ApexF"),
    "offset": ("OffsetFrame", "Offset", "OffsetF"),
    "aus": ("Action Units", "AUs", "AU"),
    "emotion": ("Estimated Emotion", "Emotion"),
}


@dataclass(frozen=True)
class ClipIdentity:
    """The identity of a row: canonical subject and clip names, and the key of its folder."""

    subject: str
    clip: str
    folder: tuple[str, ...]


@dataclass(frozen=True)
class TableReader:
    """How to read the table and the folder tree of one dataset.

    Attributes:
        name: the dataset: "casme2".
        fps: frames per second.
        emotions: the categories in their fixed order, lower case.
        official: the official name of the table.
        headers: the required columns: field -> header in the official table.
        pattern: matches the names of the table's versions.
        identify: ({field: cell}) -> ClipIdentity; raises ValueError saying what was expected.
        folder_key: see `walk_release`.
        version: (annotations) -> the table's version.
        sheet: the official name of the sheet.
        spellings: other spellings of categories.
        category: (text) -> category, for tables that need more than `spellings`.
        trimmed: whether the folders hold onset..offset only.
        remarks: (annotations) -> remarks on the table as a whole.
    """

    name: str
    fps: float
    emotions: tuple[str, ...]
    official: str
    headers: Mapping[str, str]
    pattern: re.Pattern
    identify: Callable[[Mapping], ClipIdentity]
    folder_key: FolderKey
    version: Callable[[Sequence[Annotation]], str]
    sheet: str | None = None
    spellings: Mapping[str, str] = field(default_factory=dict)
    category: Callable[[str], str] | None = None
    trimmed: bool = True
    remarks: Callable[[Sequence[Annotation]], Sequence[Remark]] = lambda annotations: ()

    def read(self, root: str | Path | None, table: str | Path | None) -> Release:
        """Reads the table, and finds the folders of frames when `root` is given.

        Raises:
            DatasetError: the table or the tree cannot be used.
        """
        tree = None if root is None else walk_release(root, self.folder_key)
        if table is None:
            if root is None or tree is None:
                raise DatasetError(
                    f"Give root, the folder of the release of {self.name}, or table."
                )
            table = choose_table(tree, expanded(root), self.pattern, self.official)
        annotations, remarks = self._annotations(expanded(table))
        return Release(
            name=self.name,
            source=Path(table).name,
            annotations=tuple(annotations),
            emotions=self.emotions,
            version=self.version(annotations),
            rows_read=len(annotations) + len(remarks),
            remarks=(*remarks, *self.remarks(annotations)),
            folders=None if tree is None else tree.folders,
            trimmed=self.trimmed,
            fps=self.fps,
        )

    def _annotations(self, path: Path) -> tuple[list[Annotation], list[Remark]]:
        fields = {name: (own, *HEADERS[name]) for name, own in self.headers.items()}
        table = find_table(read_sheets(path), fields, self.sheet)
        annotations, remarks, faults = [], [], []
        for number, cells in table.rows:
            if remark := trailing_text(table, number, cells):
                remarks.append(remark)
                continue
            annotation, wrong = self._annotation(table, number, cells)
            faults += [f"{table.sheet.place(number)}: {shortened(text)}" for text in wrong]
            if annotation:
                annotations.append(annotation)
        check_rows(path, table, len(annotations), faults)
        return annotations, remarks

    def _annotation(
        self, table: AnnotationTable, number: int, cells: Mapping
    ) -> tuple[Annotation | None, list[str]]:
        wrong = []

        def read(name: str, reader):
            try:
                return reader(cells[name])
            except ValueError as error:
                written = shown(cell_text(cells[name]))
                wrong.append(f"{table.headers[name]} is {written}, expected {error}")

        names = [name for name in PHASES if name in self.headers]
        phases = {name: read(name, cell_frame) for name in names}
        emotion = cell_text(cells["emotion"])
        category = self.canonical(emotion)
        if not emotion:
            wrong.append(f"{table.headers['emotion']} is empty, expected an emotion")
        identity = None
        try:
            identity = self.identify(cells)
        except ValueError as error:
            wrong.append(str(error))
        if wrong or identity is None:
            return None, wrong
        about: dict[str, Any] = {
            **phases,
            "where": table.sheet.place(number),
            "fps": self.fps,
            "folder": identity.folder,
            "aus": cell_text(cells.get("aus")),
        }
        named = self.name, identity.subject, identity.clip
        return Annotation(*named, emotion, category, **about), []

    def canonical(self, emotion: str) -> str:
        """The category of an emotion as written; unknown ones are returned in lower case."""
        text = unicodedata.normalize("NFKC", emotion).strip().casefold()
        return self.category(text) if self.category else self.spellings.get(text, text)


def official_headers(row: str) -> dict[str, str]:
    """{field: header} of a table with every field; `row` is "Subject, Filename, ..." as in `HEADERS`."""
    return dict(zip(HEADERS, row.split(", "), strict=True))


def name_of(cells: Mapping, field_name: str, what: str) -> str:
    """The name in a cell; ValueError says which cell is empty."""
    try:
        return cell_name(cells[field_name])
    except ValueError:
        raise ValueError(f"{what} is empty, expected {what.lower()} of the clip") from None


def subject_number(cells: Mapping, prefix: str = "") -> int:
    """The number of a subject: 1, "01", "sub01" with prefix "sub"; ValueError otherwise."""
    text = name_of(cells, "subject", "Subject")
    match = re.fullmatch(rf"(?:{prefix})?0*(\d{{1,4}})", text, re.IGNORECASE)
    if match is None:
        example = f"1, 01 or {prefix}01" if prefix else "6 or 006"
        raise ValueError(f"Subject is {text!r}, expected a number such as {example}")
    return int(match[1])


def version_by_counts(known: Mapping[str, Mapping[str, int]]):
    """Returns a function that recognises a table's version by its number of clips per category.

    Args:
        known: version -> {category: rows}.
    """

    def version(annotations: Sequence[Annotation]) -> str:
        counts: dict[str, int] = {}
        seen = {(a.id, a.category) for a in annotations}
        for _, category in seen:
            counts[category] = counts.get(category, 0) + 1
        return next((name for name, official in known.items() if official == counts), "unknown")

    return version


def check_rows(path: Path, table: AnnotationTable, usable: int, faults: Sequence[str]) -> None:
    """Checks what was read of a table.

    Args:
        path: the file, for messages.
        table: of the file.
        usable: rows that were read without a fault.
        faults: one text a cell that cannot be used.

    Raises:
        DatasetError: there are faults, of which ten are named, or no rows.
    """
    if faults:
        more = [f"and {len(faults) - 10} more"] * (len(faults) > 10)
        raise DatasetError(
            f"{path}: {len(faults)} cells cannot be used. Correct them.\n  "
            + "\n  ".join([*faults[:10], *more])
        )
    if not usable:
        raise DatasetError(f"{path}: {table.sheet.title} has a header but no rows below it.")


def trailing_text(table: AnnotationTable, number: int, cells: Mapping) -> Remark | None:
    """A remark when the row is a comment: text in one cell, no clip, no frame, no emotion."""
    filled = {name: cell_text(cell) for name, cell in cells.items() if cell_text(cell)}
    if len(filled) != 1 or set(filled) & {*PHASES, "emotion", "clip"}:
        return None
    text = listed(filled.values())
    return Remark("note", "", f"{table.sheet.place(number)}: {text!r}", "text below the table")
