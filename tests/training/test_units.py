"""Entries that name action units: from photographs to a reading."""

import dataclasses

import numpy as np
import pytest

import mer_zoo
from mer_zoo.action_units import OUTPUTS, UNITS, mirrored_order, target_row
from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Examples
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes import Recipe, find_recipe
from mer_zoo.recipes.recipe import Augmentation
from mer_zoo.recipes.search_space import Search
from mer_zoo.training import train_on_real, train_on_synthetic
from mer_zoo.training.batches import Batches
from mer_zoo.training.calibration import best_one_sided, best_threshold, platt
from mer_zoo.zoo.golden import golden_clips, resized
from tests.photographs import write_photographs
from tests.toy_recipes import SYNTHETIC_UNITS


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    file = tmp_path_factory.mktemp("recipe") / "toy.toml"
    file.write_text(SYNTHETIC_UNITS)
    return Recipe.read(file)


@pytest.fixture(scope="module")
def entry(recipe, tmp_path_factory):
    folder = tmp_path_factory.mktemp("entry")
    photos = write_photographs(folder / "photos")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MER_ZOO_HOME", str(folder / "home"))
        make = {"recipe_path": "toy.toml", "jobs": 1, "progress": lambda line: None}
        train_on_synthetic(recipe, photos, folder / "toy", **make)
    return folder / "toy"


def test_from_photographs_to_an_entry_that_names_units(entry):
    card = mer_zoo.card(entry)
    assert tuple(card.class_names) == OUTPUTS
    assert [unit.number for unit in card.units] == list(UNITS)
    names = [metric.name for metric in card.metrics]
    assert names[:2] == ["macro_f1", "mean_auc"] and card.metrics[0].seeds == [1, 2]
    assert 0 < card.one_sided < 1 and [metric.seeds for metric in card.metrics] == [[1, 2]] * 6
    assert names[2:] == ["left_right", "side", "side_both", "side_mean"]
    clips = sum(part.answers for part in card.reliability)
    assert clips == card.metrics[0].clips * len(UNITS)
    assert mer_zoo.zoo.golden.verify(entry).passed

    model = mer_zoo.load(entry)
    everything = dataclasses.replace(
        card, units=[dataclasses.replace(unit, threshold=0.0) for unit in card.units]
    )
    clip = resized(golden_clips()["lip_corner_puller"], card.preprocessing.face_size)
    reading = type(model)(model.network, everything).predict_clip(clip, aligned=True)
    assert [unit.number for unit in reading.action_units] == list(UNITS)
    assert reading.label == reading.action_unit_code and reading.expression
    assert {unit.number for unit in reading.action_units if unit.side} == {10, 12, 14}


def test_custom_classes_are_refused(entry):
    with pytest.raises(ValueError, match="names action units"):
        mer_zoo.load(entry, class_names=["calm", "tense"])


def test_a_head_without_sigmoid_is_refused(recipe):
    softmax = dataclasses.replace(recipe, network=dataclasses.replace(recipe.network, arguments={}))
    with pytest.raises(RecipeError, match="sigmoid"):
        softmax.check("here")


def test_mirrored_images_swap_the_sides_and_upper_faces_lose_the_mouth():
    targets = np.stack([target_row(["L12", "4"])] * 64)
    settings = (Preprocessing("mesti", 12, 12), Augmentation(shift=0, flip=True, upper_face=0.3))
    images = np.random.default_rng(0).normal(size=(64, 12, 12, 3)).astype(np.float16)
    batches = Batches(images, targets, *settings, batch_size=64, seed=1, units=True)
    shown, made = batches[0]
    order = np.sort(np.random.default_rng([1, 0]).permutation(64))
    seen = {tuple(row) for row in made.tolist()}
    assert seen == {
        tuple(target_row(units).tolist()) for units in (["L12", "4"], ["R12", "4"], ["4"])
    }
    for image, target, original in zip(shown, made, images[order].astype(np.float32), strict=True):
        if np.array_equal(image, original):
            assert target[OUTPUTS.index("AU12 left")] == 1
    assert (targets == target_row(["L12", "4"])).all(), "the examples themselves stay"


def test_the_order_of_mirrored_outputs_is_its_own_inverse():
    order = mirrored_order()
    assert (order[order] == np.arange(len(OUTPUTS))).all() and (order != np.arange(23)).sum() == 6


def test_calibration_finds_the_scale_of_the_logits():
    rng = np.random.default_rng(0)
    logits = rng.normal(size=20_000) * 2
    shown = rng.random(20_000) < 1 / (1 + np.exp(-(logits - 1)))
    slope, shift = platt(3 * logits + 0.5, shown)
    assert slope == pytest.approx(1 / 3, rel=0.05)
    assert shift == pytest.approx(-1 - 0.5 / 3, abs=0.05)
    assert platt(logits, np.zeros(len(logits), bool)) == (1.0, 0.0)


def test_the_threshold_is_that_of_the_highest_f1():
    answers = np.array([0.9, 0.8, 0.6, 0.4, 0.4, 0.1])
    assert best_threshold(answers, np.array([1, 1, 0, 0, 0, 0], bool)) == pytest.approx(0.7)
    assert best_threshold(answers, np.array([1, 1, 0, 1, 1, 0], bool)) == pytest.approx(0.25)
    assert best_threshold(answers, np.zeros(6, bool)) == 1.0


def test_the_side_threshold_is_that_of_the_highest_balanced_accuracy():
    targets = np.stack([target_row([code]) for code in ["L12", "L12", "R10", "12", "12", "14"]])
    answers = np.zeros(targets.shape)
    for row, (unit, left, right) in enumerate(
        [
            (12, 0.8, 0.0),
            (12, 0.4, 0.0),
            (10, 0.0, 0.5),
            (12, 0.2, 0.0),
            (12, 0.0, 0.1),
            (14, 0.3, 0),
        ]
    ):
        for name, value in (("", 1.0), (" left", left), (" right", right)):
            answers[row, OUTPUTS.index(f"AU{unit}{name}")] = value
    assert best_one_sided(answers, targets) == pytest.approx(0.35)
    answers[2, OUTPUTS.index("AU10 left")] = 1.0  # the wrong side: naming it gains nothing
    assert best_one_sided(answers, targets) == pytest.approx(0.35)
    assert best_one_sided(answers[:3], targets[:3]) == 0.5, "without a bilateral unit"
    assert best_one_sided(answers[3:], targets[3:]) == 0.5, "without a one-sided unit"


def test_targets_of_another_width_are_refused():
    facts = {"labels": np.zeros(2), "subjects": ["a/1", "a/2"], "clips": ["x", "y"]}
    with pytest.raises(mer_zoo.errors.EvaluationError, match=r"\(2, 1\)"):
        Examples(np.zeros((2, 4, 4, 1)), **facts, class_names=("AU1",), targets=np.zeros((2, 3)))


def test_what_handles_classes_alone_refuses_units(recipe, entry, tmp_path):
    real = Recipe.read(find_recipe("meganet_flow_au"))
    with pytest.raises(RecipeError, match="predicts action units"):
        train_on_real(real, tmp_path, tmp_path / "out")
    with pytest.raises(RecipeError, match="names action units"):
        mer_zoo.finetune(str(entry), tmp_path, str(tmp_path / "tuned"))
    with pytest.raises(RecipeError, match="predicts action units"):
        dataclasses.replace(recipe, search=Search({})).check("here")
    assert not (tmp_path / "out").exists()
