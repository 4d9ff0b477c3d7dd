"""MEGANet: its size, its arguments, its errors."""

import keras
import numpy as np
import pytest

from mer_zoo import models
from mer_zoo.errors import UnknownNameError
from mer_zoo.layers import GradientAttention
from mer_zoo.models.attention import attention_map
from mer_zoo.models.meganet import ATTENTIONS


def parameters(network):
    return sum(int(np.prod(v.shape)) for v in network.trainable_variables)


def test_default_size_is_the_documented_one():
    assert parameters(models.MEGANet()) == 190_927
    assert parameters(models.MEGANet(attention_stages=())) == 187_613


@pytest.mark.parametrize(
    ("attention", "added"),
    [
        ("squeeze_excitation", 3042),
        ("cbam", 3240),
        ("observability", 3926),
        ("strain", 2162),
    ],
)
def test_attention_adds_what_is_documented(attention, added):
    assert parameters(models.MEGANet(attention=attention)) == 187_613 + added


def test_gradient_attention_is_the_default():
    config = models.MEGANet((32, 32, 3)).get_config()
    assert config.pop("attention") == "gradient"
    paths = [v.path for v in models.MEGANet.from_config(config).weights]
    assert "stage2_attention/reduce/kernel" in paths
    assert paths == [v.path for v in models.MEGANet((32, 32, 3), attention="gradient").weights]


@pytest.mark.parametrize("attention", [a for a in ATTENTIONS if a != "gradient"])
def test_other_attentions_answer_and_survive_saving(attention, tmp_path):
    keras.utils.set_random_seed(0)
    network = models.MEGANet(
        (20, 28, 3), 3, ((4,), (8,)), 2, 4, attention_stages=(2,), attention=attention
    )
    images = np.random.default_rng(0).normal(size=(2, 20, 28, 3)).astype(np.float32)
    answers = network.predict_on_batch(images)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-5)
    has_attention = any(layer.name == "stage2_attention" for layer in network.layers)
    assert has_attention == (attention != "none")
    assert attention_map(network, images) is None
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    assert loaded.get_config() == network.get_config()
    np.testing.assert_allclose(loaded.predict_on_batch(images), answers, atol=1e-6)


def test_arguments_shape_the_network():
    network = models.build(
        "MEGANet",
        input_shape=(48, 40, 2),
        num_classes=3,
        stages=((8,), (12, 16)),
        stem_strides=1,
        neck=4,
        attention_stages=(1, 2),
        learnable_gradient=True,
    )
    answers = network.predict_on_batch(np.zeros((2, 48, 40, 2), np.float32))
    assert answers.shape == (2, 3)
    np.testing.assert_allclose(answers.sum(axis=1), 1, atol=1e-6)
    assert sum(isinstance(layer, GradientAttention) for layer in network.layers) == 2
    again = models.MEGANet.from_config(network.get_config())
    assert again.get_config() == network.get_config()


def test_all_layers_have_names_of_their_own():
    named = [layer.name for layer in models.MEGANet(input_shape=(32, 32, 3)).layers]
    again = [layer.name for layer in models.MEGANet(input_shape=(32, 32, 3)).layers]
    assert named == again


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"attention_stages": (5,)}, "stage 5"),
        ({"input_shape": (8, 8, 3)}, "too small"),
        ({"attention": "observability", "input_shape": (96, 96, 1)}, "has 1 channels, not 3"),
        ({"attention": "strain", "input_shape": (96, 96, 2)}, "has 2 channels, not 3"),
        ({"attention": "cbam", "learnable_gradient": True}, "no effect with attention='cbam'"),
    ],
)
def test_impossible_networks_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        models.MEGANet(**arguments)


def test_unknown_networks_are_named():
    with pytest.raises(UnknownNameError, match="MEGANet"):
        models.build("MEGANot")
    with pytest.raises(UnknownNameError, match="gradient"):
        models.MEGANet(attention="gradients")


def test_attention_maps_cover_the_image():
    keras.utils.set_random_seed(0)
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 3)).astype(np.float32)
    maps = attention_map(models.MEGANet(input_shape=(32, 32, 3)), images)
    assert maps.shape == (2, 32, 32) and maps.dtype == np.float32
    assert maps.min() == 0 and maps.max() == 1
    assert attention_map(models.MEGANet((32, 32, 3), attention_stages=()), images) is None
