"""What moved stands beside the label: entries, their companion, files and reports."""

import dataclasses
import json
import shutil

import numpy as np
import pytest

import mer_zoo
from mer_zoo.action_units import OUTPUTS, UNITS, moved_units, target_row
from mer_zoo.batch.readers import EntryReader, ReadOptions
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip
from mer_zoo.errors import CardError
from mer_zoo.explain import explain_reading
from mer_zoo.readings import render_reading
from mer_zoo.zoo import find
from mer_zoo.zoo.companions import companion_of
from mer_zoo.zoo.golden import golden_clips


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_casme2")


def test_the_units_stand_beside_the_label(model):
    clips = golden_clips()
    smile = model.predict_clip(clips["lip_corner_puller"], aligned=True)
    assert smile.action_unit_code == "12" and list(smile.unit_probabilities) == list(OUTPUTS)
    (unit,) = smile.action_units
    assert (unit.name, unit.words, unit.side) == ("AU 12", "lip corner puller", "both")
    brows = model.predict_clip(clips["inner_and_outer_brow_raiser"], aligned=True)
    assert {1, 2} <= {unit.number for unit in brows.action_units}
    assert "AU 12, lip corner puller, both" in str(smile)


def test_the_companion_reads_the_same_image(model):
    clip = golden_clips()["lip_corner_puller"]
    own = mer_zoo.load("meganet_au").predict_clip(clip, aligned=True)
    beside = model.predict_clip(clip, aligned=True)
    assert own.unit_probabilities == pytest.approx(beside.unit_probabilities, abs=1e-6)
    assert own.label == beside.action_unit_code and own.expression


def test_every_companion_reads_the_image_of_its_entry():
    named = [card for card in map(mer_zoo.card, mer_zoo.list_models()) if card.companion]
    assert len(named) > 5
    assert all(companion_of(card).card.preprocessing == card.preprocessing for card in named)


def test_a_companion_of_other_images_is_refused(model):
    with pytest.raises(CardError, match="reads other images"):
        companion_of(dataclasses.replace(model.card, companion="meganet_flow_au"))
    with pytest.raises(CardError, match="names none"):
        companion_of(dataclasses.replace(model.card, companion="meganet_tiny"))


def test_a_frozen_face_shows_no_unit(model):
    still = golden_clips()["lip_corner_puller"].frames[:1]
    noise = np.random.default_rng(0).normal(0, 2, (40, *still.shape[1:]))
    clip = Clip.from_array(np.clip(still + noise, 0, 255).astype(np.uint8), fps=30)
    assert model.predict_clip(clip, aligned=True).action_units == ()


def test_a_real_smile_is_a_lip_corner_puller(model):
    reading = model.predict_video(demonstration.smile())
    assert 12 in {unit.number for unit in reading.action_units}


def test_json_table_report_and_map_tell_the_units(model):
    reading = model.predict_clip(golden_clips()["lip_corner_puller"], aligned=True)
    (told,) = json.loads(reading.to_json())["action_units"]
    assert (told["name"], told["words"], told["side"]) == ("AU 12", "lip corner puller", "both")
    row = reading.to_frame().loc[0]
    assert row["action_units"] == "12" and row["AU12"] == pytest.approx(
        told["probability"], abs=1e-4
    )
    page = render_reading(reading)
    assert "lip corner puller, both" in page and page.count('class="pull"') == 2
    assert "Action units" not in render_reading(dataclasses.replace(reading, action_units=None))
    units = mer_zoo.load("meganet_au")
    own = units.predict_clip(golden_clips()["lip_corner_puller"], aligned=True)
    assert explain_reading(units, own).max() == pytest.approx(1)


def test_of_the_upper_face_only_its_units_are_named():
    row = target_row([str(number) for number in UNITS])
    thresholds = [0.5] * len(UNITS)
    assert len(moved_units(row, thresholds)) == len(UNITS)
    upper = {unit.number for unit in moved_units(row, thresholds, upper_face=0.6)}
    assert upper == {1, 2, 4, 5, 6, 7, 9}
    assert moved_units(row * 0.55, thresholds, upper_face=0.6) == ()


@pytest.mark.parametrize(
    ("left", "right", "one_sided", "side"),
    [
        (0.40, 0.02, 0.40, "left"),  # both is the most probable: 0.48
        (0.02, 0.40, 0.40, "right"),
        (0.40, 0.02, 0.45, "both"),
        (0.30, 0.25, 0.10, "both"),
        (0.00, 0.00, 0.00, "both"),
    ],
)
def test_a_side_is_named_where_left_and_right_differ_enough(left, right, one_sided, side):
    row = np.zeros(len(OUTPUTS), np.float32)
    for name, value in (("AU12", 0.9), ("AU12 left", left), ("AU12 right", right)):
        row[OUTPUTS.index(name)] = value
    (unit,) = moved_units(row, [0.5] * len(UNITS), one_sided=one_sided)
    assert unit.side == side


def test_the_card_says_from_where_on_a_unit_is_one_sided():
    model = mer_zoo.load("meganet_au")
    clip = golden_clips()["lip_corner_puller"]
    assert model.card.one_sided == pytest.approx(0.33)
    assert model.predict_clip(clip, aligned=True).label == "12"
    card = dataclasses.replace(model.card, one_sided=1e-5)
    strict = type(model)(model.network, card).predict_clip(clip, aligned=True)
    assert strict.label == "L12" and strict.to_frame().loc[0, "action_units"] == "L12"
    assert strict.unit_probabilities == pytest.approx(
        model.predict_clip(clip, aligned=True).unit_probabilities
    )


@pytest.mark.parametrize("name", ["meganet_au", "meganet_flow_au"])
def test_the_sides_are_right_on_both_kinds_of_clips(name):
    scores = {metric.name: metric for metric in mer_zoo.card(name).metrics}
    assert scores["side"].value >= 0.9 and scores["side_both"].value >= 0.85
    assert scores["side_mean"].value == pytest.approx(
        (scores["side"].value + scores["side_both"].value) / 2, abs=1e-4
    )


def test_a_batch_is_not_resumed_with_another_threshold(tmp_path):
    folder = tmp_path / "entry"
    shutil.copytree(find("meganet_au").folder, folder)

    def described():
        return EntryReader.of(folder, "torch", ReadOptions()).describe()

    before, card = described(), mer_zoo.card(folder)
    dataclasses.replace(card, one_sided=0.7).write(folder / "card.toml")
    assert described() != before
    units = [dataclasses.replace(card.units[0], threshold=0.9), *card.units[1:]]
    dataclasses.replace(card, units=units).write(folder / "card.toml")
    assert described() != before
    card.write(folder / "card.toml")
    assert described() == before


@pytest.mark.parametrize(
    ("coded", "shown"),
    [
        (["12"], ["AU12"]),
        (["AU4", "4"], ["AU4"]),
        (["L14"], ["AU14", "AU14 left"]),
        (["R10", "L10"], ["AU10"]),
        (["L14 or R14"], ["AU14"]),
        (["12B", "6(k)", "43", "?"], ["AU6", "AU12"]),
    ],
)
def test_what_coders_write_becomes_targets(coded, shown):
    row = target_row([text.removeprefix("AU") for text in coded])
    assert [name for name, value in zip(OUTPUTS, row, strict=True) if value] == shown
