"""The canonical crop."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import ClipError
from mer_zoo.faces import canonical_transform, find_landmarks, warp


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(*[st.floats(-500, 500)] * 2),
    st.floats(5, 400),
    st.floats(-3, 3),
    st.sampled_from([96, 112, 224]),
)
def test_eye_corners_come_to_their_places(centre, distance, angle, size):
    points = np.zeros((468, 3))
    half = distance / 2 * np.array([np.cos(angle), np.sin(angle)])
    points[33, :2], points[263, :2] = centre - half, centre + half
    matrix = canonical_transform(points, size)
    left, right = (matrix @ [*points[index, :2], 1] for index in (33, 263))
    np.testing.assert_allclose([left[1], right[1]], 0.36 * size, atol=1e-6)
    np.testing.assert_allclose((left[0] + right[0]) / 2, (size - 1) / 2, atol=1e-6)
    np.testing.assert_allclose(right[0] - left[0], 0.4875 * size, atol=1e-6)


def test_a_warped_face_has_its_eyes_there(astronaut):
    matrix = canonical_transform(find_landmarks(astronaut).points, 224)
    crop = warp(astronaut, matrix, 224)
    assert crop.shape == (224, 224, 3) and crop.dtype == np.uint8
    points = find_landmarks(crop).points
    goal = [[111.5 - 54.6, 80.64], [111.5 + 54.6, 80.64]]
    assert np.abs(points[[33, 263], :2] - goal).max() < 2


def test_warp_moves_pixels_exactly():
    image = np.random.default_rng(0).integers(0, 256, (40, 50, 3), dtype=np.uint8)
    crop = warp(image, np.array([[1, 0, -7], [0, 1, -5]]), 20)
    np.testing.assert_array_equal(crop, image[5:25, 7:27])
    grey = warp(image[..., 0], np.array([[1, 0, 3], [0, 1, 0]]), 20)
    np.testing.assert_array_equal(grey[:, :4], image[:20, [3, 2, 1, 0], 0])
    assert warp(image[..., :1], np.eye(2, 3), 20).shape == (20, 20, 1)


@pytest.mark.parametrize("shrink", [2.5, 4, 8])
def test_shrinking_does_not_alias(shrink):
    # Stripes of 2 pixels must become grey, wherever the crop lies.
    image = np.tile(np.uint8([0, 255]), (600, 400))
    for offset in (0.0, 0.3, 0.7):
        crop = warp(image, np.array([[1 / shrink, 0, offset], [0, 1 / shrink, 0]]), 60)
        assert np.abs(crop.astype(int) - 127).max() < 25


def test_sharpness_changes_without_a_step():
    image = np.random.default_rng(0).integers(0, 256, (400, 400), dtype=np.uint8)
    image = cv2.GaussianBlur(image, (0, 0), 1.5)
    threshold = np.sqrt(1 + 8 * 0.2**2)  # where smoothing sets in
    before, after = (
        warp(image, np.eye(2, 3) / shrink, 100) for shrink in (threshold, threshold + 1e-6)
    )
    assert np.abs(before.astype(int) - after).max() <= 2


def test_bad_input_is_refused():
    with pytest.raises(ClipError, match="coincide"):
        canonical_transform(np.zeros((468, 3)))
    with pytest.raises(ClipError, match="468"):
        canonical_transform(np.zeros((5, 2)))
    with pytest.raises(ClipError, match="coincide or are not numbers"):
        canonical_transform(np.full((468, 3), np.nan))
    with pytest.raises(ClipError, match="uint8"):
        warp(np.zeros((9, 9)), np.eye(2, 3))
    with pytest.raises(ClipError, match="invertible"):
        warp(np.zeros((9, 9, 3), np.uint8), np.zeros((2, 3)))
