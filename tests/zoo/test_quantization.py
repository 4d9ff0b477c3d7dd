"""Kernels as int8: how far off they are, and that storing twice changes nothing."""

import keras
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from mer_zoo.zoo import weights
from mer_zoo.zoo.quantization import LEVELS, quantized, restored

KERNELS = arrays.arrays(
    np.float32,
    arrays.array_shapes(min_dims=2, max_dims=4, max_side=5),
    elements=st.floats(-1e4, 1e4, width=32, allow_subnormal=False),
)


@given(KERNELS)
@settings(deadline=None)
def test_no_value_is_off_by_more_than_half_a_step_of_its_channel(value):
    stored = quantized("kernel", value)
    again = restored(stored)["kernel"]
    assert stored["kernel"].dtype == np.int8 and again.dtype == np.float32
    assert again.shape == value.shape
    steps = np.broadcast_to(stored["kernel/scale"], value.shape)
    assert (np.abs(again - value) <= 0.5001 * steps).all()
    assert (np.abs(stored["kernel"].astype(int)) <= LEVELS).all()


@given(KERNELS)
@settings(deadline=None)
def test_what_was_stored_once_is_stored_to_the_same_bytes(value):
    once = quantized("kernel", value)
    twice = quantized("kernel", restored(once)["kernel"])
    np.testing.assert_array_equal(once["kernel"], twice["kernel"])
    np.testing.assert_array_equal(restored(once)["kernel"], restored(twice)["kernel"])


def test_every_channel_has_a_scale_of_its_own():
    wide = np.array([[1.0, 100.0], [-0.5, 50.0]], np.float32)
    for value, axis in (
        (wide, 1),  # dense
        (wide.reshape(1, 1, 2, 2), 3),  # convolution
        (wide.reshape(1, 2, 2, 1), 2),  # depthwise convolution
    ):
        scale = quantized("kernel", value)["kernel/scale"]
        assert scale.shape[axis] == 2 == scale.size
        np.testing.assert_allclose(scale.ravel() * LEVELS, [1, 100], rtol=1e-3)


def test_a_channel_of_zeros_stays_zero():
    assert not restored(quantized("kernel", np.zeros((3, 2), np.float32)))["kernel"].any()


def test_a_network_answers_almost_the_same_from_a_quarter_of_the_bytes(tmp_path):
    keras.utils.set_random_seed(1)
    image = keras.Input((12, 12, 3))
    x = keras.layers.Conv2D(64, 3, activation="relu", name="first")(image)
    x = keras.layers.DepthwiseConv2D(3, activation="relu", name="second")(x)
    x = keras.layers.BatchNormalization(name="third")(x)
    x = keras.layers.Flatten(name="flat")(x)
    network = keras.Model(image, keras.layers.Dense(64, name="head")(x), name="net")
    images = np.random.default_rng(0).normal(size=(8, 12, 12, 3)).astype(np.float32)
    before = network.predict_on_batch(images)
    for dtype in ("float32", "int8"):
        weights.save(network, tmp_path / dtype, dtype)
    assert (tmp_path / "int8").stat().st_size < 0.27 * (tmp_path / "float32").stat().st_size
    weights.load(network, tmp_path / "int8")
    after = network.predict_on_batch(images)
    assert 0 < np.abs(after - before).max() < 0.02 * np.abs(before).max()
