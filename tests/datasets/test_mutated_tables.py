"""Tables as users mangle them: the right dataset or an error that names the thing, nothing between."""

import random
import re

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mer_zoo.datasets import read_table
from mer_zoo.errors import DatasetError, MerZooError

from .tables import Cells, made_up_table, write_csv

NAMES = ("casme2", "samm", "casme3", "mmew", "4dme", "smic")
ENCODINGS = {
    "utf-8": "Zoë, 注释",
    "utf-8-sig": "Zoë, 注释",
    "utf-16": "Zoë, 注释",
    "gb18030": "注释\uff0c完",
    "cp1252": "Zoë naïve",
}
NOT_KNOWN = ("/", "", " ", "-", "NaN", "nan", "None")
FULL_WIDTH = str.maketrans({str(n): chr(0xFF10 + n) for n in range(10)})
NUMBERS = (
    str,
    lambda number: f"{number}.0",
    lambda number: f" {number} ",
    lambda number: f"{number},",
    lambda number: f"{number:,}",
    lambda number: str(number).translate(FULL_WIDTH),
)
SPELLINGS = (str, str.upper, str.lower, str.title, lambda text: f"  {text} ")
JOINTS = ("", " ", "_", "-", "  ", ".")


def cases(count):
    return settings(
        max_examples=count,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@pytest.fixture(scope="session")
def originals(tmp_path_factory):
    """For each dataset: cells, the dataset they stand for, and a path to write mutants to."""
    found = {}
    for name in NAMES:
        folder = tmp_path_factory.mktemp(f"table_{name}")
        path, cells = made_up_table(name, folder / "release")
        found[name] = (cells, read_table(name, path), folder)
    return found


def content(dataset):
    columns = [dataset.table[name].astype(str).tolist() for name in dataset.table.columns]
    return list(zip(*columns, strict=True))


def by_clip(dataset):
    return {clip: rest for _, _, clip, *rest in content(dataset)}


def respelled(header, rng):
    """The header with other case, other joints between its words."""
    words = re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+", header)
    text = rng.choice(JOINTS).join(words) if "".join(words) == header else header
    return rng.choice(SPELLINGS)(text)


def harmless(cells, rng, encoding):
    """A table that says the same: columns and rows moved, numbers and headers written otherwise."""
    cells = cells.copy()
    # Windows-1252 has no full-width digits.
    write = rng.choice(NUMBERS[:-1] if encoding == "cp1252" else NUMBERS)
    for row in cells.rows:
        for phase in cells.phases:
            value = row[cells.columns[phase]]
            row[cells.columns[phase]] = (
                rng.choice(NOT_KNOWN) if value in (None, "/") else write(int(value))
            )
    cells.rows += [list(rng.choice(cells.rows)) for _ in range(rng.randrange(3))]
    rng.shuffle(cells.rows)
    cells.header = [None if h is None else respelled(h, rng) for h in cells.header]
    for i in range(rng.randrange(3)):
        cells.header.append(f"extra {i}")
        cells.rows = [[*row, ENCODINGS[encoding]] for row in cells.rows]
    order = list(range(len(cells.header)))
    rng.shuffle(order)
    rows = [[row[i] if i < len(row) else None for i in order] for row in cells.rows]
    for _ in range(rng.randrange(3)):
        rows.insert(rng.randrange(len(rows) + 1), [None] * len(order))
    return Cells([cells.header[i] for i in order], rows)


@pytest.mark.parametrize("name", NAMES)
def test_the_same_table_written_otherwise(originals, name):
    cells, original, folder = originals[name]
    digest = original.digest

    @cases(130)
    @given(st.integers(0, 2**32), st.sampled_from(sorted(ENCODINGS)), st.sampled_from(",;\t"))
    def check(seed, encoding, mark):
        rng, note = random.Random(seed), ENCODINGS[encoding]
        mutant = harmless(cells, rng, encoding)
        before = [[f"about {i}", note][: rng.randrange(1, 3)] for i in range(rng.randrange(3))]
        path = folder / "mutant.csv"
        write_csv(path, mutant, encoding=encoding, mark=mark, before=before)
        dataset = read_table(name, path)
        assert dataset.digest == digest, content(dataset)
        repeats = [r for r in dataset.report.of_kind("dropped") if "repeats" in r.what]
        assert len(repeats) == len([row for row in mutant.rows if any(row)]) - len(cells.rows)

    check()


def wrong_number(cells, rng, row):
    phase = rng.choice(cells.phases)
    value = rng.choice(
        ["soon", "12.5", "-3", "inf", "1e999", "1e12", "12 34", "五", "0x2F", "1/2", "=A1*2"]
    )
    cells.rows[row][cells.columns[phase]] = value
    if phase == "onset" and str(cells.header[cells.columns["onset"]]) == "Onset":
        return "Onset"  # CAS(ME)^3 needs it for the clip's name, too
    return re.escape(f"{cells.header[cells.columns[phase]]} is '{value}'")


def missing_column(cells, rng, row):
    column = cells.columns[rng.choice(sorted(cells.columns))]
    header = cells.header.pop(column)
    cells.rows = [r[:column] + r[column + 1 :] for r in cells.rows]
    return "".join(c if c.isalnum() else "." for c in header[:4])


def renamed_column(cells, rng, row):
    column = cells.columns[rng.choice(sorted(cells.columns))]
    header, cells.header[column] = cells.header[column], "something else"
    return "".join(c if c.isalnum() else "." for c in header[:4])


def doubled_column(cells, rng, row):
    column = cells.columns[rng.choice(sorted(cells.columns))]
    cells.header.append(cells.header[column].upper())
    cells.rows = [[*r, r[column]] for r in cells.rows]
    return "2 columns '"


def contradiction(cells, rng, row):
    cells.rows[row][cells.columns["emotion"]] = "others"
    other = list(cells.rows[row])
    other[cells.columns["emotion"]] = "surprise"
    cells.rows.append(other)
    return r"twice, and differently: line \d+ .* and line \d+"


def unknown_emotion(cells, rng, row):
    value = rng.choice(["boredom", "happines", "?", "12"])
    cells.rows[row][cells.columns["emotion"]] = value
    return re.escape(repr(value))


def empty_name(cells, rng, row):
    what = rng.choice(["subject", "clip", "emotion"])
    cells.rows[row][cells.columns[what]] = rng.choice(["", "  ", None])
    return "is empty"


def no_rows(cells, rng, row):
    cells.rows = []
    return "no rows below"


HARMS = (
    wrong_number,
    missing_column,
    renamed_column,
    doubled_column,
    contradiction,
    unknown_emotion,
    empty_name,
    no_rows,
)


@pytest.mark.parametrize("name", NAMES)
def test_a_table_that_is_wrong(originals, name):
    cells, _, folder = originals[name]

    @cases(100)
    @given(st.integers(0, 2**32), st.sampled_from(HARMS))
    def check(seed, harm):
        rng, mutant = random.Random(seed), cells.copy()
        message = harm(mutant, rng, rng.randrange(len(mutant.rows)))
        path = write_csv(folder / "wrong.csv", mutant)
        with pytest.raises(DatasetError, match=rf"(?s){message}") as error:
            read_table(name, path)
        assert "wrong.csv" in str(error.value) or harm is contradiction

    check()


@pytest.mark.parametrize("name", NAMES)
def test_anything_in_one_cell(originals, name):
    cells, original, folder = originals[name]
    before = by_clip(original)
    text = st.text(st.characters(exclude_categories=("Cs",)), max_size=8)
    value = st.one_of(text, st.integers(-5, 10**7), st.floats(), st.sampled_from(NOT_KNOWN))

    @cases(80)
    @given(st.integers(0, 2**32), st.sampled_from(sorted(cells.columns)), value)
    def check(seed, column, value):
        mutant = cells.copy()
        row = random.Random(seed).randrange(len(mutant.rows))
        mutant.rows[row][mutant.columns[column]] = value
        path = write_csv(folder / "odd.csv", mutant)
        try:
            dataset = read_table(name, path)
        except MerZooError as error:
            assert len(str(error)) > 20
            return
        after = by_clip(dataset)
        changed = {c for c in before.keys() | after.keys() if before.get(c) != after.get(c)}
        # One row was touched: at most its own clip changed, or its name did.
        assert len(after) <= len(before) and len(changed) <= 2

    check()


@pytest.mark.parametrize("name", NAMES)
def test_workbooks(originals, name):
    cells, original, folder = originals[name]
    digest = original.digest

    @cases(25)
    @given(st.integers(0, 2**32))
    def check(seed):
        rng, book = random.Random(seed), openpyxl.Workbook()
        mutant = cells.copy()
        order = list(range(len(mutant.header)))
        rng.shuffle(order)
        header = [mutant.header[i] for i in order]
        sheet = book.active
        if rng.random() < 0.5:
            book.create_sheet("Notes", rng.randrange(2)).append(["nothing", "here"])
        top = rng.randrange(1, 4)
        _write_header(sheet, header, top, rng)
        for number, row in enumerate(mutant.rows, top + 2):
            for column, i in enumerate(order, 1):
                sheet.cell(number, column).value = row[i]
        subject = order.index(mutant.columns["subject"]) + 1
        _merge_equal(
            sheet, subject, top + 2, [row[mutant.columns["subject"]] for row in mutant.rows]
        )
        path = folder / "mutant.xlsx"
        book.save(path)
        assert read_table(name, path).digest == digest

    check()


def _write_header(sheet, header, top, rng):
    """A header of two rows: some names under a title, the others merged over both rows."""
    for column, name in enumerate(header, 1):
        if rng.random() < 0.4:
            sheet.cell(top, column).value = "Title"
            sheet.cell(top + 1, column).value = name
        else:
            sheet.cell(top, column).value = name
            sheet.merge_cells(
                start_row=top, end_row=top + 1, start_column=column, end_column=column
            )


def _merge_equal(sheet, column, first, values):
    """Merges the cells of one subject's rows, as spreadsheets group them."""
    start = 0
    for i in range(1, len(values) + 1):
        if i == len(values) or values[i] != values[start]:
            if i - start > 1:
                sheet.merge_cells(
                    start_row=first + start,
                    end_row=first + i - 1,
                    start_column=column,
                    end_column=column,
                )
            start = i
