"""Spreadsheets as rows of cells: xlsx and csv, whatever their encoding and separator."""

import csv
import io
import os
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from mer_zoo.datasets.workbooks import MOST_BYTES, read_workbook
from mer_zoo.errors import DatasetError
from mer_zoo.files import expanded, read_or_refuse

MOST_ROWS = 100_000
MOST_COLUMNS = 16_384  # as many as a spreadsheet program has
TABLE_SUFFIXES = (".xlsx", ".xlsm", ".csv", ".tsv", ".txt")


@dataclass(frozen=True)
class Sheet:
    """One sheet.

    Attributes:
        file: the file's name.
        name: the sheet's name; "" for a csv file.
        rows: (row number as a spreadsheet program shows it, cells). A cell is None, text, a number
            or whatever else the file holds; a formula that has no stored value and is no simple sum
            stays text that begins with "=".
    """

    file: str
    name: str
    rows: tuple[tuple[int, tuple], ...]

    def place(self, row: int) -> str:
        """A row in words."""
        return f"row {row} of sheet {self.name!r}" if self.name else f"line {row} of {self.file}"

    @property
    def title(self) -> str:
        return f"sheet {self.name!r} of {self.file}" if self.name else self.file


def read_sheets(path: str | Path) -> tuple[Sheet, ...]:
    """Reads every sheet of a file that is not empty.

    Args:
        path: `.xlsx`, or `.csv` separated by comma, semicolon or tab, as UTF-8, UTF-16, GB 18030
            or Windows-1252. Cells merged downwards are filled with their value.

    Returns:
        The sheets in their order.

    Raises:
        DatasetError: the file is missing, is of another kind, cannot be decoded or has no cells.
    """
    path = expanded(path)
    if not os.path.isfile(path):
        raise DatasetError(f"There is no annotation table {path}. Check the path.")
    if path.suffix.lower() == ".xls":
        raise DatasetError(f"{path} is in the old Excel format. Save it again as .xlsx or .csv.")
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise DatasetError(f"{path} is not an annotation table; expected an .xlsx or .csv file.")
    reader = _read_xlsx if path.suffix.lower() in (".xlsx", ".xlsm") else _read_csv
    advice = "so it is hardly an annotation table. Check the path."
    content = read_or_refuse(path, MOST_BYTES, DatasetError, advice)
    sheets = tuple(sheet for sheet in reader(path, content) if sheet.rows)
    for sheet in sheets:
        columns = max(len(cells) for _, cells in sheet.rows)
        if len(sheet.rows) > MOST_ROWS or columns > MOST_COLUMNS:
            raise DatasetError(
                f"{path} has {len(sheet.rows):,} rows and {columns:,} columns; expected at most "
                f"{MOST_ROWS:,} and {MOST_COLUMNS:,}. Is it the annotation table?"
            )
    if not sheets:
        raise DatasetError(f"{path} holds no cells. Copy the original file again.")
    return sheets


def _read_xlsx(path: Path, content: bytes) -> list[Sheet]:
    sheets = []
    for name, rows in read_workbook(path, content):
        filled = [(n, tuple(row)) for n, row in enumerate(rows, 1) if not _blank(row)]
        sheets.append(Sheet(path.name, name, tuple(filled)))
    return sheets


def _read_csv(path: Path, content: bytes) -> list[Sheet]:
    text = _decode(path, content)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        return []
    mark = max(",;\t", key=lambda m: median(line.count(m) for line in lines))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark)
    rows, line = [], 1
    try:
        for cells in reader:
            if not _blank(cells):
                rows.append((line, tuple(cells)))
            line = reader.line_num + 1
    except csv.Error as error:
        raise DatasetError(f"{path}, line {line}: {error}. Save the table again as csv.") from error
    return [Sheet(path.name, "", tuple(rows))]


def _decode(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif data.startswith(b"\xef\xbb\xbf"):
        encodings = ["utf-8-sig"]
    elif b"\0" in data:
        encodings = ["utf-16-le" if data[1:2] == b"\0" else "utf-16-be"]
    else:
        # Chinese text comes in pairs of high bytes, accented letters of cp1252 mostly alone.
        paired = all(len(run) % 2 == 0 for run in re.findall(rb"[\x80-\xff]+", data))
        encodings = ["utf-8", "gb18030", "cp1252"] if paired else ["utf-8", "cp1252"]
    for encoding in encodings:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise DatasetError(
        f"{path} is text in an unknown encoding (tried {', '.join(encodings)}). Save it again as "
        "'CSV UTF-8'."
    )


def _blank(cells) -> bool:
    return all(cell is None or (isinstance(cell, str) and not cell.strip()) for cell in cells)
