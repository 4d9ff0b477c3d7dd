"""Resampling gives what OpenCV gives, also where it takes the faster way."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mer_zoo.faces.resampling import resample

pytestmark = pytest.mark.backend_free


@given(
    height=st.integers(1, 200),
    width=st.integers(1, 200),
    size=st.sampled_from([1, 7, 64, 192]),  # RGB is padded for the large, seldom for the small
    channels=st.sampled_from([None, 1, 3]),
    turn=st.floats(-3, 3),
    scale=st.floats(0.2, 4),
    from_result=st.booleans(),
    border=st.sampled_from([cv2.BORDER_CONSTANT, cv2.BORDER_REFLECT_101]),
)
def test_it_is_warp_affine(height, width, size, channels, turn, scale, from_result, border):
    shape = (height, width) if channels is None else (height, width, channels)
    image = np.random.default_rng(height).integers(0, 256, shape, np.uint8)
    cos, sin = scale * np.cos(turn), scale * np.sin(turn)
    matrix = np.array([[cos, -sin, width / 3], [sin, cos, height / 3]])
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if from_result else 0)
    expected = cv2.warpAffine(image, matrix, (size, size), flags=flags, borderMode=border)
    result = resample(image, matrix, size, from_result=from_result, border=border)
    np.testing.assert_array_equal(result, expected.reshape(result.shape))
    assert result.shape == (size, size, *shape[2:])
