import pytest

from mer_zoo.datasets import load, read_table
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


def test_labels_come_from_folders_whatever_the_tree(releases):
    dataset = load("smic", releases("smic"))
    assert len(dataset) == 9
    assert dataset.class_counts == {"negative": 3, "positive": 3, "surprise": 3}
    assert dataset.table["clip"][0] == "smic/s01/s01_ne_01"
    assert set(dataset.subjects) == {"smic/s01", "smic/s02", "smic/s03"}
    assert load("smic", releases("smic", layout="s01")).digest == dataset.digest


def test_onset_and_offset_are_the_ends_and_the_apex_is_the_middle(releases):
    dataset = load("smic", releases("smic"))
    table = dataset.table
    assert (table["apex"] == (table["onset"] + table["offset"]) // 2).all()
    assert dataset.report.counts == {"repaired": 9, "dropped": 0, "note": 0}
    assert dataset.clip(0).n_frames == table["offset"][0] - table["onset"][0] + 1
    spot = load("smic", releases("smic"), missing_apex="spot")
    assert spot.table["apex"].isna().all() and spot.table["onset"].notna().all()


def test_other_cameras_are_left_alone(releases):
    root = releases("smic")
    assert (root / "VIS").is_dir() and list(root.rglob("non_micro"))
    assert not load("smic", root).table["path"].str.contains("VIS|non_micro").any()


def test_the_extended_table(tmp_path):
    root = fake_release("smic", tmp_path / "r", version="HS-E")
    path = root / "SMIC-HS-E_annotation.xlsx"
    folders, table = load("smic", root), load("smic", root, table=path)
    assert len(table) == 8 and table.table_version == "HS-E"
    # The offset is a formula without a stored value: it is computed.
    columns = ["clip", "onset", "apex", "offset", "label"]
    same = folders.table[folders.table["clip"].isin(set(table.table["clip"]))]
    assert table.table[columns].values.tolist() == same[columns].values.tolist()
    (below,) = [r for r in table.report.remarks if "below the table" in r.why]
    assert "Frame numbers count" in below.what
    assert len(read_table("smic", path)) == 8
    with pytest.raises(DatasetError, match="version is 'HS-E', the counts belong to 'folders'"):
        load("smic", root, table=path, protocol="smic-3class-164")


def test_a_clip_in_the_wrong_folder_is_refused(tmp_path):
    root = fake_release("smic", tmp_path / "r")
    micro = root / "HS" / "s1" / "micro"
    (micro / "negative" / "s1_ne_01").rename(micro / "positive" / "s1_ne_01")
    with pytest.raises(DatasetError, match=r"s1_ne_01 lies in 'positive', but 'ne'.*negative"):
        load("smic", root)
    (micro / "negative").mkdir(exist_ok=True)
    (micro / "positive" / "s1_ne_01").rename(micro / "negative" / "s2_ne_07")
    with pytest.raises(DatasetError, match=r"folder of s1, but its name says s02"):
        load("smic", root)


def test_there_is_no_table_to_read_alone(tmp_path):
    with pytest.raises(DatasetError, match="holds no clips of SMIC-HS"):
        load("smic", tmp_path)
