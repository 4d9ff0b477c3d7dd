"""Mixed precision: training computes in bfloat16; weights, answers and records are float32."""

import dataclasses

import keras
import numpy as np
import pytest

from mer_zoo import datasets, evaluation, training
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import EvaluationError
from mer_zoo.recipes import Recipe
from mer_zoo.training import RecipeLearner, train_on_real, train_on_synthetic
from mer_zoo.training.learner import REAL
from mer_zoo.training.precision import POLICY, in_bfloat16
from mer_zoo.zoo import golden, load
from tests.photographs import write_photographs
from tests.toy_recipes import FLOW, SYNTHETIC, SYNTHETIC_UNITS


@pytest.fixture
def recipe(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    path = tmp_path / "toy.toml"
    path.write_text(FLOW)
    return Recipe.read(path)


@pytest.fixture
def clips(recipe, tmp_path):
    release = fake_release("flow", tmp_path / "release")
    return datasets.load("flow", release, protocol=recipe.real.protocol or None)


def in_mixed(recipe):
    return RecipeLearner.of(recipe, REAL, mixed_precision=True)


def test_training_computes_in_bfloat16_and_the_answers_in_float32(recipe, clips):
    before = keras.config.dtype_policy().name
    learner = in_mixed(recipe)
    examples = learner.examples_of(clips, progress=False)
    network = learner.build(examples)
    trained = in_bfloat16(network, lambda: learner.build(examples))
    assert keras.config.dtype_policy().name == before
    convolutions = [layer for layer in trained.layers if isinstance(layer, keras.layers.Conv2D)]
    assert {layer.compute_dtype for layer in convolutions} == {"bfloat16"}
    assert {variable.dtype for variable in trained.trainable_variables} == {"float32"}
    assert trained.get_layer("head").compute_dtype == "float32"
    for copied, own in zip(trained.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_array_equal(copied, own)

    answers = []
    fitted = learner.fit(examples, 1, lambda predict: answers.append(predict(examples.originals)))
    assert {layer.compute_dtype for layer in fitted.network.layers} == {"float32"}
    np.testing.assert_array_equal(answers[-1], fitted.predict(examples.originals))
    exact = RecipeLearner.of(recipe, REAL).fit(examples, 1).predict(examples.originals)
    assert np.abs(answers[-1] - exact).max() > 0, "bfloat16 rounds"
    assert learner.fit(examples, 1).predict(examples.originals).tolist() == answers[-1].tolist()


def test_the_record_of_float32_is_as_it_was_before_there_was_a_choice(recipe):
    plain, mixed = RecipeLearner.of(recipe, REAL), in_mixed(recipe)
    assert set(plain.describe()) == {f.name for f in dataclasses.fields(plain)} - {
        "mixed_precision"
    }
    assert mixed.describe() == {**plain.describe(), "precision": POLICY}


@pytest.mark.backend_free
def test_folds_of_another_precision_are_not_mixed(recipe, clips, tmp_path):
    options = {"split": "kfold-2", "seeds": [1], "out": tmp_path / "out", "progress": False}
    result = training.evaluate(recipe, clips, mixed_precision=True, **options)
    assert result.about["learner"]["precision"] == POLICY
    examples = in_mixed(recipe).examples_of(clips, progress=False)
    folder = {"folder": tmp_path / "journal", "split": "kfold-2", "seeds": [1], "progress": False}
    evaluation.run(in_mixed(recipe), examples, **folder)
    with pytest.raises(EvaluationError, match="precision"):
        evaluation.run(RecipeLearner.of(recipe, REAL), examples, **folder)
    with pytest.raises(EvaluationError, match="trains nothing"):
        training.evaluate(
            recipe, clips, split="zero-shot", start="meganet_tiny", mixed_precision=True
        )


def test_an_entry_loads_in_float32_and_its_card_tells_how_it_was_trained(recipe, clips, tmp_path):
    quiet = {"progress": lambda line: None}
    card = train_on_real(recipe, clips, tmp_path / "mixed", mixed_precision=True, **quiet)
    assert card.made_with["precision"] == POLICY
    assert golden.verify(tmp_path / "mixed").passed
    layers = load(tmp_path / "mixed").network.layers
    assert {layer.dtype_policy.name for layer in layers} == {"float32"}
    plain = train_on_real(recipe, clips, tmp_path / "plain", **quiet)
    assert "precision" not in plain.made_with
    assert plain.weights.sha256 != card.weights.sha256


@pytest.mark.backend_free
@pytest.mark.parametrize("text", [SYNTHETIC, SYNTHETIC_UNITS], ids=["labels", "action units"])
def test_an_entry_from_photographs_tells_it_too(text, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    path = tmp_path / "toy.toml"
    path.write_text(text.replace("[1, 2]", "[1]"))
    said = []
    card = train_on_synthetic(
        Recipe.read(path),
        write_photographs(tmp_path / "photos"),
        tmp_path / "toy",
        recipe_path=path,
        jobs=1,
        mixed_precision=True,
        progress=said.append,
    )
    assert card.made_with["precision"] == POLICY
    assert any("mixed precision (bfloat16)" in line for line in said)
    assert golden.verify(tmp_path / "toy").passed
