import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from mer_zoo.datasets import load
from mer_zoo.datasets.action_units import split_action_units
from mer_zoo.errors import DatasetError

COLUMNS = [
    "dataset",
    "subject",
    "clip",
    "onset",
    "apex",
    "offset",
    "aus",
    "emotion",
    "label",
    "path",
    "fps",
]


def number_of(file):
    return int(re.findall(r"\d+", file.stem)[-1])


def test_columns_and_kinds(releases):
    for name in ("casme2", "smic", "flow"):
        table = load(name, releases(name)).table
        assert list(table.columns) == COLUMNS
        assert {str(table[phase].dtype) for phase in ("onset", "apex", "offset")} == {"Int64"}
        assert str(table["fps"].dtype) == "Float64"


@pytest.mark.parametrize("name", ["casme2", "samm", "smic", "casme3", "mmew", "4dme"])
def test_the_onset_apex_and_offset_frames_are_the_files_of_those_numbers(releases, name):
    dataset = load(name, releases(name))
    for i in range(len(dataset)):
        clip, row = dataset.clip(i), dataset.table.iloc[i]
        files = {number_of(file): file for file in Path(row["path"]).iterdir()}
        for phase in ("onset", "apex", "offset"):
            stored = cv2.imread(str(files[row[phase]]))[..., ::-1]
            np.testing.assert_array_equal(clip.frames[getattr(clip, phase)], stored)
        assert clip.subject == row["subject"] and clip.label == row["label"]
        assert clip.onset == 0 and clip.offset == clip.n_frames - 1
        assert clip.fps == pytest.approx(row["fps"])


def test_labels_and_subjects(releases):
    dataset = load("smic", releases("smic"))
    assert dataset.labels.dtype == np.int64
    names = [dataset.class_names[label] for label in dataset.labels]
    assert names == list(dataset.table["label"])
    assert dataset.subjects.shape == (9,) and dataset.subjects.dtype.kind == "U"


def test_subset(releases):
    dataset = load("smic", releases("smic"))
    mask = dataset.subjects == "smic/s02"
    part = dataset.subset(mask)
    assert len(part) == 3 and set(part.subjects) == {"smic/s02"}
    assert part.class_names == dataset.class_names and part.protocol == dataset.protocol
    assert part.clip(0).source == dataset.clip(3).source
    back = dataset.subset([5, 1])
    assert list(back.table["clip"]) == [dataset.table["clip"][5], dataset.table["clip"][1]]
    assert len(dataset.subset([])) == 0
    assert part.digest != dataset.digest


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([9], "Row 9 .*expected 0 to 8"),
        ([-1], "Row -1"),
        ([True, False], r"mask has shape \(2,\)"),
        ([0.5], "row numbers"),
        ([[0]], "one dimension"),
    ],
)
def test_subsets_that_are_none(releases, rows, message):
    with pytest.raises(DatasetError, match=message):
        load("smic", releases("smic")).subset(rows)


def test_frames_and_images_are_not_mixed_up(releases):
    with pytest.raises(DatasetError, match=r"holds frames; read them with dataset\.clip"):
        load("smic", releases("smic")).image(0)
    with pytest.raises(DatasetError, match=r"holds images; read them with dataset\.image"):
        load("flow", releases("flow")).clip(0)
    with pytest.raises(DatasetError, match="Row 27"):
        load("flow", releases("flow")).image(27)


def test_clips_carry_their_action_units(releases):
    dataset = load("casme2", releases("casme2"))
    units = {dataset.table["aus"][i]: dataset.clip(i).action_units for i in range(len(dataset))}
    assert units["4+L10"] == ("4", "L10")
    assert all(isinstance(unit, str) for found in units.values() for unit in found)


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("12", ("12",)),
        ("4+L10", ("4", "L10")),
        ("R6 + R12", ("R6", "R12")),
        ("AU12A+AU25", ("12A", "25")),
        ("AU4+AU12(k)", ("4", "12(k)")),
        ("L14 or R14", ("L14 or R14",)),
        ("AU12 OR AU 15 + 17", ("12 or 15", "17")),
        ("1\uff0c2", ("1", "2")),
        ("?", ()),
        ("4+?", ("4",)),
        ("", ()),
    ],
)
def test_action_units(text, units):
    assert split_action_units(text) == units


def test_it_says_what_it_is(releases):
    text = repr(load("smic", releases("smic")))
    assert text == "Dataset('smic', protocol='all', 9 clips, 3 subjects, 3 classes)"
