"""Finds the header of a table among preambles, other sheets and irrelevant columns."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from mer_zoo.datasets.cells import cell_text
from mer_zoo.datasets.report import listed, shortened
from mer_zoo.datasets.sheets import Sheet
from mer_zoo.errors import DatasetError

HEADER_ROWS = 1000
"""Rows of a sheet among which its header is looked for."""


@dataclass(frozen=True)
class AnnotationTable:
    """The rows below a header.

    Attributes:
        sheet: where they come from.
        headers: each field's header as written.
        rows: (row number, {field: cell}).
    """

    sheet: Sheet
    headers: Mapping[str, str]
    rows: tuple[tuple[int, Mapping], ...]


def find_table(
    sheets: Sequence[Sheet], fields: Mapping[str, Sequence[str]], preferred: str | None = None
) -> AnnotationTable:
    """Looks in every sheet for a row that names all fields, and takes the rows below it.

    Only the first `HEADER_ROWS` rows of a sheet that are not blank can be a header.

    Headers match whatever their case, spaces, underscores and punctuation.

    Args:
        sheets: the sheets of one file.
        fields: for each field its possible headers, the official one first.
        preferred: the official name of the sheet, used if several sheets qualify.

    Returns:
        The table, without rows in which all fields are empty and without repeated headers.

    Raises:
        DatasetError: no sheet has all fields, several have and none has the official name, or a
            field has two columns.
    """
    found = [(sheet, row) for sheet in sheets if (row := _header_row(sheet, fields)) is not None]
    if not found:
        raise _missing_fields(sheets, fields)
    if len(found) > 1:
        named = [pair for pair in found if plain(pair[0].name) == plain(preferred or "")]
        if len(named) != 1:
            raise DatasetError(
                f"{found[0][0].file} has several sheets with the expected columns: "
                f"{listed(repr(sheet.name) for sheet, _ in found)}. Keep one of them, or name it "
                f"{preferred or 'differently and remove the others'}."
            )
        found = named
    sheet, header_row = found[0]
    cells = next(cells for number, cells in sheet.rows if number == header_row)
    columns = {field: _column(sheet, cells, field, names) for field, names in fields.items()}
    rows = []
    for number, content in sheet.rows:
        if number > header_row:
            values = {f: content[c] if c < len(content) else None for f, c in columns.items()}
            repeated = all(plain(values[f]) == plain(cells[c]) for f, c in columns.items())
            if not repeated and any(cell_text(value) for value in values.values()):
                rows.append((number, values))
    return AnnotationTable(
        sheet, {f: str(cells[c]).strip() for f, c in columns.items()}, tuple(rows)
    )


def plain(header: Any) -> str:
    """A header with only its letters and digits, in one case: "Onset_Frame " -> "onsetframe"."""
    text = unicodedata.normalize("NFKC", "" if header is None else str(header))
    return re.sub(r"[\W_]+", "", text).casefold()


def _header_row(sheet: Sheet, fields: Mapping[str, Sequence[str]]) -> int | None:
    for number, cells in sheet.rows[:HEADER_ROWS]:
        names = {plain(cell) for cell in cells}
        if all(names & set(map(plain, accepted)) for accepted in fields.values()):
            return number
    return None


def _column(sheet: Sheet, cells: tuple, field: str, accepted: Sequence[str]) -> int:
    for name in accepted:
        columns = [i for i, cell in enumerate(cells) if plain(cell) == plain(name)]
        if len(columns) > 1:
            raise DatasetError(
                f"{sheet.title} has {len(columns)} columns {name!r} ({field}); expected one. "
                "Remove or rename the others."
            )
        if columns:
            return columns[0]
    raise AssertionError(field)  # _header_row has seen it


def _missing_fields(sheets: Sequence[Sheet], fields: Mapping) -> DatasetError:
    """Says which columns the best row of all sheets lacks."""

    def lacking(cells) -> list[str]:
        names = {plain(cell) for cell in cells}
        return [a[0] for a in fields.values() if not names & set(map(plain, a))]

    candidates = [
        (len(lacking(cells)), sheet, n, cells)
        for sheet in sheets
        for n, cells in sheet.rows[:HEADER_ROWS]
    ]
    fewest, sheet, number, cells = min(candidates, key=lambda item: item[0])
    if fewest == len(fields):
        return DatasetError(
            f"{sheet.file} has no row with the columns {listed(a[0] for a in fields.values())}. "
            "Is it the annotation table?"
        )
    missing = lacking(cells)
    present = [shortened(str(cell).strip()) for cell in cells if plain(cell)]
    close = [c for name in missing for c in get_close_matches(name, present, n=1, cutoff=0.7)]
    return DatasetError(
        f"{sheet.file}, {sheet.place(number)} looks like the header but has no column "
        f"{listed(map(repr, missing))}; it has {listed(present)}. "
        + (f"Rename {listed(map(repr, close))}." if close else "Add or rename the missing columns.")
    )
