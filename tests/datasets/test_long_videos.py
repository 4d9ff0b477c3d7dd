"""Long videos with annotated intervals: SAMM Long Videos and CAS(ME)^3."""

import shutil
from pathlib import Path

import openpyxl
import pytest

from mer_zoo.datasets import read_videos
from mer_zoo.datasets.fake import fake_videos
from mer_zoo.errors import DatasetError, OutputExistsError, UnknownNameError

NAMES = ("samm_lv", "casme3")
pytestmark = pytest.mark.backend_free


@pytest.fixture
def edited(tmp_path):
    """A made-up release whose table a function has changed."""

    def edit(name, change, **options):
        root = fake_videos(name, tmp_path / name, seconds=3, **options)
        (path,) = root.glob("*.xlsx")
        book = openpyxl.load_workbook(path)
        change(book.worksheets[0])
        book.save(path)
        return root

    return edit


@pytest.mark.parametrize("name", NAMES)
def test_a_clean_release(tmp_path, name):
    intervals = [("micro", 10, 15, 20), ("macro", 40, 50, 70)]
    root = fake_videos(name, tmp_path / "r", seconds=3, intervals=lambda _: intervals, clean=True)
    release = read_videos(name, root)
    assert [r for r in release.report.remarks if "published" not in r.what] == []
    assert release.counts == {"micro": 6, "macro": 6} and release.report.kept == 12
    assert len(release.videos) == 6 and len({v.subject for v in release.videos}) == 3
    for video in release.videos:
        assert [(i.kind, i.onset, i.apex, i.offset) for i in video.intervals] == intervals
        assert Path(video.path).is_dir() and video.fps == (200 if name == "samm_lv" else 30)
    first = release.videos[0]
    expected = {"samm_lv": ("006", "006_1", "006_1"), "casme3": ("spNO.1", "spNO.1/a", "color")}
    assert (first.subject, first.name, Path(first.path).name) == expected[name]


@pytest.mark.parametrize("name", NAMES)
def test_quirks_are_reported(tmp_path, name):
    release = read_videos(name, fake_videos(name, tmp_path / "r", seconds=3))
    counts = release.report.counts
    assert counts["repaired"] == 1 and counts["dropped"] == 2, release.report.to_text()
    # The expression whose end is not known ends at its apex.
    intervals = [i for video in release.videos for i in video.intervals]
    assert (5, 9, 9) in [(i.onset, i.apex, i.offset) for i in intervals]
    assert all(0 < i.onset <= i.offset for i in intervals)
    notes = [remark.what for remark in release.report.of_kind("note")]
    assert any("037_9" in what or "spNO.99" in what for what in notes), "a folder without a row"
    assert len(release.videos) == 6


def test_the_published_counts_of_samm_lv_are_compared(tmp_path):
    release = read_videos("samm_lv", fake_videos("samm_lv", tmp_path / "r", clean=True, seconds=3))
    (note,) = release.report.remarks
    assert note.what == (
        "6 micro-expressions and 6 macro-expressions; published: 159 micro-expressions and 343 "
        "macro-expressions"
    )


def test_videos_without_frames_are_named(tmp_path):
    root = fake_videos("samm_lv", tmp_path / "r", clean=True, seconds=3)
    shutil.rmtree(root / "SAMM_longvideos" / "006_2")
    release = read_videos("samm_lv", root)
    assert [r.clip for r in release.report.of_kind("dropped")] == ["samm_lv/006_2"]
    assert release.counts == {"micro": 5, "macro": 5}
    shutil.rmtree(root / "SAMM_longvideos")
    with pytest.raises(DatasetError, match=r"holds no frames.*006_1.*found: none"):
        read_videos("samm_lv", root)


@pytest.mark.parametrize(
    ("name", "cell", "value", "message"),
    [
        (
            "samm_lv",
            "H11",
            "Mezzo",
            "Type is 'Mezzo', expected text that begins with Micro or Macro",
        ),
        ("samm_lv", "D11", "soon", "Onset is 'soon', expected a whole number"),
        ("samm_lv", "B11", "007_1_1", "Filename is '007_1_1', expected a name such as 006_1_2"),
        ("casme3", "A2", "sub01", "Subject is 'sub01', expected a name such as spNO.1"),
        ("casme3", "G1", "Kind", "no column 'Expression type'; it has Subject, Filename"),
    ],
)
def test_wrong_tables_are_named(edited, name, cell, value, message):
    def change(sheet):
        sheet[cell] = value

    with pytest.raises(DatasetError, match=message):
        read_videos(name, edited(name, change))


def test_the_old_excel_format_is_named_and_the_copy_beside_it_is_read(tmp_path):
    root = fake_videos("casme3", tmp_path / "r", seconds=3)
    table = root / "CAS(ME)3_part_A_v2.xlsx"
    old = table.rename(table.with_suffix(".xls"))
    with pytest.raises(DatasetError, match=r"Save it again as \.xlsx"):
        read_videos("casme3", root)
    shutil.copy(old, table)
    (root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx").write_bytes(b"of micro-expressions only")
    assert len(read_videos("casme3", root).videos) == 6


def test_bad_arguments(tmp_path):
    with pytest.raises(UnknownNameError, match="samm_lv"):
        read_videos("samm", tmp_path)
    with pytest.raises(DatasetError, match="There is no folder"):
        read_videos("samm_lv", tmp_path / "nowhere")
    with pytest.raises(UnknownNameError, match="casme3"):
        fake_videos("casme2", tmp_path / "a")
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(OutputExistsError, match="is not empty"):
        fake_videos("samm_lv", tmp_path)
