"""Apex-centred rank pooling: its weights, its limits, and the layer beside the function."""

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.layers import ApexRankPooling, DynamicImage
from mer_zoo.modalities import compute, flip
from mer_zoo.modalities.apex_rank_pooling import apex_rank_weights
from mer_zoo.modalities.dynamic_image import rank_pooling_weights

VARIANTS = [("mirrored", "equal"), ("mirrored", "length"), ("closeness", "equal")]
PHASES = [(1, 5, 10), (0, 1, 11), (2, 8, 9), (1, 1, 10), (1, 10, 10), (3, 4, 4), (3, 3, 4)]
PHASES += [(2, 5, 8), (2, 4, 8)]  # frames of both halves tie

variants = pytest.mark.parametrize(("reading", "balance"), VARIANTS)
steps = st.integers(0, 200)


@pytest.fixture(scope="module")
def clip(moving_face):
    return moving_face(32, 12, (1, 5, 10), bump=12.0)


def layer_image(layer, clip):
    marks = {"onset": clip.onset, "apex": clip.apex, "offset": clip.offset}
    return keras.ops.convert_to_numpy(layer({"frames": clip.frames, **marks}))


def assert_close(image, expected, tolerance=1e-5):
    np.testing.assert_allclose(image, expected, rtol=0, atol=tolerance * np.ptp(expected))


def test_weights_of_small_clips_are_those_counted_by_hand():
    # Bilen's weights of three frames are -4/3, 2/3, 2/3: over the positive ones -1, 1/2, 1/2.
    expected = [-0.5, 0.25, 0.5, 0.25, -0.5]
    np.testing.assert_allclose(apex_rank_weights(0, 2, 4), expected, atol=1e-12)
    # Two frames have -1/2, 1/2, over the positive one -1, 1; three frames share two steps of three.
    np.testing.assert_allclose(
        apex_rank_weights(0, 2, 3, balance="length"), [-2 / 3, 1 / 3, 2 / 3, -1 / 3], atol=1e-12
    )
    np.testing.assert_allclose(
        apex_rank_weights(0, 2, 3), [-1 / 2, 1 / 4, 3 / 4, -1 / 2], atol=1e-12
    )
    # Ranks of five frames 1, 2 (tied), 3, 4 (tied), 5, with -3.7, 0.3, 1.3, 1.3, 0.8.
    tied = np.array([-1.7, 1.3, 0.8, 1.3, -1.7])
    closeness = apex_rank_weights(0, 2, 4, "closeness")
    np.testing.assert_allclose(closeness, tied / tied[1:4].sum(), atol=1e-12)
    # Closeness 0, 1/2, 1, 0: ranks 1, 3, 4, 1 of four frames with -29/12, 7/12, 13/12, 9/12.
    alpha = rank_pooling_weights(4)
    ranked = np.array([alpha[:2].mean(), alpha[2], alpha[3], alpha[:2].mean()])
    closeness = apex_rank_weights(0, 2, 3, "closeness")
    np.testing.assert_allclose(closeness, ranked / ranked[1:3].sum(), atol=1e-12)


@variants
@settings(max_examples=60, deadline=None)
@given(rise=steps, fall=steps)
def test_weights_sum_to_zero_and_positive_ones_to_one(reading, balance, rise, fall):
    weights = apex_rank_weights(3, 3 + rise, 3 + rise + fall, reading, balance)
    assert weights.shape == (rise + fall + 1,)
    assert weights.sum() == pytest.approx(0, abs=1e-9)
    assert np.isfinite(weights).all()
    if rise + fall and (reading == "closeness" or not rise * fall):
        assert weights[weights > 0].sum() == pytest.approx(1)


@variants
@settings(max_examples=60, deadline=None)
@given(rise=steps, fall=steps)
def test_weights_are_mirrored_with_the_phases(reading, balance, rise, fall):
    weights = apex_rank_weights(0, rise, rise + fall, reading, balance)
    backwards = apex_rank_weights(0, fall, rise + fall, reading, balance)
    np.testing.assert_allclose(weights, backwards[::-1], atol=1e-12)


@variants
@settings(max_examples=30, deadline=None)
@given(count=st.integers(2, 200))
def test_an_apex_at_an_end_gives_the_weights_of_the_dynamic_image(reading, balance, count):
    alpha = rank_pooling_weights(count)
    alpha = alpha / alpha[alpha > 0].sum()
    last = count - 1
    late = apex_rank_weights(0, last, last, reading, balance)
    np.testing.assert_allclose(late, alpha, atol=1e-9)
    early = apex_rank_weights(0, 0, last, reading, balance)
    np.testing.assert_allclose(early, alpha[::-1], atol=1e-9)


@variants
def test_an_apex_at_an_end_gives_the_dynamic_image(clip, reading, balance):
    layer = ApexRankPooling(reading=reading, balance=balance)
    dynamic = DynamicImage()
    rise = clip.with_phases(1, 10, 10)
    assert_close(layer_image(layer, rise), layer_image(dynamic, rise))
    parameters = {"reading": reading, "balance": balance}
    assert_close(compute("mesti_rank", rise, **parameters), compute("dynamic_image", rise))
    # With the apex at the onset the frames are ranked from last to first: the sign is positive, and
    # the dynamic image is that of the clip played backwards.
    fall = clip.with_phases(1, 1, 10)
    backwards = Clip(clip.frames[::-1], clip.times, 1, 10, 10)
    assert_close(layer_image(layer, fall), layer_image(dynamic, backwards))
    assert_close(compute("mesti_rank", fall, **parameters), compute("dynamic_image", backwards))


@variants
def test_a_clip_played_backwards_gives_the_same_image(clip, reading, balance):
    backwards = Clip(clip.frames[::-1], clip.times, 1, 6, 10)
    parameters = {"reading": reading, "balance": balance}
    expected = compute("mesti_rank", clip, **parameters)
    assert_close(compute("mesti_rank", backwards, **parameters), expected)
    layer = ApexRankPooling(**parameters)
    assert_close(layer_image(layer, backwards), layer_image(layer, clip))


@variants
@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize("phases", PHASES)
def test_function_and_layer_agree(clip, reading, balance, normalize, phases):
    marked = clip.with_phases(*phases)
    weights = apex_rank_weights(*phases, reading, balance)
    frames = clip.frames[phases[0] : phases[2] + 1].astype(float)
    expected = np.tensordot(weights, frames, axes=1)
    if normalize:
        expected = 255 * (expected - expected.min()) / np.ptp(expected)
    parameters = {"reading": reading, "balance": balance, "normalize": normalize}
    assert_close(compute("mesti_rank", marked, **parameters), expected)
    assert_close(layer_image(ApexRankPooling(**parameters), marked), expected)


@variants
@pytest.mark.parametrize("marks", [(0, 60, 299), (5, 100, 195), (0, 299, 299)])
def test_the_layer_has_the_same_weights_in_long_clips(reading, balance, marks):
    # Frame i is bright in pixel i and dark elsewhere: the image is the row of weights.
    frames = np.eye(300, dtype=np.float32)[:, None, :, None]
    onset, apex, offset = marks
    inputs = {"frames": frames, "onset": onset, "apex": apex, "offset": offset}
    layer = ApexRankPooling(reading=reading, balance=balance, normalize=False)
    expected = np.zeros(300)
    expected[onset : offset + 1] = apex_rank_weights(*marks, reading, balance)
    image = keras.ops.convert_to_numpy(layer(inputs))[0, :, 0]
    np.testing.assert_allclose(image, expected, rtol=0, atol=1e-6)


@variants
def test_a_still_clip_gives_nothing(face, reading, balance):
    still = Clip.from_array(np.repeat(face(32)[None], 9, axis=0), onset=0, apex=3, offset=8)
    parameters = {"reading": reading, "balance": balance}
    for normalize in (True, False):
        image = compute("mesti_rank", still, **parameters, normalize=normalize)
        assert (image == 0).all()
        layer = ApexRankPooling(**parameters, normalize=normalize)
        assert (layer_image(layer, still) == 0).all()


@variants
def test_a_clip_mirrored_left_to_right_gives_the_mirrored_image(clip, reading, balance):
    parameters = {"reading": reading, "balance": balance}
    image = compute("mesti_rank", clip, **parameters)
    mirrored = compute("mesti_rank", clip.mirrored(), **parameters)
    assert_close(mirrored, flip("mesti_rank", image, **parameters))
    np.testing.assert_array_equal(flip("mesti_rank", image, **parameters), image[:, ::-1])


def test_one_frame_is_refused(clip):
    with pytest.raises(ClipError, match="frame 4"):
        compute("mesti_rank", clip.with_phases(4, 4, 4))


@pytest.mark.parametrize(
    ("parameters", "known"), [({"reading": "mirored"}, "mirrored"), ({"balance": "even"}, "length")]
)
def test_unknown_names_are_refused_by_layer_and_function(clip, parameters, known):
    with pytest.raises(UnknownNameError, match=known):
        ApexRankPooling(**parameters)
    with pytest.raises(UnknownNameError, match=known):
        compute("mesti_rank", clip, **parameters)
