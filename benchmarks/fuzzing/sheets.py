"""Annotation tables of the datasets, xlsx and csv: those of clips, and those of long videos."""

import io
import random
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import openpyxl

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.clip_tables import changed_table
from benchmarks.fuzzing.mutation import (
    ODD_NUMBERS,
    ODD_TEXTS,
    grow_sparse,
    mangled,
    many_cells,
    otherwise_encoded,
)

DATASETS = {
    "casme2": None,
    "samm": None,
    "smic": "HS-E",
    "casme3": None,
    "mmew": None,
    "4dme": None,
}
END = b"</sheetData>"
LAST = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
BEYOND = b'<row r="99999999999"><c r="ZZZZ99999999999"><v>1</v></c></row>'
MERGED = b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>'
ENTITIES = (
    b'<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(
        b'<!ENTITY %s "%s">' % (name, b"&%s;" % earlier * 10)
        for earlier, name in zip(
            b"a b c d e f g h".split(), b"b c d e f g h i".split(), strict=True
        )
    )
    + b"]>"
)
BOMBS = {
    "a cell in the last corner": (END, lambda: LAST + END),
    "a cell beyond the last corner": (END, lambda: BEYOND + END),
    "all cells merged": (END, lambda: END + MERGED),
    "many rows": (END, lambda: b"<row/>" * 4_000_000 + END),
    "as many rows as there may be": (END, lambda: b"<row/>" * 1_200_000 + END),
    "many cells": (END, lambda: (b"<row>" + b"<c/>" * 16_000 + b"</row>") * 30 + END),
    "entities": (b"<worksheet", lambda: ENTITIES + b"<worksheet"),
    "an entity used": (END, lambda: b"<row><c><v>&i;</v></c></row>" + END),
    "deep elements": (END, lambda: b"<a>" * 100_000 + END),
    "a gigabyte of spaces": (END, lambda: b" " * 1_000_000_000 + END),
}
"""What a small workbook may hold that is huge once it is open: (text of a sheet, what replaces it)."""


class Sheets(Kind):
    """The tables of made-up releases, through `datasets.read_table`."""

    def __init__(self, home: Path):
        super().__init__(home)
        self.books, self.rows, self.digests = {}, {}, {}
        for name, path in self.valid():
            self.digests[name] = self.read(name, path)
            sheet = openpyxl.load_workbook(path).worksheets[0]
            self.rows[name] = [list(row) for row in sheet.iter_rows(values_only=True)]
            self.books[name] = _settled(path)

    def valid(self) -> Iterator[tuple[str, Path]]:
        """Makes the valid tables; gives the names of their datasets and their files."""
        from mer_zoo.datasets.fake import fake_release

        for name, version in DATASETS.items():
            fake_release(name, self.home / name, with_frames=False, version=version)
            (path,) = (self.home / name).glob("*.xlsx")
            yield name, path

    def read(self, name: str, path: Path) -> object:
        """Reads a table, checks it, and returns what tells one content from another."""
        from mer_zoo.datasets import read_table

        dataset = read_table(name, path)
        expect(len(dataset) > 0 and dataset.labels.shape == (len(dataset),), "labels")
        for first, second in (("onset", "apex"), ("apex", "offset")):
            steps = (dataset.table[second] - dataset.table[first]).dropna()
            expect((steps >= 0).all(), f"{second} before {first}")
        return dataset.digest

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        name = rng.choice(sorted(self.books))
        is_book = control or rng.random() < 0.65
        path = place / ("annotations.xlsx" if is_book else "annotations.csv")
        path.write_bytes(self.books[name])
        write = self._write_book if is_book else self._write_csv
        what = "valid" if control else write(path, name, rng)

        def call():
            digest = self.read(name, path)
            expect(not control or digest == self.digests[name], "another digest")

        return Case(f"{name}: {what}", call, (path.name,))

    def _write_csv(self, path: Path, name: str, rng: random.Random) -> str:
        header, *rows = [["" if c is None else c for c in row] for row in self.rows[name]]
        what, text = changed_table(header, rows, rng)
        data = text.encode("utf-8", "surrogatepass")
        draw = rng.random()
        if draw < 0.02:
            what, data = many_cells(rng)
        elif draw < 0.4:
            what, data = mangled(data, rng)
        elif draw < 0.5:
            what, data = otherwise_encoded(text, rng)
        path.write_bytes(data)
        if draw > 0.99:
            grow_sparse(path)
            what = "grown to gigabytes"
        return what

    def _write_book(self, path: Path, name: str, rng: random.Random) -> str:
        draw = rng.random()
        if draw < 0.01:
            grow_sparse(path)
            return "grown to gigabytes"
        if draw < 0.25:
            what, data = mangled(self.books[name], rng)
        elif draw < 0.6:
            what, data = _mangled_member(self.books[name], rng)
        elif draw < 0.62:
            what, data = _bomb(self.books[name], rng)
        else:
            what, data = _changed_cells(self.books[name], rng)
        path.write_bytes(data)
        return what


class LongVideoSheets(Sheets):
    """The tables of made-up long videos, through `datasets.read_videos`."""

    def valid(self) -> Iterator[tuple[str, Path]]:
        from mer_zoo.datasets.fake import fake_videos

        for name in ("samm_lv", "casme3"):
            fake_videos(name, self.home / name, subjects=2, seconds=3, frames=_three_frames)
            (path,) = (self.home / name).rglob("*.xlsx")
            yield name, path

    def read(self, name: str, path: Path) -> object:
        from mer_zoo.datasets import read_videos

        release = read_videos(name, self.home / name, table=path)
        expect(bool(release.videos), "no videos")
        for interval in (i for video in release.videos for i in video.intervals):
            expect(interval.kind in ("micro", "macro"), f"kind {interval.kind}")
            expect(1 <= interval.onset <= interval.offset, f"{interval}")
        return release.videos


def _three_frames(video) -> Iterator[np.ndarray]:
    """The table alone is read, so files of a few frames do."""
    return (np.zeros((4, 4), np.uint8) for _ in range(3))


def _settled(path: Path) -> bytes:
    """The bytes of a workbook without the times at which it was written."""
    with zipfile.ZipFile(path) as file:
        members = {name: file.read(name) for name in file.namelist()}
    members.pop("docProps/core.xml", None)
    for name in ("[Content_Types].xml", "_rels/.rels"):
        members[name] = members[name].replace(b"docProps/core.xml", b"docProps/app.xml")
    return _zipped(members)


def _members(book: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as file:
        return {name: file.read(name) for name in file.namelist()}


def _zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 1)
    return data.getvalue()


def _mangled_member(book: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A file inside the workbook mutated, removed or given to another name; its checksum is right."""
    members = _members(book)
    name = rng.choice(sorted(members))
    if rng.random() < 0.1:
        del members[name]
        return f"without {name}", _zipped(members)
    if rng.random() < 0.1:
        other = rng.choice(sorted(members))
        members[name] = members[other]
        return f"{name} is {other}", _zipped(members)
    what, members[name] = mangled(members[name], rng)
    return f"{name}: {what}", _zipped(members)


def _bomb(book: bytes, rng: random.Random) -> tuple[str, bytes]:
    members = _members(book)
    name = next(n for n in members if n.startswith("xl/worksheets/sheet"))
    what = rng.choice(sorted(BOMBS))
    text, other = BOMBS[what]
    members[name] = members[name].replace(text, other(), 1)
    if what == "an entity used":
        members[name] = members[name].replace(b"<worksheet", ENTITIES + b"<worksheet", 1)
    return what, _zipped(members)


def _changed_cells(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Cells of the first sheet replaced by odd numbers and texts, cells merged, formulas written."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    sheet = book.worksheets[0]
    for _ in range(rng.choice((1, 1, 3))):
        row, column = rng.randint(1, sheet.max_row), rng.randint(1, sheet.max_column)
        value = rng.choice((_number(rng), rng.choice(ODD_NUMBERS)[:100], _text(rng), _formula(rng)))
        cell = sheet.cell(row, column)
        if hasattr(cell, "column_letter") and not isinstance(cell, openpyxl.cell.cell.MergedCell):
            cell.value = value
    if rng.random() < 0.1:
        sheet.merge_cells(start_row=1, end_row=rng.randint(2, 9), start_column=1, end_column=3)
    if rng.random() < 0.1:
        sheet.delete_cols(rng.randint(1, sheet.max_column))
    out = io.BytesIO()
    book.save(out)
    return "cells", out.getvalue()


def _number(rng):
    return rng.choice((-1, 0, 1.5, 1e300, -1e300, 10**12, True, None))


def _text(rng):
    text = rng.choice(ODD_TEXTS)
    return "".join(c for c in text if c in "\n\t" or ord(c) >= 32)


def _formula(rng):
    return rng.choice(
        ("=A1", "=A1+B99999", "=1+1", "=XFD1048576", "=AAAA1", "=A0", "=ZZZ1-1", "=SUM(A:A)", "=")
    )
