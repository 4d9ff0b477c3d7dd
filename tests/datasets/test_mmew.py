import pytest

from mer_zoo.datasets import load, read_table
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


@pytest.mark.parametrize("layout", ["emotions", "subjects"])
def test_both_trees(releases, layout):
    dataset = load("mmew", releases("mmew", layout=layout))
    assert len(dataset) == 9
    assert not dataset.table["path"].str.contains("Macro").any()
    assert dataset.digest == load("mmew", releases("mmew")).digest


def test_wrong_phases(releases, row_of, whats):
    dataset = load("mmew", releases("mmew"))
    truth = load("mmew", releases("mmew", clean=True))
    first, second = dataset.table["clip"][:2]
    row = row_of(dataset, first)
    assert row["apex"] == (row["onset"] + row["offset"]) // 2
    # The folder holds onset..offset only, so its last file is the offset.
    assert row_of(dataset, second)["offset"] == row_of(truth, second)["offset"]
    assert len(whats(dataset, "repaired", second)) == 2


def test_without_frames_an_impossible_offset_stays_unknown(releases, row_of, whats):
    root = releases("mmew")
    dataset = read_table("mmew", root / "MMEW_Micro_Exp.xlsx")
    clip = dataset.table["clip"][1]
    assert whats(dataset, "repaired", clip)[0].endswith("-> not known")
    assert dataset.table["offset"].isna().sum() == 1


def test_subject_and_file_name_have_to_agree(tmp_path, edit_table):
    root = fake_release("mmew", tmp_path / "r", with_frames=False)
    path = edit_table(root, lambda sheet: setattr(sheet["A2"], "value", 7))
    with pytest.raises(
        DatasetError, match=r"row 2 .*Filename is 'S01-.*begin with the subject S07"
    ):
        read_table("mmew", path)


def test_the_full_release_is_recognised(releases):
    root = releases("mmew", full=True, with_frames=False)
    dataset = load("mmew", root, frames="ignore")
    assert len(dataset) == 300 and dataset.table_version == "release"
