"""OFF-ApexNet: its size, its two streams, its errors."""

import keras
import numpy as np
import pytest

from mer_zoo import models

from .network_contract import (
    assert_takes_downscaled_images,
    images_for,
)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return models.OFFApexNet(input_shape=(21, 17, 3), dense_units=12)


def test_size_is_the_documented_one():
    assert models.OFFApexNet().count_params() == 2_664_475
    assert models.OFFApexNet(input_shape=(28, 28, 3)).count_params() == 2_664_475


def test_each_stream_sees_one_direction_and_nobody_the_third_channel(network):
    probe = keras.Model(
        network.inputs[0], [network.get_layer(f"{name}_flatten").output for name in "uv"]
    )
    images = images_for(network)
    before = probe.predict_on_batch(images)
    for channel, changes in enumerate([(True, False), (False, True), (False, False)]):
        other = images.copy()
        other[..., channel] += 1
        after = probe.predict_on_batch(other)
        assert tuple(not np.allclose(a, b) for a, b in zip(after, before, strict=True)) == changes


def test_convolutions_are_linear_unless_asked():
    def first_maps(**arguments):
        network = models.OFFApexNet(input_shape=(8, 8, 2), dense_units=4, **arguments)
        probe = keras.Model(network.inputs[0], network.get_layer("u_conv1").output)
        return probe.predict_on_batch(images_for(network))

    assert first_maps().min() < 0
    assert first_maps(convolution_activation="relu").min() == 0


def test_a_larger_image_is_averaged_over_squares():
    assert_takes_downscaled_images(models.OFFApexNet, (8, 9, 3), 4, dense_units=6)


@pytest.mark.parametrize(
    ("shape", "message"), [((3, 28, 2), "at least 4 px"), ((28, 28, 1), "has 1 channels")]
)
def test_impossible_images_are_refused(shape, message):
    with pytest.raises(ValueError, match=message):
        models.OFFApexNet(input_shape=shape)
