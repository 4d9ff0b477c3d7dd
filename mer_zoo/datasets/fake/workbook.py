"""Writing made-up annotation tables as spreadsheets."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def write_workbook(
    path: Path, sheets: Mapping[str, Sequence[Sequence]], merged: Sequence[tuple[str, str]] = ()
) -> None:
    """Writes an .xlsx file.

    Args:
        path: the file; its folder is made.
        sheets: name -> rows of cells. Text that begins with "=" becomes a formula without a stored
            value, as every program but a spreadsheet writes it.
        merged: (sheet, range) pairs to merge, such as ("HS", "A1:E1").
    """
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
    for name, cells in merged:
        book[name].merge_cells(cells)
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def number_or_text(text: str):
    """Action units as a spreadsheet holds them: 12 is a number, "4+L10" is text."""
    return int(text) if isinstance(text, str) and text.isdigit() else text
