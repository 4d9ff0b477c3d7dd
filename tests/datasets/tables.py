"""Annotation tables as lists of cells, to be mutated and written again."""

import csv
from dataclasses import dataclass, field

import openpyxl

from mer_zoo.datasets.fake import fake_release

OPTIONS = {"smic": {"version": "HS-E"}}
HEADER_ROWS = {"samm": 14}
MARK = {
    "subject": {"subject", "subid"},
    "clip": {"filename", "foldname"},
    "onset": {"onsetframe", "onset", "onsetf"},
    "apex": {"apexframe", "apex"},
    "offset": {"offsetframe", "offset", "offsetf"},
    "aus": {"actionunits", "aus", "au"},
    "emotion": {"estimatedemotion", "emotion"},
}


@dataclass
class Cells:
    """A table: its header and rows, and the columns that a reader needs."""

    header: list
    rows: list
    columns: dict = field(default_factory=dict)  # field -> column

    def __post_init__(self):
        for name, headers in MARK.items():
            for column, header in enumerate(self.header):
                text = str(header or "").lower()
                if "".join(c for c in text if c.isalnum()) in headers:
                    self.columns[name] = column

    @property
    def phases(self):
        return [name for name in ("onset", "apex", "offset") if name in self.columns]

    def copy(self):
        return Cells(list(self.header), [list(row) for row in self.rows])


def made_up_table(name, folder):
    """The path of a made-up official table, and its cells."""
    fake_release(name, folder, with_frames=False, **OPTIONS.get(name, {}))
    (path,) = folder.glob("*.xlsx")
    sheet = openpyxl.load_workbook(path).worksheets[0]
    rows = [list(row) for row in sheet.iter_rows(values_only=True)]
    first = HEADER_ROWS.get(name, 1)
    body = [[_computed(cell, row) for cell in row] for row in rows[first:] if row[1] is not None]
    return path, Cells(rows[first - 1], body)


def _computed(cell, row):
    if not str(cell).startswith("="):
        return cell
    if "F" in cell:  # SAMM's duration
        return row[5] - row[3] + 1
    return row[2] + row[6] - 1  # SMIC's offset


def write_csv(path, cells, *, encoding="utf-8", mark=",", before=()):
    """Writes the cells, and the rows `before` them."""
    with path.open("w", newline="", encoding=encoding) as file:
        csv.writer(file, delimiter=mark).writerows([*before, cells.header, *cells.rows])
    return path
