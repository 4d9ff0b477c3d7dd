"""Tables of clips: `read_clip_table` and `datasets.load("custom", csv)`."""

import csv
import io
import math
import random
from pathlib import Path

import cv2
import numpy as np

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.mutation import (
    ODD_NUMBERS,
    ODD_TEXTS,
    grow_sparse,
    mangled,
    many_cells,
    otherwise_encoded,
)

HEADER = ["path", "subject", "label", "onset", "apex", "offset", "fps", "numbering"]
ROWS = [
    ["a.mp4", "ann", "calm", "1", "3", "7", "", ""],
    ["a.mp4", "ann", "tense", "2", "", "9", "25", "index"],
    ["clips/EP02", "bob", "calm", "46", "50", "57", "200", "file"],
    ["clips/EP03", "cyd", "tense", "0", "2", "6", "100", "index"],
]
FIRST = {"clips/EP03": 46}  # the number of the first frame, where a row counts from 0


class ClipTables(Kind):
    """A table of four clips that exist."""

    def __init__(self, home: Path):
        super().__init__(home)
        (home / "a.mp4").write_bytes(b"a table does not open its videos")
        for name in ("EP02", "EP03"):
            folder = home / "clips" / name
            folder.mkdir(parents=True)
            for number in range(46, 58):
                cv2.imwrite(str(folder / f"img{number}.png"), np.zeros((4, 4, 3), np.uint8))

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        path = place / "clips.csv"
        for name in ("a.mp4", "clips"):
            (place / name).symlink_to(self.home / name)
        what = _write(path, rng, control)
        custom = rng.random() < 0.3
        return Case(
            what, lambda: _load(path, control) if custom else _read(path, control), (path.name,)
        )


def _write(path: Path, rng: random.Random, control: bool) -> str:
    text = _text(HEADER, ROWS)
    if control:
        path.write_text(text, encoding="utf-8")
        return "valid"
    draw = rng.random()
    if draw < 0.01:
        path.write_text(text, encoding="utf-8")
        grow_sparse(path)
        return "grown to gigabytes"
    if draw < 0.02:
        what, data = many_cells(rng)
    elif draw < 0.4:
        what, data = mangled(text.encode(), rng)
    elif draw < 0.5:
        what, data = otherwise_encoded(text.replace("calm", "Zoë 注释"), rng)
    else:
        what, text = changed_table(HEADER, ROWS, rng)
        data = text.encode("utf-8", "surrogatepass")
    if rng.random() < 0.05:
        what, data = f"{what}, sep", b"sep=" + rng.choice(b',;\t|"x\n').to_bytes() + b"\n" + data
    path.write_bytes(data)
    return what


def write_damaged(path: Path, header: list, rows: list, rng: random.Random, control: bool) -> str:
    """Writes a table as csv, valid where `control` is set, else damaged; returns how, in words."""
    text = "\n".join(",".join(map(str, row)) for row in [header, *rows])
    if control:
        path.write_text(text, encoding="utf-8")
        return "valid"
    what, data = _damaged(text, header, rows, rng)
    path.write_bytes(data)
    if rng.random() < 0.01:
        grow_sparse(path)
        what = "grown to gigabytes"
    return what


def _damaged(text: str, header: list, rows: list, rng: random.Random) -> tuple[str, bytes]:
    draw = rng.random()
    if draw < 0.01:
        return many_cells(rng)
    if draw < 0.35:
        return mangled(text.encode(), rng)
    if draw < 0.45:
        return otherwise_encoded(text.replace("calm", "Zoë 注释"), rng)
    what, changed = changed_table(header, rows, rng)
    return what, changed.encode("utf-8", "surrogatepass")


def changed_table(header: list, rows: list, rng: random.Random) -> tuple[str, str]:
    """Changes of cells, columns, rows and quotes: (their names, the table as csv)."""
    header, rows = list(header), [list(row) for row in rows]
    told = []
    for _ in range(rng.choice((1, 1, 2, 3))):
        told.append(_change(header, rows, rng))
    text = _text(header, rows, rng.choice((",", ",", ";", "\t")))
    if rng.random() < 0.2:
        at = rng.randrange(len(text) + 1)
        text = text[:at] + rng.choice(('"', '""', "'", '"' * 101, ",", "\r", "\n\n")) + text[at:]
        told.append("unbalanced")
    return ", ".join(told), text


def _change(header: list, rows: list, rng: random.Random) -> str:
    row, column = rng.choice(rows), rng.randrange(len(header))
    column = min(column, len(row) - 1)
    change = rng.choice(
        ("number", "number", "text", "text", "huge", "double", "drop", "rows", "header")
    )
    if change == "number":
        row[rng.choice([i for i, cell in enumerate(row) if str(cell).isdigit()] or [column])] = (
            rng.choice(ODD_NUMBERS)
        )
    elif change == "text":
        row[column] = rng.choice(ODD_TEXTS)
    elif change == "huge":
        row[column] = rng.choice("x\0,.é") * rng.choice((131_073, 1_000_000))
    elif change == "double":
        header.append(rng.choice((header[column], str(header[column]).upper())))
        for cells in rows:
            cells.append(rng.choice(cells))
    elif change == "drop" and len(header) > 1:
        del header[column]
        for cells in rows:
            del cells[min(column, len(cells) - 1)]
    elif change == "rows":
        rows.extend(list(row) for _ in range(rng.choice((1, 20, 2000))))
    else:
        header[column] = rng.choice(ODD_TEXTS)
    return change


def _text(header, rows, mark: str = ",") -> str:
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=mark).writerows([header, *rows])
    return file.getvalue()


def _read(path: Path, control: bool) -> None:
    from mer_zoo.clips import read_clip_table

    rows = read_clip_table(path)
    expect(bool(rows), "no rows")
    for row in rows:
        expect(row.path.exists(), f"line {row.line}: {row.path} does not exist")
        known = [value for value in (row.onset, row.apex, row.offset) if value is not None]
        expect(known == sorted(known) and all(v >= 0 for v in known), f"phases {known}")
        expect(row.fps is None or (row.fps > 0 and math.isfinite(row.fps)), f"fps {row.fps}")
    if control:
        found = [[r.subject, r.label, r.onset, r.apex, r.offset] for r in rows]
        wanted = [
            [*row[1:3], *(int(c) + FIRST.get(row[0], 0) if c else None for c in row[3:6])]
            for row in ROWS
        ]
        expect(found == wanted, f"rows {found}")


def _load(path: Path, control: bool) -> None:
    from mer_zoo.datasets import load

    dataset = load("custom", path)
    expect(len(dataset) > 0 and set(dataset.table["label"]) <= set(dataset.class_names), "labels")
    expect(dataset.labels.shape == (len(dataset),) and len(dataset.digest) == 64, "digest")
    if control:
        expect(len(dataset) == len(ROWS), f"{len(dataset)} clips")
        expect(dataset.class_names == ("calm", "tense"), f"classes {dataset.class_names}")
