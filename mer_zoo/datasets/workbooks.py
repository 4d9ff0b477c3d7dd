"""Excel workbooks as rows of cells. One that would exhaust the memory is refused before opening."""

import io
import re
import warnings
import zipfile
from pathlib import Path
from xml.parsers import expat

from mer_zoo.errors import DatasetError

MOST_BYTES = 8_000_000
"""Most bytes of a workbook, and of all that is compressed in it. Official tables have 1 MB."""

MOST_CELLS = 500_000
"""Most cells of a sheet up to its last row and column, and most cells of its merged areas."""

DIGITS = 15
"""Most digits of a number in a formula, as spreadsheet programs have it."""


def read_workbook(path: Path, content: bytes) -> list[tuple[str, list[list]]]:
    """The sheets of a workbook.

    Args:
        path: for messages.
        content: the bytes of the file.

    Returns:
        For each sheet its name and its rows from the first on. Cells merged downwards are filled
        with their value. A formula that has no stored value and is no simple sum stays text that
        begins with "=".

    Raises:
        DatasetError: it is not a workbook, or it exceeds `MOST_BYTES` or `MOST_CELLS`.
    """
    try:
        _check(content)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and other things that are not read
            return _sheets(content)
    except Exception as error:  # openpyxl raises whatever a damaged file makes it stumble over
        raise DatasetError(
            f"{path} cannot be read as an .xlsx file ({str(error)[:300]}). Open it in a spreadsheet "
            "program and save it again as .xlsx or .csv."
        ) from error


def _check(content: bytes) -> None:
    """Raises ValueError for a workbook that is small only as long as it is closed."""
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        if sum(member.file_size for member in file.infolist()) > MOST_BYTES:
            raise ValueError(f"it holds more than {MOST_BYTES // 10**6} MB once it is unpacked")
        for member in file.infolist():
            _check_areas(file.read(member))


def _check_areas(xml: bytes) -> None:
    """Raises ValueError for areas of which openpyxl would make too many cells, and for entities."""
    from openpyxl.utils import range_boundaries

    area = 0

    def refuse_entities(*_):
        raise ValueError("it declares a document type, which no workbook needs")

    def add_area(name, attributes):
        nonlocal area
        if name.endswith(("mergeCell", "hyperlink")) and "ref" in attributes:
            left, top, right, bottom = range_boundaries(attributes["ref"])
            area += (right - left + 1) * (bottom - top + 1)
            if area > MOST_CELLS:
                raise ValueError(f"it merges or links more than {MOST_CELLS:,} cells of a sheet")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse_entities
    parser.StartElementHandler = add_area
    try:
        parser.Parse(xml, True)
    except expat.ExpatError:
        return  # a picture, or damaged: then openpyxl says so


def _sheets(content: bytes) -> list[tuple[str, list[list]]]:
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content))
    values = None  # read a second time only when there are formulas
    sheets = []
    for sheet in book.worksheets:
        if sheet.max_row * sheet.max_column > MOST_CELLS:
            raise ValueError(
                f"sheet {sheet.title!r} reaches to row {sheet.max_row} and column {sheet.max_column}, "
                f"which is more than {MOST_CELLS:,} cells; delete the empty rows and columns"
            )
        rows = [list(row) for row in sheet.iter_rows(values_only=True)]
        formulas = [
            (cell.row, cell.column)
            for row in sheet.iter_rows()
            for cell in row
            if cell.data_type == "f"
        ]
        if formulas:
            values = values or openpyxl.load_workbook(io.BytesIO(content), data_only=True)
            for row, column in formulas:
                stored = values[sheet.title].cell(row, column).value
                text = str(rows[row - 1][column - 1])
                rows[row - 1][column - 1] = text if stored is None else stored
            _add_up(rows, formulas)
        for area in sheet.merged_cells.ranges:
            for row in range(area.min_row + 1, area.max_row + 1):
                rows[row - 1][area.min_col - 1] = rows[area.min_row - 1][area.min_col - 1]
        sheets.append((sheet.title, rows))
    return sheets


def _add_up(rows: list[list], formulas: list[tuple[int, int]]) -> None:
    # A table written by a program stores no values of its formulas; those that only add and
    # subtract cells and numbers (duration, offset) are computed here, the others stay text.
    from openpyxl.utils.cell import column_index_from_string, coordinate_from_string
    from openpyxl.utils.exceptions import CellCoordinatesException

    def value(term: str):
        if term.isdigit():
            return int(term) if len(term) <= DIGITS else None
        try:
            letters, row = coordinate_from_string(term.replace("$", ""))
            cell = rows[row - 1][column_index_from_string(letters) - 1]
        except (IndexError, CellCoordinatesException):  # an empty cell, or none (A0)
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
