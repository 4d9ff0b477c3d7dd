"""Dynamic images: published weights, still clips, phases; and the layer beside the function."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.layers import DynamicImage
from mer_zoo.modalities import compute
from mer_zoo.modalities.dynamic_image import rank_pooling_weights

BILEN = {
    2: [-0.5, 0.5],
    3: [-1.3333, 0.6667, 0.6667],
    5: [-3.7, 0.3, 1.3, 1.3, 0.8],
    10: [-12.2187, -3.2187, 0.2813, 1.948, 2.698, 2.898, 2.7313, 2.3028, 1.6778, 0.9],
}
LEARNET = {2: [1, 1], 3: [0.5, 1.5, 1], 5: [-1.4167, 1.5833, 2.0833, 1.75, 1]}


@pytest.fixture(scope="module")
def clip(moving_face):
    return moving_face(32, 12, (1, 5, 10))


def layer_image(frames, **parameters):
    return keras.ops.convert_to_numpy(DynamicImage(**parameters)(frames))


@pytest.mark.parametrize(
    ("variant", "count", "expected"),
    [("bilen", n, w) for n, w in BILEN.items()] + [("learnet", n, w) for n, w in LEARNET.items()],
)
def test_weights_are_the_published_ones(variant, count, expected):
    np.testing.assert_allclose(rank_pooling_weights(count, variant), expected, atol=1e-4)


@pytest.mark.parametrize("variant", ["bilen", "learnet"])
@pytest.mark.parametrize("count", [2, 5, 10])
def test_the_layer_has_the_same_weights(variant, count):
    # Frame i is bright in pixel i and dark elsewhere: the image is the row of weights.
    frames = np.zeros((12, 1, 12, 1), np.float32)
    for i in range(count):
        frames[i, 0, i, 0] = 1.0
    inputs = {"frames": frames, "onset": 0, "offset": count - 1}
    image = layer_image(inputs, variant=variant, normalize=False)
    expected = np.zeros(12)
    expected[:count] = rank_pooling_weights(count, variant)
    np.testing.assert_allclose(image[0, :, 0], expected, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(count=st.integers(2, 300))
def test_weights_sum_to_zero_or_to_the_number_of_frames(count):
    assert rank_pooling_weights(count).sum() == pytest.approx(0, abs=1e-8)
    assert rank_pooling_weights(count, "learnet").sum() == pytest.approx(count, abs=1e-8)


@pytest.mark.parametrize("variant", ["bilen", "learnet"])
@pytest.mark.parametrize("normalize", [False, True])
def test_function_and_layer_agree(clip, variant, normalize):
    image = compute("dynamic_image", clip, variant=variant, normalize=normalize)
    weights = rank_pooling_weights(10, variant)
    expected = np.tensordot(weights, clip.frames[1:11].astype(float), axes=1)
    if normalize:
        expected = 255 * (expected - expected.min()) / np.ptp(expected)
    np.testing.assert_allclose(image, expected, atol=1e-5 * np.ptp(expected))
    inputs = {"frames": clip.frames, "onset": 1, "offset": 10}
    layer = layer_image(inputs, variant=variant, normalize=normalize)
    np.testing.assert_allclose(layer, expected, atol=1e-5 * np.ptp(expected))


@pytest.mark.parametrize("name", ["dynamic_image", "dual_phase"])
def test_a_still_clip_gives_nothing(face, name):
    still = Clip.from_array(np.repeat(face(32)[None], 9, axis=0), onset=0, apex=4, offset=8)
    assert (compute(name, still) == 0).all()
    assert (compute(name, still, normalize=False) == 0).all()
    assert (layer_image(still.frames) == 0).all()
    # LEARNet's weights do not cancel: the face shows.
    assert np.ptp(compute("dynamic_image", still, variant="learnet")) == pytest.approx(255)


def test_both_phases_show_the_expression_growing(clip):
    both = compute("dual_phase", clip, normalize=False)
    rise = compute("dynamic_image", clip.with_phases(1, 3, 5), normalize=False)
    backwards = Clip(clip.frames[::-1], clip.times, onset=1, offset=6)
    fall = compute("dynamic_image", backwards, normalize=False)
    np.testing.assert_array_equal(both[..., :3], rise)
    np.testing.assert_array_equal(both[..., 3:], fall)
    assert np.corrcoef(rise.ravel(), fall.ravel())[0, 1] > 0.8


def test_a_missing_phase_is_zero(clip):
    rise_only = compute("dual_phase", clip.with_phases(1, 10, 10))
    assert np.ptp(rise_only[..., :3]) == pytest.approx(255)
    assert (rise_only[..., 3:] == 0).all()
    fall_only = compute("dual_phase", clip.with_phases(1, 1, 10))
    assert (fall_only[..., :3] == 0).all()
    assert np.ptp(fall_only[..., 3:]) == pytest.approx(255)


@pytest.mark.parametrize("name", ["dynamic_image", "dual_phase"])
def test_one_frame_is_refused(clip, name):
    with pytest.raises(ClipError, match="frame 4"):
        compute(name, clip.with_phases(4, 4, 4))


def test_an_unknown_variant_is_refused(clip):
    with pytest.raises(UnknownNameError, match="'bilen'"):
        compute("dynamic_image", clip, variant="bilenn")
