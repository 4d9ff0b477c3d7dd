"""The upper face alone: what lips and jaw did is gone, what brows and lids did is not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mer_zoo.errors import UnknownNameError
from mer_zoo.modalities import flip, reads_upper_face, upper_face

SIDE = 28
IMAGES = arrays(
    np.float32, (SIDE, SIDE, 3), elements=st.floats(-2, 2, width=32), fill=st.just(np.float32(0))
)


@given(IMAGES, IMAGES)
def test_the_lower_face_has_no_say(image, other):
    below = np.arange(SIDE) >= 0.62 * SIDE
    mixed = np.where(below[:, None, None], other, image)
    np.testing.assert_array_equal(upper_face(image), upper_face(mixed))


@given(IMAGES)
def test_it_stays_a_normalised_image_and_mirrors(image):
    reduced = upper_face(image)
    assert reduced.shape == image.shape and np.abs(reduced).max() <= 2
    mirrored = upper_face(flip("mesti", image))
    np.testing.assert_allclose(mirrored, flip("mesti", reduced), atol=1e-6)


def test_brows_beneath_a_speaking_mouth_fill_the_range_again():
    image = np.zeros((112, 112, 3), np.float32)
    image[80:100, 36:76] = 1  # a mouth
    image[25:32, 25:87, 1] = -0.4  # brows
    reduced = upper_face(image)
    assert np.abs(reduced[..., 1]).max() == pytest.approx(1, abs=0.01)


def test_noise_is_not_blown_up():
    noise = np.random.default_rng(0).normal(0, 0.01, (112, 112, 3)).astype(np.float32)
    noise[80:100] = 1
    assert np.abs(upper_face(noise)).max() < 0.3


def test_which_images_can_be_reduced():
    assert reads_upper_face("mesti", {"channels": "response"})
    assert not reads_upper_face("mesti", {"channels": "reference"})
    assert not reads_upper_face("mesti", {"normalize": False})
    assert not reads_upper_face("flow", {})
    with pytest.raises(UnknownNameError, match="2 channels"):
        upper_face(np.zeros((SIDE, SIDE, 2), np.float32))
