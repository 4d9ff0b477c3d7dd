"""Spreadsheets as rows of cells: xlsx and csv, whatever their encoding and separator."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from zipfile import BadZipFile

from mer_zoo.errors import DatasetError

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


def read_sheets(path) -> tuple[Sheet, ...]:
    """Reads every sheet of a file that is not empty.

    Args:
        path: `.xlsx`, or `.csv` separated by comma, semicolon or tab, as UTF-8, UTF-16, GB 18030
            or Windows-1252. Cells merged downwards are filled with their value.

    Returns:
        The sheets in their order.

    Raises:
        DatasetError: the file is missing, of another kind, cannot be decoded or holds no cell.
    """
    path = Path(path).expanduser()
    if not path.is_file():
        raise DatasetError(f"There is no annotation table {path}. Check the path.")
    if path.suffix.lower() == ".xls":
        raise DatasetError(f"{path} is in the old Excel format. Save it again as .xlsx or .csv.")
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise DatasetError(f"{path} is not an annotation table; expected an .xlsx or .csv file.")
    reader = _read_xlsx if path.suffix.lower() in (".xlsx", ".xlsm") else _read_csv
    sheets = tuple(sheet for sheet in reader(path) if sheet.rows)
    if not sheets:
        raise DatasetError(f"{path} holds no cells. Copy it again from where it came from.")
    return sheets


def _read_xlsx(path: Path) -> list[Sheet]:
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = openpyxl.load_workbook(path)
        values = None  # read a second time only when there are formulas
        sheets = []
        for sheet in book.worksheets:
            rows = [list(row) for row in sheet.iter_rows(values_only=True)]
            formulas = [
                (cell.row, cell.column)
                for row in sheet.iter_rows()
                for cell in row
                if cell.data_type == "f"
            ]
            if formulas:
                values = values or openpyxl.load_workbook(path, data_only=True)
                for row, column in formulas:
                    stored = values[sheet.title].cell(row, column).value
                    text = str(rows[row - 1][column - 1])
                    rows[row - 1][column - 1] = text if stored is None else stored
                _add_up(rows, formulas)
            for area in sheet.merged_cells.ranges:
                for row in range(area.min_row + 1, area.max_row + 1):
                    rows[row - 1][area.min_col - 1] = rows[area.min_row - 1][area.min_col - 1]
            filled = [(n, tuple(row)) for n, row in enumerate(rows, 1) if not _blank(row)]
            sheets.append(Sheet(path.name, sheet.title, tuple(filled)))
        return sheets
    except (BadZipFile, InvalidFileException, KeyError, OSError, ValueError) as error:
        raise DatasetError(
            f"{path} cannot be read as an .xlsx file ({error}). Open it in a spreadsheet program "
            "and save it again as .xlsx or .csv."
        ) from error


def _add_up(rows: list[list], formulas: list[tuple[int, int]]) -> None:
    # A table written by a program stores no values of its formulas; those that only add and
    # subtract cells and numbers (duration, offset) are computed here, the others stay text.
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

    def value(term: str):
        if term.isdigit():
            return int(term)
        letters, row = coordinate_from_string(term.replace("$", ""))
        try:
            cell = rows[row - 1][column_index_from_string(letters) - 1]
        except IndexError:
            cell = None
        return cell if isinstance(cell, int | float) else None

    for row, column in formulas:
        text = rows[row - 1][column - 1]
        if not isinstance(text, str):
            continue
        terms = re.findall(r"([+-]?)(\$?[A-Z]{1,3}\$?\d+|\d+)", text.removeprefix("="))
        if "".join(sign + term for sign, term in terms) != text.removeprefix("="):
            continue
        numbers = [(sign, value(term)) for sign, term in terms]
        if all(number is not None for _, number in numbers):
            rows[row - 1][column - 1] = sum(-n if sign == "-" else n for sign, n in numbers)


def _read_csv(path: Path) -> list[Sheet]:
    text = _decode(path)
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


def _decode(path: Path) -> str:
    data = path.read_bytes()
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
