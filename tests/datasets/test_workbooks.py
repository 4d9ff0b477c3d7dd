"""Workbooks that are damaged, or that would fill the memory once they are open."""

import zipfile

import pytest

from mer_zoo.datasets import load, read_table
from mer_zoo.errors import DatasetError

from .test_tables import HEADER, ROW, phases, workbook

END = b"</sheetData>"
SHEET = "xl/worksheets/sheet1.xml"


def with_member(folder, name, change):
    """A workbook of which one file inside is another."""
    path = workbook(folder / "t.xlsx", ("Sheet1", [HEADER, ROW]))
    with zipfile.ZipFile(path) as file:
        members = {member: file.read(member) for member in file.namelist()}
    members[name] = change(members[name])
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for member, content in members.items():
            file.writestr(member, content)
    return path


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (SHEET, lambda xml: xml[:300]),
        ("xl/workbook.xml", lambda xml: xml.replace(b"firstSheet", b"fiirstSheet")),
        ("xl/workbook.xml", lambda xml: b"\0" + xml),
        ("xl/_rels/workbook.xml.rels", lambda xml: b"<a/>"),
        (
            SHEET,
            lambda xml: xml.replace(b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "b">]><worksheet'),
        ),
    ],
)
def test_a_damaged_workbook_is_named(tmp_path, name, change):
    with pytest.raises(DatasetError, match=r"t\.xlsx (cannot be read|holds no cells)"):
        read_table("casme2", with_member(tmp_path, name, change))


def test_bytes_that_cannot_be_unpacked_are_named(tmp_path):
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, ROW]))
    data = bytearray(path.read_bytes())
    at = data.index(SHEET.encode()) + len(SHEET) + 40
    data[at : at + 60] = bytes(60)
    path.write_bytes(data)
    with pytest.raises(DatasetError, match=r"t\.xlsx cannot be read as an \.xlsx file"):
        read_table("casme2", path)


@pytest.mark.parametrize(
    ("xml", "message"),
    [
        (b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>' + END, "column 16384"),
        (END + b'<mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>', "merges or links"),
        (END + b'<hyperlinks><hyperlink ref="A1:XFD9999"/></hyperlinks>', "merges or links"),
        (b" " * 9_000_000 + END, "more than 8 MB once it is unpacked"),
    ],
)
def test_a_small_workbook_that_would_be_huge_is_refused(tmp_path, xml, message):
    path = with_member(tmp_path, SHEET, lambda sheet: sheet.replace(END, xml))
    assert path.stat().st_size < 100_000
    with pytest.raises(DatasetError, match=message):
        read_table("casme2", path)


@pytest.mark.parametrize("formula", ["=A0+1", "=AAAA1-1", "=" + "9" * 5000])
def test_a_formula_of_no_cell_is_refused_by_name(tmp_path, formula):
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, [*ROW[:2], formula, *ROW[3:]]]))
    with pytest.raises(DatasetError, match=r"OnsetFrame is .*, expected a number, not a formula"):
        phases(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [("a\n" * 200_000, "200,000 rows"), ("a," * 20_000, "20,001 columns")],
)
def test_a_csv_of_too_many_rows_or_columns(tmp_path, text, message):
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(DatasetError, match=rf"t\.csv has .*{message}"):
        read_table("casme2", tmp_path / "t.csv")


def test_a_table_of_gigabytes_is_refused_unread(tmp_path):
    with (tmp_path / "t.csv").open("wb") as file:
        file.truncate(3_000_000_000)
    with pytest.raises(DatasetError, match=r"t\.csv has more than 8 MB"):
        read_table("casme2", tmp_path / "t.csv")


def test_rows_that_contradict_each_other_name_their_table(tmp_path):
    rows = [HEADER, ROW, [*ROW[:6], "disgust"]]
    with pytest.raises(DatasetError, match=r"t\.xlsx: .* is annotated twice"):
        read_table("casme2", workbook(tmp_path / "t.xlsx", ("Sheet1", rows)))


@pytest.mark.parametrize("name", ["x" * 300, "~nobody_at_all", "a\0b"])
@pytest.mark.parametrize("dataset", ["casme2", "custom", "flow", "smic"])
def test_a_name_that_no_release_can_have(tmp_path, dataset, name):
    with pytest.raises(DatasetError, match="There is no folder"):
        load(dataset, name if name[0] == "~" else tmp_path / name)
