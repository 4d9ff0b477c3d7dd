import shutil

import pytest

from mer_zoo.batch.inputs import expand
from mer_zoo.clips.video import VIDEO_SUFFIXES
from mer_zoo.datasets import load
from mer_zoo.errors import ClipError, DatasetError


def test_a_csv_table(releases):
    root = releases("custom")
    dataset = load("custom", root)
    assert len(dataset) == 9 and dataset.class_names == ("calm", "tense")
    assert dataset.table["clip"][0] == "custom/person1/clips/person1/clip1"
    assert set(dataset.subjects) == {f"custom/person{n}" for n in (1, 2, 3)}
    assert dataset.clip(4).label == dataset.table["label"][4]
    assert load("custom", root / "clips.csv").digest == dataset.digest
    assert load("custom", None, table=root / "clips.csv").digest == dataset.digest
    (repair,) = dataset.report.of_kind("repaired")
    assert repair.clip.endswith("clip1")


@pytest.mark.parametrize("layout", ["folders", "names"])
def test_a_folder_a_class(releases, layout):
    root = releases("custom", layout=layout)
    dataset = load("custom", root, fps=100)
    assert len(dataset) == 9
    assert dataset.class_counts == {"calm": 5, "tense": 4}
    assert set(dataset.subjects) == {f"custom/person{n}" for n in (1, 2, 3)}
    assert dataset.clip(0).fps == pytest.approx(100)
    with pytest.raises(DatasetError, match="Give fps= for the folders of frames"):
        load("custom", root)


def test_class_folders_take_the_videos_that_predict_reads(tmp_path):
    folder = tmp_path / "tense" / "ann"
    folder.mkdir(parents=True)
    for number, suffix in enumerate(VIDEO_SUFFIXES):
        (folder / f"{number}{suffix}").touch()
    (folder / "large.MPEG").touch()
    (folder / "notes.txt").touch()
    videos = [str(each.path) for each in expand([folder])]
    assert len(videos) == len(VIDEO_SUFFIXES) + 1
    assert list(load("custom", tmp_path).table["path"]) == videos


def test_several_expressions_in_one_folder(releases):
    root = releases("custom")
    text = (root / "clips.csv").read_text().splitlines()
    path, onset = text[1].split(",")[0], int(text[1].split(",")[3])
    table = root / "two.txt.csv"
    try:
        table.write_text(
            "path,subject,label,onset,apex,offset,fps\n"
            f"{path},lab/ann,calm,{onset},{onset + 2},{onset + 4},100\n"
            f"{path},lab/ann,tense,{onset + 5},{onset + 6},{onset + 8},100\n"
        )
        dataset = load("custom", root, table=table)
    finally:
        table.unlink(missing_ok=True)
    assert list(dataset.table["clip"]) == [
        f"lab/ann/{path}_{onset}",
        f"lab/ann/{path}_{onset + 5}",
    ]
    assert set(dataset.table["dataset"]) == {"lab"}
    assert [dataset.clip(i).phases for i in (0, 1)] == [(0, 2, 4), (0, 1, 3)]


def test_subject_and_label_are_needed(releases, tmp_path):
    folder = releases("custom") / "clips" / "person1" / "clip1"
    table = tmp_path / "clips.csv"
    table.write_text(f"path,label,fps\n{folder},calm,100\n")
    with pytest.raises(DatasetError, match=r"no subject in line 2.*splits are by subject"):
        load("custom", table)
    table.write_text(f"path,subject,fps\n{folder},ann,100\n")
    with pytest.raises(DatasetError, match="no label in line 2"):
        load("custom", table)
    table.write_text(f"path,subject,label,onset,fps\n{folder},ann,calm,1e20,100\n")
    with pytest.raises(DatasetError, match="line 2: expected frame numbers up to 999999999"):
        load("custom", table)
    table.write_text("path,subject,label\nnothing.mp4,ann,calm\n")
    with pytest.raises(ClipError, match=r"nothing\.mp4"):
        load("custom", table)


def test_trees_that_cannot_be_understood(tmp_path):
    with pytest.raises(DatasetError, match="no clip was found"):
        load("custom", tmp_path)
    (tmp_path / "calm" / "ann").mkdir(parents=True)
    (tmp_path / "calm" / "stray.mp4").write_bytes(b"")
    with pytest.raises(DatasetError, match=r"Not understood: .*stray\.mp4"):
        load("custom", tmp_path)
    with pytest.raises(DatasetError, match="There is no folder or csv table"):
        load("custom", tmp_path / "none")


def test_two_tables(releases, tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("path\n")
    with pytest.raises(DatasetError, match=r"several tables: a\.csv, b\.csv"):
        load("custom", tmp_path)


@pytest.fixture
def clips_of(tmp_path):
    """Writes a table with one (never read) video for each (subject, label)."""

    def write(*rows, path="{}.mp4"):
        lines = ["path,subject,label"]
        for i, (subject, label) in enumerate(rows):
            (tmp_path / path.format(i)).touch()
            lines.append(f"{path.format(i)},{subject},{label}")
        table = tmp_path / "clips.csv"
        table.write_text("\n".join(lines), encoding="utf-8")
        return table

    return write


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann", "ann"),
        ("1", "01"),
        ("1", "1.0"),
        ("Ann B", "ann  b"),
        ("\uff11", "1"),
        ("lab/a", "Lab/b"),
    ],
)
def test_names_that_differ_in_spelling_only_are_refused(clips_of, one, other):
    with pytest.raises(
        DatasetError, match=r"clips\.csv: there is a \w+ '.+' and a \w+ '.+'\. .*one way"
    ):
        load("custom", clips_of((one, "calm"), (other, "tense")))
    if "/" not in one:
        with pytest.raises(DatasetError, match="there is a label"):
            load("custom", clips_of(("x", one), ("y", other)))


def test_spaces_and_unicode_forms_make_no_second_person(clips_of):
    dataset = load(
        "custom", clips_of(("Jos\u00e9", "calm"), (" Jose\u0301 ", "tense"), ("lab/ x", "calm"))
    )
    assert set(dataset.subjects) == {"custom/Jos\u00e9", "lab/x"}
    dataset = load(
        "custom",
        clips_of(
            ("1_0", "calm"),
            ("10", "tense"),
            ("12345678901234567", "calm"),
            ("12345678901234568", "calm"),
        ),
    )
    assert len(set(dataset.subjects)) == 4


def test_folders_that_differ_in_spelling_only(tmp_path):
    for folder in ("calm/bob", "tense/bob "):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1.mp4").touch()
    assert set(load("custom", tmp_path).subjects) == {"custom/bob"}
    (tmp_path / "Calm" / "ann").mkdir(parents=True)
    (tmp_path / "Calm" / "ann" / "1.mp4").touch()
    with pytest.raises(DatasetError, match="there is a label 'Calm' and a label 'calm'"):
        load("custom", tmp_path)


@pytest.mark.filterwarnings("ignore:.*listed twice")
def test_a_video_of_two_people_is_refused(clips_of):
    table = clips_of(("ann", "calm"), ("bob", "tense"), path="one.mp4")
    with pytest.raises(
        DatasetError, match=r"one\.mp4 belongs to two subjects, 'custom/ann' \(line 2\)"
    ):
        load("custom", table)


@pytest.mark.parametrize("cell", ["nan", "NaN", "None", "-", "<NA>", "NA"])
def test_a_value_that_pandas_writes_for_a_missing_one_is_no_name(clips_of, cell):
    with pytest.raises(
        DatasetError, match=r"no subject in line 3, line 4.*splits are by subject.*nan"
    ):
        load("custom", clips_of(("ann", "calm"), (cell, "calm"), (cell, "tense")))
    with pytest.raises(DatasetError, match="no label in line 3"):
        load("custom", clips_of(("ann", "calm"), ("bob", cell)))


def test_a_phase_without_a_frame_file_is_refused(releases, tmp_path):
    folder = releases("custom") / "clips" / "person1" / "clip1"
    table = tmp_path / "clips.csv"
    table.write_text(f"path,subject,label,onset,apex,fps\n{folder},ann,calm,0,90001,100\n")
    match = (
        r"clips\.csv, line 2: .*clip1 has no file with the number of .*apex 90001; .* numbered from"
    )
    with pytest.raises(DatasetError, match=match):
        load("custom", table)


def test_fps_leaves_the_times_of_videos(releases, tmp_path):
    folder = releases("custom") / "clips" / "person1" / "clip1"
    (tmp_path / "calm" / "ann").mkdir(parents=True)
    (tmp_path / "calm" / "ann" / "1.mp4").touch()
    with pytest.warns(UserWarning, match="fps=200 is not used"):
        load("custom", tmp_path, fps=200)
    shutil.copytree(folder, tmp_path / "tense" / "ann" / "2")
    table = load("custom", tmp_path, fps=200).table
    assert dict(zip(table["label"], table["fps"].fillna(0), strict=True)) == {
        "calm": 0,
        "tense": 200,
    }
