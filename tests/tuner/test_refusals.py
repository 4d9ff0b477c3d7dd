"""What a search refuses: dishonest data, unreliable algorithms, stores that cannot be written."""

import dataclasses
import shutil
import sqlite3

import numpy as np
import pytest

import tuner
from mer_zoo import zoo
from mer_zoo.errors import EvaluationError, OldFileStoreError, RecipeError, TrackingError
from mer_zoo.evaluation.examples import NEUTRAL
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.recipe import Real, Search
from mer_zoo.tracking import store
from mer_zoo.training.corpora import RenderedCorpus, training_examples
from tests.tuner.learners import toy_examples
from tuner.errors import LeakError, SearchRefusedError
from tuner.space import Space, applied

CLOSED = "http://127.0.0.1:9"


def searching(recipe_file, **space):
    """The toy recipe with another space."""
    return dataclasses.replace(Recipe.read(recipe_file), search=Search(space))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "hyperband"}, "epochs"),
        ({"algorithm": "grid"}, "resume after an interruption"),
        ({"algorithm": "GridSearch"}, "resume after an interruption"),
        ({"algorithm": "genetic"}, "bayesian or random"),
        ({"seed": 0}, "1 or more"),
        ({"trials": 0}, "at least 1"),
        ({"mixed_precision": True}, "NoisyMeans is a learner of its own"),
    ],
)
def test_unreliable_searches(recipe_file, place, options, message):
    with pytest.raises(SearchRefusedError, match=message):
        place.search(recipe_file, **options)


FLOAT = {"kind": "float", "low": 1e-4, "high": 1e-2}


@pytest.mark.parametrize(
    ("space", "message"),
    [
        ({}, "search.space is empty"),
        ({"training.lerning_rate": FLOAT}, "Did you mean 'training.learning_rate'"),
        ({"network.arguments.droput": FLOAT}, "Did you mean 'network.arguments.dropout'"),
        ({"preprocessing.parameters.chanels": FLOAT}, "parameters.channels"),
        ({"training.learning_rate": {**FLOAT, "low": 1.0}}, "must be below"),
        ({"training.epochs": FLOAT}, "epochs: expected int"),
        ({"network.name": {"kind": "choice", "values": ["MEGANet", "MegaNot"]}}, "MegaNot"),
        ({"real.training.learning_rate": FLOAT}, r"trains with \[training\]"),
        ({"data.seed": {"kind": "int", "low": 1, "high": 9}}, "must not be searched"),
        ({"training.seeds": {"kind": "choice", "values": [[1], [2]]}}, "must not be searched"),
        ({"real.protocol": {"kind": "choice", "values": ["a", "b"]}}, "must not be searched"),
    ],
)
def test_impossible_spaces(recipe_file, place, space, message):
    with pytest.raises(RecipeError, match=message):
        place.search(searching(recipe_file, **space))


def test_a_recipe_without_a_search_table(recipe_file, place):
    with pytest.raises(RecipeError, match=r"no \[search.space\] table"):
        place.search(dataclasses.replace(Recipe.read(recipe_file), search=None))


def test_a_start_that_has_seen_the_identities_held_out(recipe_file, place):
    begun = dataclasses.replace(Recipe.read(recipe_file), start="meganet_tiny")
    with pytest.raises(LeakError, match=r"meganet_tiny.*would hold out"):
        place.search(begun)


def test_values_that_are_impossible_together(recipe_file):
    recipe = Recipe.read(recipe_file)
    assert applied(recipe, {"augmentation.shift": 4}).augmentation.shift == 4
    with pytest.raises(RecipeError, match="must fit into"):
        applied(recipe, {"augmentation.shift": 15})


def test_values_come_back_as_a_recipe_has_them(recipe_file):
    choices = {"kind": "choice", "values": [[], [2], True, "text", 3]}
    space = Space(
        searching(
            recipe_file,
            **{"network.arguments.attention_stages": choices, "training.learning_rate": FLOAT},
        ),
        "training",
    )
    (choice,) = [hp for hp in space.hyperparameters().space if "attention" in hp.name]
    rate = {"training.learning_rate": 0.0012345678}
    found = [space.decoded({choice.name: text, **rate}) for text in choice.values]
    assert [values[choice.name] for values in found] == choices["values"]
    assert found[0]["training.learning_rate"] == 0.001235


def test_the_first_trial_has_the_recipes_own_values(recipe_file):
    import keras_tuner

    from tuner.oracles import make_oracle

    space = {
        "training.learning_rate": {"kind": "float", "low": 1e-5, "high": 1e-4, "sampling": "log"},
        "training.epochs": {"kind": "int", "low": 1, "high": 9, "step": 4},
        "augmentation.shift": {"kind": "int", "low": 0, "high": 4},
        "network.arguments.dropout": {"kind": "float", "low": 0.1, "high": 0.6},
        "network.arguments.attention_stages": {"kind": "choice", "values": [[], [2]]},
        "preprocessing.modality": {"kind": "choice", "values": ["apex", "flow"]},
    }
    space = Space(searching(recipe_file, **space), "training")
    ranges = space.hyperparameters().get_config()  # as a chief gets them
    oracle = make_oracle(
        "bayesian",
        keras_tuner.HyperParameters.from_config(ranges),
        seed=1,
        trials=3,
        state_file=recipe_file.parent / "oracle.json",
    )
    assert space.decoded(oracle.create_trial("worker").hyperparameters.values) == {
        "training.learning_rate": 1e-4,  # the highest of the range: the recipe has 1e-3
        "training.epochs": 1,  # nearest to the recipe's 2
        "augmentation.shift": 1,
        "network.arguments.dropout": 0.4,  # the network's default
        "network.arguments.attention_stages": [2],
        "preprocessing.modality": "apex",  # the first, for the recipe has "mesti"
    }


def test_images_that_are_given_cannot_be_changed(recipe_file, place):
    channels = {"kind": "choice", "values": ["motion", "response"]}
    recipe = searching(recipe_file, **{"preprocessing.parameters.channels": channels})
    with pytest.raises(SearchRefusedError, match="changes the images"):
        place.search(recipe)


def test_held_out_subjects_never_reach_the_search(recipe_file, place):
    examples = toy_examples()
    with pytest.raises(LeakError, match="toy/s1"):
        place.search(recipe_file, examples, held_out=["toy/s1"])
    with pytest.raises(LeakError, match="split 'test'"):
        place.search(recipe_file, dataclasses.replace(examples, about=(("corpus_split", "test"),)))
    assert place.fits == []
    inner = examples.part(np.flatnonzero(examples.subjects != "toy/s1"))
    place.search(recipe_file, inner, held_out=["toy/s1"], trials=1)
    assert not any("toy/s1" in names for names in place.fits)


def test_a_corpus_hands_on_its_training_identities_alone(recipe_file):
    splits = ["train", "validation", "test", "train"]
    columns = [("identity", "U9"), ("clip", int), ("split", "U10"), ("label", "U9"), ("rig", "U4")]
    records = np.zeros(4, columns)
    records["identity"], records["split"] = ["one", "two", "three", "four"], splits
    records["label"], records["rig"] = ["positive", "positive", "negative", "none"], "mesh"
    images = np.arange(4.0).reshape(4, 1, 1, 1)
    names = ("negative", "positive", "surprise")
    corpus = RenderedCorpus(images, records, names, "digest", "four clips")
    examples = training_examples(Recipe.read(recipe_file), corpus)
    assert examples.subjects.tolist() == ["mesh/one", "mesh/four"]
    assert examples.images.ravel().tolist() == [0, 3]
    assert examples.labels.tolist() == [1, NEUTRAL], "trained on, and never scored"
    assert dict(examples.about)["corpus_split"] == "train"


def test_weights_that_saw_real_clips_are_no_start(recipe_file, place, tmp_path):
    seen = tmp_path / "seen"
    shutil.copytree(zoo.find("meganet_tiny").folder, seen)
    card = (seen / "card.toml").read_text()
    (seen / "card.toml").write_text(card.replace("real_clips = 0", "real_clips = 9"))
    recipe = searching(recipe_file, **{"augmentation.shift": {"kind": "int", "low": 0, "high": 4}})
    real = Real("toy", "", recipe.training, start=str(seen))
    with pytest.raises(EvaluationError, match="9 real clips"):
        place.search(dataclasses.replace(recipe, real=real))
    starts = {"real.start": {"kind": "choice", "values": ["meganet_tiny", str(seen)]}}
    clean = dataclasses.replace(real, start="")
    with pytest.raises(EvaluationError, match="9 real clips"):
        place.search(dataclasses.replace(searching(recipe_file, **starts), real=clean))


def test_more_folds_than_subjects(recipe_file, place):
    with pytest.raises(EvaluationError, match="7 folds of 6 subjects"):
        place.search(recipe_file, folds=7)


def test_an_old_file_store_is_left_alone(recipe_file, place):
    old = place.folder / "mlruns" / "0" / "meta.yaml"
    old.parent.mkdir(parents=True)
    old.write_text("name: Default")
    with pytest.raises(OldFileStoreError, match="migrate-filestore"):
        place.search(recipe_file)
    assert old.read_text() == "name: Default"
    assert place.fits == []


def test_a_database_that_is_locked(recipe_file, place, monkeypatch):
    monkeypatch.setattr(store, "PATIENCE", 0.1)
    other = sqlite3.connect(place.folder / "mlflow.db")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(TrackingError, match="is locked"):
        place.search(recipe_file)
    other.close()


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("sqlite:///file:{folder}/mlflow.db?mode=ro&uri=true", "cannot be written"),
        ("sqlite:///{folder}", "cannot be used"),
        ("sqlite:///{folder}/torn.db", "cannot be used"),
        (CLOSED, "gave no good answer"),
        ("postgresql+psycopg2://me@127.0.0.1:9/runs", "database runs at 127.0.0.1 cannot be used"),
        ("file:{folder}/mlruns", "names a folder"),
        ("{folder}/mlruns", "names a folder"),
    ],
)
def test_stores_that_cannot_be_used(recipe_file, place, uri, message):
    (place.folder / "torn.db").write_bytes(b"not a database" * 100)
    with pytest.raises(TrackingError, match=message):
        place.search(recipe_file, tracking_uri=uri.format(folder=place.folder))
    assert place.fits == []


def test_the_names_of_the_package():
    assert {"search", "write", "score", "publish"} <= set(dir(tuner))
    with pytest.raises(AttributeError, match="serch"):
        tuner.serch  # noqa: B018
