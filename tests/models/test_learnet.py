"""LEARNet: the size of the authors' own, its arguments and errors."""

import keras
import numpy as np
import pytest

from mer_zoo import models

from .network_contract import (
    images_for,
)


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    return models.LEARNet(input_shape=(33, 47, 2), num_classes=4)


def test_size_is_the_published_one():
    network = models.LEARNet()
    assert network.count_params() == 1_867_528
    assert sum(int(np.prod(v.shape)) for v in network.trainable_variables) == 1_867_528 - 704
    assert network.get_layer("join_conv").output.shape == (None, 4, 4, 256)


def test_collecting_branches_hear_their_neighbour_alone(network):
    # Without a bias a silent convolution gives 0, so that only what is added can arrive.
    for kernel in ("branch1_conv1", "branch3_conv1"):
        network.get_layer(kernel).bias.assign(np.ones(16))
    probe = keras.Model(
        network.inputs[0],
        [network.get_layer(f"branch{i}_conv1").output for i in (1, 2, 3, 4)]
        + [network.get_layer(f"branch{i}_add1").output for i in (2, 4)],
    )
    ones, twos, threes, fours, second, fourth = probe.predict_on_batch(images_for(network))
    np.testing.assert_allclose(second, ones + twos, rtol=1e-6)
    np.testing.assert_allclose(fourth, threes + fours, rtol=1e-6)


def test_the_least_image_is_named():
    with pytest.raises(ValueError, match="at least 32 px"):
        models.LEARNet(input_shape=(64, 31, 3))
