import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError


def test_rgb_is_not_copied(frames):
    clip = Clip.from_array(frames, fps=200, onset=1, apex=2, offset=3, subject="own/me")
    assert clip.frames is frames
    assert clip.fps == pytest.approx(200)
    assert (clip.phases, clip.subject) == ((1, 2, 3), "own/me")


@pytest.mark.parametrize("shape", [(12, 48, 64), (12, 48, 64, 1)])
def test_grey_becomes_a_view_of_three_equal_channels(frames, shape):
    grey = np.ascontiguousarray(frames[..., 1])
    clip = Clip.from_array(grey.reshape(shape))
    assert clip.frames.shape == (12, 48, 64, 3)
    assert np.shares_memory(clip.frames, grey)
    np.testing.assert_array_equal(clip.frames[..., 2], grey)
    np.testing.assert_array_equal(clip.grey, grey)
    np.testing.assert_array_equal(clip.mirrored().frames[..., 0], grey[:, :, ::-1])


def test_alpha_is_dropped(frames):
    rgba = np.concatenate([frames, np.full((12, 48, 64, 1), 7, np.uint8)], axis=-1)
    np.testing.assert_array_equal(Clip.from_array(rgba).frames, frames)


def test_without_fps_time_counts_frames(frames):
    np.testing.assert_array_equal(Clip.from_array(frames).times, np.arange(12))


def test_times_may_be_given(frames):
    times = np.arange(12) ** 1.1
    np.testing.assert_array_equal(Clip.from_array(frames, times=times).times, times)
    with pytest.raises(ClipError, match="fps and times were both given"):
        Clip.from_array(frames, times=times, fps=3)


@pytest.mark.parametrize("fps", [0, -25, float("nan"), float("inf"), "fast"])
def test_wrong_fps_is_named(frames, fps):
    with pytest.raises(ClipError, match=r"fps is .*expected a positive number"):
        Clip.from_array(frames, fps=fps)


@settings(deadline=None, max_examples=30)
@given(
    bits=st.sampled_from([10, 12, 14, 16]),
    kind=st.sampled_from([np.uint16, np.int32, np.int64, np.uint32]),
    seed=st.integers(0, 1000),
)
def test_wide_integers_are_scaled_from_their_bit_depth(bits, kind, seed):
    wide = np.random.default_rng(seed).integers(0, 2**bits, (3, 6, 7)).astype(kind)
    exact = wide / (2**bits - 1) * 255
    narrow = Clip.from_array(wide, bit_depth=bits).frames[..., 0]
    assert np.abs(narrow - exact).max() <= 0.5 + 1e-9


def test_uint16_is_full_range_unless_told():
    wide = (np.arange(256).reshape(1, 16, 16) * 257).astype(np.uint16)
    np.testing.assert_array_equal(
        Clip.from_array(wide).frames[0, ..., 0], np.arange(256).reshape(16, 16)
    )


def test_uint16_that_may_be_12_bit_is_not_guessed():
    wide = np.full((2, 8, 8), 4000, np.uint16)
    with pytest.raises(ClipError, match=r"no value is above 4000.*bit_depth=8, 10, 12"):
        Clip.from_array(wide)
    assert Clip.from_array(wide, bit_depth=12).frames.max() == 249
    assert Clip.from_array(wide, bit_depth=16).frames.max() == 16
    assert Clip.from_array(np.zeros((2, 8, 8), np.uint16)).frames.max() == 0


def test_values_above_the_bit_depth_are_refused():
    wide = np.full((2, 8, 8), 5000, np.uint16)
    with pytest.raises(ClipError, match=r"values 5000..5000; expected 0..4095 for bit_depth=12"):
        Clip.from_array(wide, bit_depth=12)
    with pytest.raises(ClipError, match=r"bit_depth is 11; expected one of"):
        Clip.from_array(wide, bit_depth=11)


def test_floats_are_rounded(frames):
    exact = frames.astype(np.float32)
    clip = Clip.from_array(np.clip(exact + 0.4, 0, 255))
    np.testing.assert_array_equal(clip.frames, frames)
    np.testing.assert_array_equal(Clip.from_array(exact.astype(np.float64)).frames, frames)


def test_small_integers_are_taken_and_others_refused(frames):
    np.testing.assert_array_equal(Clip.from_array(frames.astype(np.int64)).frames, frames)
    with pytest.raises(ClipError, match=r"int16 with values -5\.\.\d+; expected 0\.\.255"):
        Clip.from_array(frames.astype(np.int16) - (frames.min() + 5))
    with pytest.raises(ClipError, match=r"int64 with values .*expected 0\.\.255"):
        Clip.from_array(frames.astype(np.int64) * 3)


@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32])
def test_a_clip_may_be_black(kind):
    assert Clip.from_array(np.zeros((2, 8, 8), kind)).frames.max() == 0
    assert Clip.from_array(np.full((2, 8, 8), 3, kind), bit_depth=8).frames.max() == 3
    if kind is not np.float32:
        assert Clip.from_array(np.ones((2, 8, 8), kind), bit_depth=8).frames.max() == 1


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_frame_that_is_not_finite_is_named(frames, bad):
    broken = frames.astype(np.float32)
    broken[7, 3, 3, 0] = broken[9] = bad
    with pytest.raises(ClipError, match="frame 7 of the array holds NaN or infinite"):
        Clip.from_array(broken)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f / 255, r"multiply it by 255"),
        (lambda f: f / np.float32(f.max()) * 1.02, r"values .*\.\.1\.02\..*multiply it by 255"),
        (lambda f: np.clip(f, 0, 2.0), r"values 2\.\.2\..*multiply it by 255.*astype\('uint8'\)"),
        (lambda f: (f > 127).astype(np.int32), r"int32 with values 0\.\.1\..*multiply it by 255"),
        (lambda f: (f > 127).astype(np.int8), r"int8 with values 0\.\.1\..*bit_depth=8"),
        (lambda f: f / 127.5 - 1, r"values -.*expected 0\.\.255"),
        (lambda f: f * 2.0, r"expected 0\.\.255"),
        (lambda f: f > 100, "kind bool"),
        (lambda f: f.astype(complex), "kind complex128"),
        (lambda f: f.astype(object), "kind object"),
    ],
)
def test_values_whose_scale_is_not_known_are_refused(frames, change, message):
    with pytest.raises(ClipError, match=message):
        Clip.from_array(change(frames))


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ((48, 64), r"shape \(48, 64\)"),
        ((48, 64, 3), r"looks like one image.*array\[None\]"),
        ((12, 3, 48, 64), r"channels first.*transpose\(0, 2, 3, 1\)"),
        ((12, 48, 64, 2), "with 1, 3 or 4 channels"),
        ((1, 12, 48, 64, 3), "with 1, 3 or 4 channels"),
        ((0, 48, 64, 3), "nothing in it"),
        ((12, 0, 64, 3), "nothing in it"),
    ],
)
def test_wrong_shapes_are_named(shape, message):
    with pytest.raises(ClipError, match=message):
        Clip.from_array(np.zeros(shape, np.uint8))


def test_ragged_lists_are_refused():
    with pytest.raises(ClipError, match="cannot be read as a numpy array"):
        Clip.from_array([np.zeros((4, 5, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)])
