"""Mixed precision: for the fits of trials alone, and never for what is scored."""

import keras
import numpy as np
import pytest

from mer_zoo.recipes import Recipe
from mer_zoo.training.learner import SYNTHETIC, RecipeLearner
from tests.tuner.learners import NoisyMeans, toy_examples
from tuner.errors import SearchRefusedError
from tuner.precision import POLICY, in_mixed_precision

pytestmark = pytest.mark.backend_free  # one backend is enough


def test_networks_compute_in_bfloat16_and_answer_in_float32(recipe_file):
    before = keras.config.dtype_policy().name
    learner = in_mixed_precision(RecipeLearner.of(Recipe.read(recipe_file), SYNTHETIC))
    examples = toy_examples()
    fitted = learner.fit(examples, seed=1)
    assert keras.config.dtype_policy().name == before
    network = fitted.network
    convolutions = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)]
    assert {layer.compute_dtype for layer in convolutions} == {"bfloat16"}
    assert {layer.variable_dtype for layer in convolutions} == {"float32"}
    assert network.get_layer("head").compute_dtype == "float32"
    answers = fitted.predict(examples.images)
    assert answers.dtype == np.float32
    assert np.allclose(answers.sum(axis=1), 1, atol=1e-5)
    assert learner.describe()["precision"] == POLICY


def test_a_learner_of_another_kind_chooses_for_itself():
    with pytest.raises(SearchRefusedError, match="NoisyMeans"):
        in_mixed_precision(NoisyMeans("", 0.1))
