import cv2
import numpy as np
import pytest

from mer_zoo.datasets import load, read_table
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


def test_the_table_and_its_images(releases):
    dataset = load("flow", releases("flow"))
    assert dataset.kind == "images" and len(dataset) == 27
    assert dataset.class_counts == {"negative": 9, "positive": 9, "surprise": 9}
    assert set(dataset.table["dataset"]) == {"casme2", "samm", "smic"}
    assert {"smic/s01", "casme2/sub01", "samm/006"} <= set(dataset.subjects)
    assert dataset.table["onset"].isna().all()
    (note,) = dataset.report.remarks
    assert "sub99" in note.what


def test_channels_are_u_v_strain(releases):
    dataset = load("flow", releases("flow"))
    for i in range(len(dataset)):
        image = dataset.image(i)
        stored = cv2.imread(dataset.table["path"][i])
        assert image.dtype == np.float32 and image.shape == (28, 28, 3)
        np.testing.assert_array_equal(image[..., 2], stored[..., 0])  # strain is blue
        np.testing.assert_array_equal(image[..., 0], stored[..., 2])  # u is red


def test_segments(releases):
    root = releases("flow")
    first, second, both = (
        load("flow", root, segment=s) for s in ("onset_apex", "apex_offset", "both")
    )
    assert both.image(3).shape == (28, 28, 6)
    np.testing.assert_array_equal(
        both.image(3), np.concatenate([first.image(3), second.image(3)], axis=-1)
    )
    assert second.table["path"][0].endswith("_1 .png")
    assert both.subset([3]).image(0).shape == (28, 28, 6)
    with pytest.raises(DatasetError, match="segment is 'onset'; expected onset_apex"):
        load("flow", root, segment="onset")


def test_the_folds_make_up_the_same_dataset(releases):
    table, folds = load("flow", releases("flow")), load("flow", releases("flow", layout="folds"))
    columns = ["dataset", "subject", "clip", "label"]
    assert folds.table[columns].values.tolist() == table.table[columns].values.tolist()
    assert folds.digest == table.digest
    assert folds.table["path"].str.contains("u_test").all()
    inside = load("flow", releases("flow", layout="folds") / "three_norm_u_v_os")
    assert inside.digest == folds.digest
    with pytest.raises(DatasetError, match="folds of one segment"):
        load("flow", releases("flow", layout="folds"), segment="both")


def test_a_missing_image(tmp_path):
    root = fake_release("flow", tmp_path / "r", full=True, version="309")
    next((root / "onset_apex").glob("sub01_*")).unlink()
    with pytest.raises(DatasetError, match=r"megc2019-flow-309 needs the frames of 1 clips.*sub01"):
        load("flow", root, protocol="megc2019-flow-309")
    assert len(load("flow", root)) == 308
    with pytest.raises(DatasetError, match="has no folder 'apex_offset'"):
        (root / "apex_offset").rename(root / "other")
        load("flow", root, segment="both")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("casme2,sub01,EP99_01,3,,,", "label is '3', expected 0 .negative., 1"),
        ("casme2,sub01,EP99_01,,,,", "label is '', expected 0"),
        ("casme2,s01,EP99_01,1,,,", "sub is 's01', expected a subject of casme2"),
        ("casme4,sub01,EP99_01,1,,,", "dataset is 'casme4', expected casme2, smic, samm"),
        ("casme2,sub01,,1,,,", "filename_o is empty"),
    ],
)
def test_rows_that_cannot_be_used(tmp_path, line, message):
    table = tmp_path / "labels.csv"
    table.write_text(
        "dataset,sub,filename_o,label,apex,imagename,sub_filename\n"
        f"smic,s01,s01_ne_01,0,,,\n{line}\n"
    )
    with pytest.raises(DatasetError, match=f"line 3 of labels.csv: {message}"):
        read_table("flow", table)


def test_no_layout(tmp_path):
    with pytest.raises(DatasetError, match=r"has no table; expected labels\.csv"):
        load("flow", tmp_path)
