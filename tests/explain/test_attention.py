"""Gates of Gradient Attention: what they are, and what is said where there are none."""

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo import explain, models
from mer_zoo.errors import ExplanationError
from mer_zoo.zoo.golden import golden_clips


def test_a_map_is_what_the_layer_did_to_its_input():
    """The layer's output is input x (1 + gate), so its input and output alone give the gate."""
    keras.utils.set_random_seed(0)
    network = models.MEGANet(
        input_shape=(16, 16, 3), num_classes=2, stages=((4,),), stem_strides=1,
        attention_stages=(1,), neck=2,
    )  # fmt: skip
    image = np.random.default_rng(0).normal(size=(16, 16, 3)).astype(np.float32)
    (name, gate), *others = explain.attention_maps(network, image).items()
    layer = network.get_layer(name)
    before, after = keras.Model(network.inputs[0], [layer.input, layer.output]).predict_on_batch(
        image[None]
    )
    before, after = np.asarray(before)[0], np.asarray(after)[0]
    seen = before > 0.05
    assert not others and name == "stage1_attention" and seen.mean() > 0.2
    expected = np.broadcast_to(gate[..., None], before.shape)[seen]
    np.testing.assert_allclose(after[seen] / before[seen] - 1, expected, atol=1e-4)
    assert np.ptp(gate) > 1e-4


def test_the_maps_lie_on_the_face_and_differ_from_clip_to_clip():
    model = mer_zoo.load("meganet_casme2")
    images = [model.preprocess(clip) for clip in golden_clips().values()]
    first, second = (explain.attention_maps(model, image) for image in images)
    assert list(first) == ["stage2_attention", "stage3_attention"]
    for name, gate in first.items():
        assert gate.shape == (96, 96) and gate.dtype == np.float32
        assert 0 <= gate.min() < gate.max() <= 1
        assert np.abs(gate - second[name]).max() > 0.1
        assert explain.overlay(np.zeros((112, 112, 3), np.uint8), gate).any()


def test_the_explanation_of_a_report_is_the_heat_map_of_its_label():
    model = mer_zoo.load("meganet_casme2")
    clip = golden_clips()["inner_and_outer_brow_raiser"]
    reading = model.predict_clip(clip, aligned=True)
    heat = explain.explain_reading(model, reading)
    assert reading.label == "surprise"
    np.testing.assert_array_equal(heat, explain.heat_map(model, reading.image, "surprise"))
    still = np.repeat(clip.frames[:1], 8, axis=0)
    nothing = model.predict_clip(mer_zoo.Clip.from_array(still, fps=100), aligned=True)
    assert not nothing.expression and explain.explain_reading(model, nothing) is None


def test_a_network_without_gates_says_so():
    network = models.STSTNet(input_shape=(28, 28, 3), num_classes=3)
    with pytest.raises(ExplanationError, match=r"no Gradient Attention.*--method integrated"):
        explain.attention_maps(network, np.zeros((28, 28, 3), np.float32))
    with pytest.raises(ValueError, match="sees images of shape"):
        explain.attention_maps(network, np.zeros((20, 28, 3), np.float32))
