import openpyxl
import pytest

from mer_zoo.datasets import read_table
from mer_zoo.errors import DatasetError

HEADER = ["Subject", "Filename", "OnsetFrame", "ApexFrame", "OffsetFrame", "AUs", "Emotion"]
ROW = ["01", "EP30_01", 46, 59, 86, 12, "happiness"]


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def phases(path):
    return read_table("casme2", path).table[["onset", "apex", "offset"]].values.tolist()


def test_stray_sheets_and_a_wrong_sheet(tmp_path):
    path = workbook(tmp_path / "t.xlsx", ("About", [["x"]]), ("Data", [HEADER, ROW]), ("Empty", []))
    assert phases(path) == [[46, 59, 86]]
    path = workbook(tmp_path / "t.xlsx", ("About", [["x", "y"]]))
    with pytest.raises(
        DatasetError, match=r"t\.xlsx has no row with the columns Subject, Filename"
    ):
        read_table("casme2", path)
    path = workbook(tmp_path / "t.xlsx", ("A", [HEADER, ROW]), ("B", [HEADER, ROW]))
    with pytest.raises(DatasetError, match="several sheets with the expected columns: 'A', 'B'"):
        read_table("casme2", path)


def test_a_header_that_is_close_is_named(tmp_path):
    header = [*HEADER[:3], "Apex Frames", *HEADER[4:]]
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [header, ROW]))
    with pytest.raises(DatasetError, match=r"row 1 .*no column 'ApexFrame'.*Rename 'Apex Frames'"):
        read_table("casme2", path)


def test_formulas_that_add_up_are_computed_and_others_refused(tmp_path):
    row = [*ROW[:4], "=C2+40", *ROW[5:]]
    assert phases(workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, row]))) == [[46, 59, 86]]
    row = [*ROW[:4], "=MAX(C2:D2)", *ROW[5:]]
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, row]))
    with pytest.raises(
        DatasetError, match=r"row 2 .*OffsetFrame is '=MAX.*formula without a stored"
    ):
        read_table("casme2", path)


def test_all_faults_are_told_at_once(tmp_path):
    rows = [[*ROW[:1], f"EP30_{i}", "x", *ROW[3:]] for i in range(12)]
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, *rows]))
    with pytest.raises(
        DatasetError, match=r"(?s)12 cells cannot be used.*row 2 .*row 11 .*and 2 more"
    ):
        read_table("casme2", path)


def test_repeated_headers_and_text_below_are_skipped(tmp_path):
    rows = [HEADER, ROW, HEADER, [None], ["Counted by two coders"]]
    dataset = read_table("casme2", workbook(tmp_path / "t.xlsx", ("Sheet1", rows)))
    assert len(dataset) == 1
    (note,) = dataset.report.remarks
    assert "row 5" in note.what and "Counted" in note.what


def test_a_header_repeats_no_value_of_its_own(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(",".join(HEADER) + "\n" + ",".join(map(str, ROW)) + "\n")
    assert phases(path) == [[46, 59, 86]]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("t.xlsx", b"not a workbook", r"t\.xlsx cannot be read as an \.xlsx file"),
        ("t.xlsx", b"PK\x03\x04broken", r"t\.xlsx cannot be read as an \.xlsx file"),
        ("t.xls", b"", "old Excel format"),
        ("t.docx", b"", r"expected an \.xlsx or \.csv file"),
        ("t.csv", b"", "holds no cells"),
        ("t.csv", b" \n\n", "holds no cells"),
        ("t.csv", b"\x81\x8d\x8f\x90 \x9d", r"unknown encoding .*utf-8, cp1252"),
        ("t.csv", b"a,b\n1,2\n", "no row with the columns"),
    ],
)
def test_files_that_are_no_tables(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_table("casme2", path)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("sub", "Subject is 'sub', expected a number such as 1, 01 or sub01"),
        ("1a", "Subject is '1a', expected a number"),
        ("1.5", "Subject is '1.5', expected a number"),
    ],
)
def test_subjects_that_are_no_numbers(tmp_path, cell, message):
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, [cell, *ROW[1:]]]))
    with pytest.raises(DatasetError, match=message):
        read_table("casme2", path)


@pytest.mark.parametrize("cell", ["01", "1", 1, 1.0, "sub01", "SUB1", "\uff10\uff11"])
def test_subjects_in_other_words(tmp_path, cell):
    path = workbook(tmp_path / "t.xlsx", ("Sheet1", [HEADER, [cell, *ROW[1:]]]))
    assert list(read_table("casme2", path).subjects) == ["casme2/sub01"]
