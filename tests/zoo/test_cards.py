"""Cards: what is written is read back, and nothing wrong gets through."""

import copy
import dataclasses

import pytest

from mer_zoo.errors import CardError
from mer_zoo.modalities import with_defaults
from mer_zoo.recipes import Recipe
from mer_zoo.synthesis import SCHEMAS
from mer_zoo.zoo import Card, card, list_models


@pytest.fixture(params=list_models())
def entry(request):
    return card(request.param)


def test_round_trip(entry, tmp_path):
    entry.write(tmp_path / "card.toml")
    assert Card.read(tmp_path / "card.toml") == entry


def test_says_what_the_weights_saw(entry):
    saw = entry.trained_on
    assert saw.clips > 0 and saw.identities > 1
    if saw.real_clips == 0:
        assert any("synthetic" in limit.lower() for limit in entry.limits)
        assert "synthetic" in entry.provenance()


def test_scores_stand_beside_their_baselines(entry):
    for metric in entry.metrics:
        assert len(metric.values) == len(metric.seeds) >= 1
        assert metric.value == metric.values[0], "the shipped weights are those of the first seed"
        assert 0 <= metric.majority <= 1 and 0 < metric.chance < 1
        assert metric.clips > 0 and metric.protocol and metric.split


def test_all_weights_together_stay_small():
    assert sum(card(name).weights.bytes for name in list_models()) <= 64e6


def test_the_recipe_is_in_the_repository(entry, pytestconfig):
    assert (pytestconfig.rootpath / entry.recipe).exists()


def stated_in_full(preprocessing):
    parameters = with_defaults(preprocessing).parameters
    stated = {name: value for name, value in parameters.items() if value is not None}
    return dataclasses.replace(preprocessing, parameters=stated)


def test_the_card_says_what_its_recipe_says(entry, pytestconfig):
    recipe = Recipe.read(pytestconfig.rootpath / entry.recipe)
    assert entry.preprocessing == stated_in_full(recipe.preprocessing)
    assert entry.network.name == recipe.network.name
    if not entry.units:
        assert entry.class_names == list(SCHEMAS[recipe.data.schema].class_names)
    assert recipe.network.arguments.items() <= entry.network.arguments.items()
    assert entry.rejection.min_motion == recipe.rejection.min_motion
    assert entry.trained_on.tuned_on == recipe.tuned_on
    assert entry.trained_on.selection == recipe.selection
    assert entry.trained_on.seed == recipe.data.seed
    assert entry.weights.dtype == recipe.storage
    assert entry.weights.base == (recipe.start if recipe.training.unfreeze == "head" else "")
    for name in ("summary", "intended_use", "limits", "references", "licence", "version"):
        assert getattr(entry, name) == getattr(recipe.card, name)
    for metric in entry.metrics:
        shipped = [
            recipe.training.seeds[0]
        ]  # scored as they are, the shipped weights have one seed
        assert metric.seeds == (shipped if metric.split == "zero-shot" else recipe.training.seeds)
        # The clips of every zero-shot score are those that the recipe was chosen on.
        assert bool(metric.label) == (metric.split == "zero-shot")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.pop("weights"), "'weights' is missing"),
        (lambda d: d.update(colour="red"), "unknown field 'colour'"),
        (lambda d: d["network"].update(parameters="many"), "parameters: expected int"),
        (lambda d: d["network"].update(parameters=True), "parameters: expected int"),
        (lambda d: d.update(class_names="joy"), "class_names: expected a list"),
        (lambda d: d["golden"].update(probabilities=[[0.1], ["x"]]), r"probabilities\[1\]\[0\]"),
        (lambda d: d.update(network=3), "network: expected a table"),
    ],
)
def test_wrong_cards_are_refused(entry, change, message):
    data = copy.deepcopy(entry.to_dict())
    change(data)
    with pytest.raises(CardError, match=message):
        Card.from_dict(data)


def test_missing_and_damaged_files_are_named(tmp_path):
    with pytest.raises(CardError, match=r"card\.toml does not exist.*mer-zoo train"):
        Card.read(tmp_path / "card.toml")
    (tmp_path / "card.toml").write_text("name = [")
    with pytest.raises(CardError, match="not valid TOML"):
        Card.read(tmp_path / "card.toml")
