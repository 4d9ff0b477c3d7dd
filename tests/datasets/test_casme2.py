from pathlib import Path

import pytest

from mer_zoo.datasets import load
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


@pytest.mark.parametrize("layout", ["raw", "cropped", "updated"])
def test_every_tree_gives_the_same_dataset(releases, layout):
    dataset = load("casme2", releases("casme2", layout=layout))
    assert len(dataset) == 17
    assert dataset.digest == load("casme2", releases("casme2")).digest
    assert dataset.class_names[:5] == ("happiness", "disgust", "surprise", "repression", "others")
    assert set(dataset.table["subject"]) == {
        f"casme2/sub{n:02d}" for n in (1, 2, 3, 4, 5, 7, 16, 20, 24)
    }
    assert (dataset.table["fps"] == 200).all()


def test_the_apex_that_is_a_slash(releases, row_of, whats):
    root, clip = releases("casme2"), "casme2/sub04/EP12_01f"
    middle = load("casme2", root)
    row = row_of(middle, clip)
    assert row["apex"] == (row["onset"] + row["offset"]) // 2
    assert whats(middle, "repaired", clip) == [f"apex not known -> {row['apex']}"]
    dropped = load("casme2", root, missing_apex="drop")
    assert clip not in set(dropped.table["clip"]) and len(dropped) == 16
    assert len(whats(dropped, "dropped", clip)) == 1
    spot = load("casme2", root, missing_apex="spot")
    assert spot.table.loc[spot.table["clip"] == clip, "apex"].isna().all()
    assert spot.clip(list(spot.table["clip"]).index(clip)).apex is None


def test_the_wrong_offsets_are_corrected_unless_told_not_to(releases, row_of, whats):
    root = releases("casme2")
    for clip, written, right in (
        ("casme2/sub07/EP06_01", 68, 91),
        ("casme2/sub16/EP01_08", 110, 96),
    ):
        corrected = load("casme2", root)
        assert row_of(corrected, clip)["offset"] == right
        assert any(f"{written} -> {right}" in what for what in whats(corrected, "repaired", clip))
    kept = load("casme2", root, corrections=False)
    assert row_of(kept, "casme2/sub07/EP06_01")["offset"] == 68
    # No frame reaches 110: without the correction the nearest file is taken, and said.
    assert row_of(kept, "casme2/sub16/EP01_08")["offset"] == 96
    assert whats(kept, "repaired", "casme2/sub16/EP01_08") == ["offset 110 -> 96"]


def test_a_missing_frame_file_gives_the_nearest(releases, row_of, whats):
    dataset = load("casme2", releases("casme2"))
    row = row_of(dataset, "casme2/sub01/EP09f")
    assert whats(dataset, "repaired", "casme2/sub01/EP09f") == [
        f"apex {row['apex'] + 1} -> {row['apex']}"
    ]


def test_an_apex_on_the_onset_or_offset_is_noted_and_kept(releases, row_of, whats):
    dataset = load("casme2", releases("casme2"))
    onset, offset = "casme2/sub05/EP09_05f", "casme2/sub20/EP16_01"
    assert row_of(dataset, onset)["apex"] == row_of(dataset, onset)["onset"]
    assert row_of(dataset, offset)["apex"] == row_of(dataset, offset)["offset"]
    assert whats(dataset, "note", onset) and whats(dataset, "note", offset)


def test_frames_without_a_row_are_noted(releases):
    notes = load("casme2", releases("casme2")).report.of_kind("note")
    assert [n.what.endswith("EP02_07") for n in notes if "without a row" in n.why] == [True]
    clean = load("casme2", releases("casme2", clean=True))
    assert clean.report.remarks == ()


def test_file_names_are_opaque(releases):
    clips = set(load("casme2", releases("casme2")).table["clip"])
    names = {clip.split("/")[-1] for clip in clips}
    assert {"EP09f", "EP12_01f"} <= names
    assert any(name.count("_") == 2 for name in names)


def test_two_trees_in_one_root_are_refused(tmp_path):
    root = fake_release("casme2", tmp_path / "a", subjects=1)
    other = fake_release("casme2", tmp_path / "b", subjects=1, layout="cropped")
    (other / "Cropped").rename(root / "Cropped")
    with pytest.raises(DatasetError, match=r"twice.*Cropped.*one of the two trees"):
        load("casme2", root)
    (table,) = root.glob("*.xlsx")
    dataset = load("casme2", root / "Cropped", table=table)
    assert "Cropped" in dataset.table["path"][0]


def test_both_tables_in_one_root_are_refused(tmp_path):
    root = fake_release("casme2", tmp_path / "a", subjects=1)
    other = fake_release("casme2", tmp_path / "b", subjects=1, version="20190701")
    (table,) = other.glob("*.xlsx")
    table.rename(root / table.name)
    with pytest.raises(DatasetError, match=r"several tables: .*20140508.*20190701.*table="):
        load("casme2", root)
    dataset = load("casme2", root, table=root / table.name)
    labels = dict(zip(dataset.table["clip"], dataset.table["label"], strict=True))
    assert labels["casme2/sub24/EP07_01"] == "surprise"


def test_a_crop_numbered_anew_is_shifted(tmp_path, row_of, whats):
    root = fake_release("casme2", tmp_path / "r", subjects=1, clean=True)
    before = load("casme2", root)
    phases = before.clip(0).phases
    folder = next(iter(before.table["path"]))
    files = sorted(Path(folder).iterdir(), key=lambda f: int(f.stem.removeprefix("img")))
    for i, file in enumerate(files):
        file.rename(file.with_name(f"crop{i + 1:03d}.jpg"))
    after = load("casme2", root)
    old, new = before.table.iloc[0], after.table.iloc[0]
    assert new["onset"] == 1
    assert new["apex"] - new["onset"] == old["apex"] - old["onset"]
    assert len(whats(after, "repaired", new["clip"])) == 3
    assert after.clip(0).phases == phases


def test_frames_that_do_not_fit_the_table_are_not_used(tmp_path):
    root = fake_release("casme2", tmp_path / "r", subjects=1, clean=True)
    first = load("casme2", root).table.iloc[0]
    for i, file in enumerate(sorted(Path(first["path"]).iterdir())[:5]):
        file.rename(file.with_name(f"img{9000 + i}.jpg"))
    for file in Path(first["path"]).glob("img[!9]*.jpg"):
        file.unlink()
    dataset = load("casme2", root)
    (remark,) = dataset.report.of_kind("dropped")
    assert remark.clip == first["clip"] and "9000 to 9004" in remark.what
