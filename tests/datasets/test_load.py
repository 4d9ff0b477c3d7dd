import random
import shutil

import pytest

from mer_zoo.datasets import NAMES, load, read_table
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError, UnknownNameError


def shuffled(sheet, header=1, seed=1):
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=header + 1)]
    random.Random(seed).shuffle(rows)
    for number, row in enumerate(rows, header + 1):
        for column, value in enumerate(row, 1):
            sheet.cell(number, column).value = value


@pytest.mark.parametrize("name", ["casme2", "mmew", "casme3"])
def test_the_digest_depends_on_neither_row_order_nor_place(tmp_path, releases, edit_table, name):
    before = load(name, releases(name))
    root = tmp_path / "elsewhere" / "copy"
    shutil.copytree(releases(name), root)
    edit_table(root, shuffled)
    after = load(name, root)
    assert after.digest == before.digest
    assert list(after.table["clip"]) == list(before.table["clip"]) == sorted(before.table["clip"])


def test_the_digest_depends_on_what_is_in_the_table(tmp_path, edit_table, releases):
    root = releases("casme2", with_frames=False)
    digests = {
        load("casme2", root, frames="ignore").digest,
        load("casme2", root, frames="ignore", missing_apex="spot").digest,
        load("casme2", root, frames="ignore", corrections=False).digest,
        load("casme2", root, frames="ignore", classes={"disgust": "negative"}).digest,
    }
    assert len(digests) == 4


def test_own_classes(releases):
    dataset = load("casme2", releases("casme2"), classes={"Disgust": "bad", "happiness": "good"})
    assert dataset.class_names == ("bad", "good")
    assert set(dataset.table["emotion"]) == {"disgust", "happiness"}
    assert dataset.protocol == f"custom-{len(dataset)}"
    dropped = dataset.report.of_kind("dropped")
    assert len(dropped) + len(dataset) == dataset.report.rows_read == 17


@pytest.mark.parametrize("classes", [{}, ["disgust"], {"disgust": ""}, {"disgust": 1}])
def test_own_classes_that_are_none(releases, classes):
    with pytest.raises(DatasetError, match="classes"):
        load("casme2", releases("casme2"), classes=classes)


def test_an_emotion_of_own_classes_that_is_not_known(releases):
    with pytest.raises(UnknownNameError, match=r"emotion of casme2 named 'disgusted'.*'disgust'"):
        load("casme2", releases("casme2"), classes={"disgusted": "bad"})


def test_an_unknown_emotion_in_the_table_needs_own_classes(tmp_path, edit_table):
    root = fake_release("casme2", tmp_path / "r", with_frames=False, clean=True)
    edit_table(root, lambda sheet: setattr(sheet["I3"], "value", "Boredom"))
    with pytest.raises(DatasetError, match=r"row 3 of sheet 'Sheet1': 'Boredom'.*classes="):
        load("casme2", root, frames="ignore")
    own = {"boredom": "flat", "happiness": "good"}
    assert load("casme2", root, frames="ignore", classes=own).class_counts["flat"] == 1


def test_repeated_rows(tmp_path, edit_table):
    root = fake_release("casme2", tmp_path / "r", with_frames=False, clean=True)
    before = load("casme2", root, frames="ignore")

    def repeat(sheet):
        sheet.append([cell.value for cell in sheet[3]])

    edit_table(root, repeat)
    dataset = load("casme2", root, frames="ignore")
    assert dataset.digest == before.digest
    (remark,) = dataset.report.remarks
    assert remark.kind == "dropped" and remark.what.startswith(
        "row 11 of sheet 'Sheet1' repeats row 3"
    )
    edit_table(root, lambda sheet: setattr(sheet["D11"], "value", 1))
    with pytest.raises(DatasetError, match=r"twice, and differently: row 3 .* and row 11 "):
        load("casme2", root, frames="ignore")


def test_the_pooled_dataset(tmp_path):
    roots = fake_release("megc2019", tmp_path / "r", full=True, clip_length=(3, 4))
    dataset = load("megc2019", roots)
    assert len(dataset) == 442 and len(set(dataset.subjects)) == 68
    assert dataset.name == "megc2019" and dataset.protocol == "megc2019-442"
    assert list(dataset.table["clip"]) == sorted(dataset.table["clip"])
    assert dataset.table_version == "casme2 20140508; samm v2; smic folders"
    assert dataset.clip(441).subject.startswith("smic/")
    for clip in ("samm/028/028_4_1", "smic/s01/s01_ne_01"):
        assert clip in {remark.clip for remark in dataset.report.of_kind("repaired")}


def test_casme3_is_pooled_with_two_more_in_three_classes_or_seven(tmp_path):
    name = "casme2+casme3+samm"
    roots = fake_release(name, tmp_path / "r", full=True, with_frames=False)
    three = load(name, roots, frames="ignore")
    seven = load(name, roots, protocol=f"{name}-7class-1274", frames="ignore")
    assert three.protocol == f"{name}-3class-977"
    assert three.class_counts == {"negative": 637, "positive": 113, "surprise": 227}
    assert seven.class_counts["anger"] == 57 + 64  # CASME II has none
    assert {subject.split("/")[0] for subject in seven.subjects} == {"casme2", "casme3", "samm"}
    with pytest.raises(UnknownNameError, match="3class-977"):
        load(name, roots, protocol="megc2019-442")


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("somewhere", "root of megc2019 is 'somewhere'; expected a mapping"),
        ({"casme2": "a", "casme3": "b"}, "expected a mapping with the keys casme2, samm, smic"),
        ({"casme2": "a", "samm": "b"}, "has no smic; all 3 are pooled"),
    ],
)
def test_the_pooled_dataset_needs_three_roots(root, message):
    with pytest.raises(DatasetError, match=message):
        load("megc2019", root)


def test_one_dataset_has_one_root(tmp_path):
    for arguments in ({"root": {"casme2": tmp_path}}, {"root": tmp_path, "table": {"casme2": "a"}}):
        with pytest.raises(DatasetError, match="of casme2 is a mapping; expected a path"):
            load("casme2", **arguments)


def test_bad_arguments(releases, tmp_path):
    root = releases("casme2")
    for options, message in (
        ({"missing_apex": "end"}, "missing_apex is 'end'; expected middle, drop, spot"),
        ({"frames": "maybe"}, "frames is 'maybe'; expected check, ignore"),
        ({"fps": 30}, "fps is for custom clips"),
        ({"segment": "both"}, "segment is for precomputed flow"),
        ({"protocol": "casme2-5class-246", "classes": {"disgust": "b"}}, "protocol and classes"),
        ({"table": tmp_path / "none.xlsx"}, r"no annotation table .*none\.xlsx"),
    ):
        with pytest.raises(DatasetError, match=message):
            load("casme2", root, **options)
    with pytest.raises(DatasetError, match="There is no folder"):
        load("casme2", tmp_path / "none")
    with pytest.raises(DatasetError, match=r"no annotation table in .*; expected CASME2-coding"):
        load("casme2", tmp_path)
    with pytest.raises(DatasetError, match="Give root"):
        load("samm", None)
    with pytest.raises(UnknownNameError, match=r"dataset named 'casme'.*Did you mean 'casme"):
        load("casme", root)


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"smic", "custom"}))
def test_a_table_can_be_read_without_frames(releases, name):
    root = releases(name)
    table = next(iter([*root.glob("*.xlsx"), *root.glob("labels.csv")]))
    dataset = read_table(name, table)
    assert len(dataset) == len(load(name, root))
    assert (dataset.table["path"] == "").all()
    with pytest.raises(DatasetError, match="without its frames"):
        dataset.clip(0) if dataset.kind == "frames" else dataset.image(0)


def test_no_clip_left(releases):
    with pytest.raises(DatasetError, match="no clip is left"):
        load("smic", releases("smic"), missing_apex="drop")
