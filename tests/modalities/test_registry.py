"""Finding, computing and mirroring images by name; apex frame and difference."""

import inspect

import keras
import numpy as np
import pytest

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.layers import FrameDifference
from mer_zoo.modalities import MODALITIES, central, channel_names, compute, flip

VARIANTS = [
    ("apex", {}),
    ("difference", {}),
    ("difference", {"normalize": False}),
    ("dynamic_image", {}),
    ("dual_phase", {"variant": "learnet"}),
    ("mesti", {}),
    ("mesti", {"channels": "reference"}),
    ("mesti", {"channels": "response", "detrend": True}),
    ("mesti", {"normalize": False, "remove_rigid": "none"}),
    ("mesti_rank", {}),
    ("mesti_rank", {"reading": "closeness"}),
]


@pytest.fixture(scope="module")
def clip(moving_face):
    return moving_face(64, 12, (1, 5, 10), shift=(0.5, 0.3))


@pytest.mark.parametrize("name", MODALITIES)
def test_every_modality_gives_the_channels_it_names(clip, name):
    image = compute(name, clip)
    assert image.shape == (64, 64, len(channel_names(name)))
    assert image.dtype == np.float32
    assert image.flags.c_contiguous
    assert np.isfinite(image).all()
    assert np.ptp(image) > 1


@pytest.mark.parametrize(("name", "parameters"), VARIANTS)
@pytest.mark.parametrize("size", [64, 224])
def test_a_mirrored_clip_gives_the_mirrored_image(moving_face, name, parameters, size):
    clip = moving_face(size, 12, (1, 5, 10), shift=(0.5, 0.3))
    expected = flip(name, compute(name, clip, **parameters), **parameters)
    image = compute(name, clip.mirrored(), **parameters)
    np.testing.assert_allclose(image, expected, atol=1e-4 * np.ptp(expected))


@pytest.mark.parametrize("method", ["dis", "farneback", "tvl1"])
def test_a_mirrored_clip_gives_about_the_mirrored_flow(moving_face, method):
    # The methods themselves go from left to right, so that only most of the flow is mirrored.
    clip = moving_face(112, 12, (1, 5, 10))
    parameters = {"method": method, "normalize": False}
    image = compute("flow", clip.mirrored(), **parameters)
    expected = flip("flow", compute("flow", clip, **parameters), **parameters)
    difference = np.abs(image - expected)[..., :2].max(axis=-1)
    assert np.mean(difference < 0.1 * np.abs(expected[..., :2]).max()) > 0.95
    u, expected_u = image[..., 0].ravel(), expected[..., 0].ravel()
    assert np.corrcoef(u, expected_u)[0, 1] > 0.5


def test_flipping_twice_changes_nothing(clip):
    image = compute("mesti", clip)
    np.testing.assert_array_equal(flip("mesti", flip("mesti", image)), image)
    assert flip("mesti", image.astype(np.float16)).dtype == np.float16


def test_a_batch_is_flipped_image_by_image(clip):
    image = compute("mesti", clip)
    batch = flip("mesti", np.stack([image, 2 * image]))
    np.testing.assert_array_equal(batch[0], flip("mesti", image))
    np.testing.assert_array_equal(batch[1], 2 * batch[0])


def test_flipping_needs_the_right_number_of_channels(clip):
    with pytest.raises(ValueError, match=r"3 channels \(u, v, response\); got 1"):
        flip("mesti", compute("mesti", clip, channels="response"))


def test_the_centre_is_cut_out():
    image = np.arange(2 * 6 * 8 * 1).reshape(2, 6, 8, 1)
    np.testing.assert_array_equal(central(image, 4), image[:, 1:5, 2:6])
    with pytest.raises(ValueError, match="central 7 px of an image of 8x6"):
        central(image, 7)


def test_unknown_names_are_refused(clip):
    with pytest.raises(UnknownNameError, match="'mesti'"):
        compute("mestii", clip)
    with pytest.raises(UnknownNameError, match="'normalize'"):
        compute("mesti", clip, normalise=False)
    with pytest.raises(UnknownNameError, match="no apex parameter named 'normalize'"):
        compute("apex", clip, normalize=True)
    with pytest.raises(UnknownNameError, match="'motion'"):
        channel_names("mesti", channels="motions")


def test_a_list_is_no_channel_set(clip):
    with pytest.raises(UnknownNameError, match="There is no MESTI channel set named"):
        compute("mesti", clip, channels=["motion"])
    with pytest.raises(UnknownNameError, match="There is no mesti channel set named"):
        channel_names("mesti", channels=["motion"])


def test_every_parameter_has_a_default():
    for modality in MODALITIES.values():
        assert inspect.Parameter.empty not in modality.parameters.values()


def test_the_apex_frame_is_itself(clip):
    np.testing.assert_array_equal(compute("apex", clip), clip.frames[5].astype(np.float32))
    unknown = clip.with_phases(2, None, 9)
    np.testing.assert_array_equal(compute("apex", unknown), clip.frames[5].astype(np.float32))
    only = clip.with_phases(None, 3, None)
    np.testing.assert_array_equal(compute("apex", only), clip.frames[3].astype(np.float32))


def test_the_difference_is_that_of_grey_levels(clip):
    grey = clip.frames.astype(float) @ [0.299, 0.587, 0.114]
    image = compute("difference", clip, normalize=False)[..., 0]
    np.testing.assert_allclose(image, grey[5] - grey[1], atol=1e-3)
    scaled = compute("difference", clip)
    assert np.abs(scaled).max() <= 2
    assert np.mean(np.abs(scaled) > 1) == pytest.approx(0.01, abs=0.002)


@pytest.mark.parametrize("normalize", [False, True])
def test_difference_and_its_layer_agree(clip, normalize):
    image = compute("difference", clip, normalize=normalize)
    inputs = {"frames": clip.frames, "onset": 1, "apex": 5, "offset": 10}
    layer = keras.ops.convert_to_numpy(FrameDifference(normalize=normalize)(inputs))
    np.testing.assert_allclose(layer, image, atol=1e-5 * np.ptp(image))


@pytest.mark.parametrize(
    ("name", "phases", "missing"),
    [
        ("apex", {"onset": 1}, "offset"),
        ("difference", {"apex": 5}, "onset"),
        ("flow", {"apex": 5, "offset": 10}, "onset"),
        ("dynamic_image", {"onset": 1, "apex": 5}, "offset"),
        ("dual_phase", {"apex": 5, "offset": 10}, "onset"),
    ],
)
def test_a_missing_mark_is_named(clip, name, phases, missing):
    with pytest.raises(ClipError, match=f"no {missing}.*with_phases"):
        compute(name, clip.with_phases(**phases))


def test_difference_and_flow_need_no_offset(clip):
    for name in ("difference", "flow"):
        expected = compute(name, clip)
        np.testing.assert_array_equal(compute(name, clip.with_phases(onset=1, apex=5)), expected)


@pytest.mark.parametrize("name", MODALITIES)
def test_frames_may_be_a_read_only_mirrored_view(clip, name):
    view = clip.frames[:, :, ::-1]
    view.setflags(write=False)
    mirrored = Clip(view, clip.times, clip.onset, clip.apex, clip.offset)
    np.testing.assert_array_equal(compute(name, mirrored), compute(name, clip.mirrored()))


def test_a_clip_without_colour_works_everywhere(clip):
    grey = Clip.from_array(clip.grey, onset=1, apex=5, offset=10)
    for name in MODALITIES:
        assert np.isfinite(compute(name, grey)).all()
