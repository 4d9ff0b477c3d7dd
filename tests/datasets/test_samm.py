import shutil
from pathlib import Path

import pytest

from mer_zoo.datasets import load, read_table
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


def test_the_table_below_its_preamble(releases):
    dataset = load("samm", releases("samm"))
    assert len(dataset) == 12
    assert dataset.class_names[:5] == ("anger", "contempt", "happiness", "surprise", "other")
    assert set(dataset.table["emotion"]) >= {"Anger", "Contempt"}
    assert set(dataset.table["label"]) <= set(dataset.class_names)


def test_the_preamble_may_be_of_any_length(tmp_path, edit_table):
    root = fake_release("samm", tmp_path / "r")
    before = load("samm", root)
    edit_table(root, lambda sheet: sheet.insert_rows(1, 4))
    assert load("samm", root).digest == before.digest
    edit_table(root, lambda sheet: sheet.delete_rows(1, 16))
    assert load("samm", root).digest == before.digest


def test_the_sheet_is_known_by_its_name_when_several_would_do(tmp_path, edit_table):
    root = fake_release("samm", tmp_path / "r")
    path = edit_table(root, lambda sheet: setattr(sheet, "title", "Blad1"))
    with pytest.raises(DatasetError, match=r"several sheets.*'Blad1', 'MICRO_MACRO'.*MICRO_ONLY"):
        read_table("samm", path)


def test_others_and_other_are_one_class(tmp_path):
    root = fake_release("samm", tmp_path / "r", subjects=6, clips_per_subject=5)
    table = read_table("samm", next(root.glob("*.xlsx"))).table
    written = table[table["label"] == "other"]["emotion"]
    assert set(written) == {"Other", "Others"}


def test_known_mistakes(releases, row_of, whats):
    dataset = load("samm", releases("samm"))
    assert row_of(dataset, "samm/013/013_1_9")["offset"] == 5739
    for clip in ("samm/028/028_4_1", "samm/032/032_3_1"):
        row = row_of(dataset, clip)
        assert row["apex"] == (row["onset"] + row["offset"]) // 2
        assert len(whats(dataset, "repaired", clip)) == 1


def test_file_numbers_of_four_and_five_digits(releases):
    dataset = load("samm", releases("samm"))
    digits = {len(next(Path(p).iterdir()).stem.split("_")[1]) for p in dataset.table["path"]}
    assert digits == {4, 5}
    clip = dataset.clip(0)
    assert clip.onset == 0 and clip.n_frames == clip.offset + 1
    assert (clip.frames[..., 0] == clip.frames[..., 2]).all()  # grey


def test_subject_and_file_name_have_to_agree(tmp_path, edit_table):
    root = fake_release("samm", tmp_path / "r")
    path = edit_table(root, lambda sheet: setattr(sheet["A15"], "value", "030"))
    with pytest.raises(DatasetError, match=r"row 15 of sheet 'MICRO_ONLY': Filename is '006_.*030"):
        read_table("samm", path)


def test_a_clip_without_frames_is_dropped_and_said(tmp_path):
    root = fake_release("samm", tmp_path / "r")
    first = load("samm", root).table.iloc[0]
    shutil.rmtree(first["path"])
    dataset = load("samm", root)
    assert len(dataset) == 11
    (remark,) = dataset.report.of_kind("dropped")
    assert remark.clip == first["clip"] and "no folder" in remark.what
    shutil.rmtree(root / "SAMM")
    with pytest.raises(DatasetError, match=r"None of the 12 clips .* has frames. Is root"):
        load("samm", root)
