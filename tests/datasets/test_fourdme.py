import pytest

from mer_zoo.datasets import load
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import DatasetError


def test_several_emotions_become_one_class_in_the_fixed_order(releases):
    dataset = load("4dme", releases("4dme"))
    assert len(dataset) == 9
    assert dataset.class_names[-1] == "negative+surprise"
    mixed = dataset.table[dataset.table["label"] == "negative+surprise"]
    assert list(mixed["emotion"]) == ["Surprise+Negative"]
    own = load("4dme", releases("4dme"), classes={"negative+surprise": "b", "positive": "a"})
    assert own.class_names == ("b", "a") and own.protocol == f"custom-{len(own)}"


def test_marked_action_units_keep_their_mark(releases):
    dataset = load("4dme", releases("4dme"))
    row = list(dataset.table["aus"]).index("AU12+AU14(k)")
    assert dataset.clip(row).action_units == ("12", "14(k)")


def test_an_emotion_that_4dme_does_not_have(tmp_path, edit_table):
    root = fake_release("4dme", tmp_path / "r", with_frames=False)
    edit_table(root, lambda sheet: setattr(sheet["C3"], "value", "Negative+Boredom"))
    with pytest.raises(DatasetError, match=r"row 3 .*'Negative\+Boredom'.*Expected positive"):
        load("4dme", root, frames="ignore")


def test_the_rows_said_to_be_exchanged_are_pointed_at(releases):
    root = releases("4dme", subjects=49, clips_per_subject=3, with_frames=False)
    dataset = load("4dme", root, frames="ignore")
    notes = [r for r in dataset.report.of_kind("note") if "144 and 145" in r.why]
    assert len(dataset) == 147 and len(notes) == 2
    assert not [r for r in load("4dme", releases("4dme")).report.remarks if "144" in r.why]
