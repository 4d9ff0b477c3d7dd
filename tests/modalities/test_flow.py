"""Optical flow and strain: known motions, scales, refusals."""

import numpy as np
import pytest

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, ParameterError, UnknownNameError
from mer_zoo.modalities import compute
from mer_zoo.modalities.flow import optical_strain, rescale_flow
from mer_zoo.modalities.rigid import flow_without_head

METHODS = ["dis", "farneback", "tvl1"]


@pytest.fixture(scope="module")
def clip(moving_face):
    return moving_face(112, 3, (0, 1, 2), shift=(2.0, -1.0), bump=0, noise=0)


@pytest.mark.parametrize("method", METHODS)
def test_a_known_shift_is_measured(clip, method):
    image = compute("flow", clip, method=method, normalize=False, remove_rigid="none")
    assert image.shape == (112, 112, 3)
    assert image.dtype == np.float32
    np.testing.assert_allclose(np.median(image[..., :2], axis=(0, 1)), [2, -1], atol=0.25)
    without = compute("flow", clip, method=method, normalize=False)
    assert np.abs(np.median(without[..., :2], axis=(0, 1))).max() < 1e-6
    np.testing.assert_allclose(without[..., 2], image[..., 2], atol=1e-4)


@pytest.mark.parametrize("method", METHODS)
def test_it_sees_what_mesti_sees(moving_face, method):
    clip = moving_face(112, 12, (1, 5, 10))
    flow = compute("flow", clip, method=method, normalize=False)
    mesti = compute("mesti", clip, normalize=False)
    assert np.corrcoef(flow[..., 1].ravel(), mesti[..., 1].ravel())[0, 1] > 0.8


def test_scaled_displacement_and_strain_stay_within_two(moving_face):
    clip = moving_face(112, 12, (1, 5, 10))
    image, raw = (compute("flow", clip, normalize=normalize) for normalize in (True, False))
    assert np.abs(image).max() <= 2
    for planes in (image[..., :2], image[..., 2]):
        assert np.mean(np.abs(planes) > 1) == pytest.approx(0.01, abs=0.002)
    inside = np.abs(image[..., :2]).max(axis=-1) < 2
    ratio = raw[inside][:, :2] / image[inside][:, :2]
    np.testing.assert_allclose(ratio, np.median(ratio), rtol=1e-3)  # one scale for u and v


def test_a_still_clip_gives_nothing(face):
    still = Clip.from_array(np.repeat(face(64)[None], 3, axis=0), onset=0, apex=1, offset=2)
    np.testing.assert_allclose(compute("flow", still), 0, atol=1e-3)


@pytest.mark.parametrize("size", [112, 224])
def test_a_similarity_is_taken_off_the_flow_and_an_expression_is_not(size):
    y, x = (np.mgrid[:size, :size].astype(np.float32) + 0.5 - size / 2) / size
    bump = 3.0 * np.exp(-(((x + 0.15) / 0.08) ** 2) - ((y - 0.2) / 0.08) ** 2)
    u, v = 1.5 + 2.0 * x - 1.0 * y, -0.7 + 2.0 * y + 1.0 * x + bump
    rest_u, rest_v = flow_without_head(u, v)
    assert np.abs(rest_u).max() < 0.15
    assert np.abs(rest_v - bump).max() < 0.15
    assert rest_v.dtype == np.float32


def test_strain_is_the_norm_of_the_strain_tensor():
    y, x = np.mgrid[:20, :30].astype(np.float32)
    u, v = 0.03 * x + 0.02 * y, -0.01 * x + 0.05 * y
    tensor = np.array([[0.03, (0.02 - 0.01) / 2], [(0.02 - 0.01) / 2, 0.05]])
    np.testing.assert_allclose(optical_strain(u, v), np.linalg.norm(tensor), rtol=1e-3)
    rotation = optical_strain(-0.04 * y, 0.04 * x)
    np.testing.assert_allclose(rotation, 0, atol=1e-6)


def test_small_frames_are_refused(face):
    small = Clip.from_array(np.repeat(face(16)[None], 3, axis=0), onset=0, apex=1, offset=2)
    with pytest.raises(ClipError, match="at least 32 px, got 16x16"):
        compute("flow", small)


def test_an_unknown_method_is_refused(clip):
    with pytest.raises(UnknownNameError, match="'farneback'"):
        compute("flow", clip, method="farnback")


def test_a_standardized_image_does_not_depend_on_how_its_maker_stretched_it(moving_face):
    clip = moving_face(112, 12, (1, 5, 10))
    made = {"size": 28, "remove_rigid": "median"}
    ours = compute("flow", clip, standardize=True, **made)
    raw = compute("flow", clip, normalize=False, **made)
    low, high = raw.min(axis=(0, 1)), raw.max(axis=(0, 1))
    stretched = np.rint(255 * (raw - low) / (high - low)).astype(np.uint8)
    another = stretched.copy()
    another[..., 0] = another[..., 0] // 2 + 40  # less contrast
    another[..., 2] = 255 - another[..., 2]  # another formula of strain
    first, second = (rescale_flow(image, standardize=True) for image in (stretched, another))
    np.testing.assert_allclose(first, ours, atol=0.15)
    np.testing.assert_allclose(second, first, atol=0.15)
    assert np.abs(rescale_flow(another) - rescale_flow(stretched)).max() > 1
    np.testing.assert_allclose(np.sqrt((ours**2).mean(axis=(0, 1))), 0.35, atol=0.02)


def test_standardizing_without_normalizing_is_refused(clip):
    with pytest.raises(ParameterError, match="normalize=True"):
        compute("flow", clip, normalize=False, standardize=True)
