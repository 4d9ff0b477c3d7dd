import dataclasses

import cv2
import numpy as np
import pytest

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError


@pytest.fixture
def clip(frames):
    times = np.arange(len(frames)) / 200
    return Clip(frames, times, 2, 5, 9, "casme2/sub01", "disgust", ["AU4", "AU9"], "made here")


def test_holds_what_it_was_given_without_a_copy(clip, frames):
    assert clip.frames is frames
    assert clip.phases == (2, 5, 9)
    assert clip.action_units == ("AU4", "AU9")
    assert clip.n_frames == 12
    assert clip.fps == pytest.approx(200)
    assert clip.duration == pytest.approx(11 / 200)
    with pytest.raises(dataclasses.FrozenInstanceError):
        clip.apex = 3


def test_repr_is_short_and_tells_the_phases(clip):
    expected = (
        "Clip(12 frames of 64x48, 200 fps, onset 2, apex 5, offset 9, 'casme2/sub01', 'disgust')"
    )
    assert repr(clip) == expected


def test_fps_is_the_median_step_so_one_gap_does_not_move_it(frames):
    times = np.arange(12) / 100
    times[6:] += 3
    assert Clip(frames, times).fps == pytest.approx(100)


def test_grey_is_bt601(clip, frames):
    luma = frames @ np.array([0.299, 0.587, 0.114])
    assert clip.grey.shape == (12, 48, 64)
    assert clip.grey.dtype == np.uint8
    assert np.abs(clip.grey - luma).max() <= 1
    assert clip.grey is clip.grey
    assert not clip.grey.flags.writeable


def test_grey_of_a_clip_whose_frames_do_not_lie_together_in_memory(frames):
    cut = Clip.from_array(frames[::2, 3:40, 60:5:-1])
    expected = [cv2.cvtColor(np.ascontiguousarray(f), cv2.COLOR_RGB2GRAY) for f in cut.frames]
    np.testing.assert_array_equal(cut.grey, expected)


def test_a_still_clip_may_repeat_one_frame_without_memory(frames):
    still = np.broadcast_to(frames[0], (50, 48, 64, 3))
    clip = Clip(still, np.arange(50.0))
    assert clip.frames.strides[0] == 0
    np.testing.assert_array_equal(clip.grey[0], clip.grey[-1])


def test_with_phases_replaces_all_three(clip):
    assert clip.with_phases(1, 2, 3).phases == (1, 2, 3)
    assert clip.with_phases(apex=4).phases == (None, 4, None)
    assert clip.with_phases(1, 2, 3).subject == "casme2/sub01"


def test_slice_shifts_the_phases_and_keeps_the_times(clip):
    part = clip.slice(2, 10)
    assert part.phases == (0, 3, 7)
    assert part.times[0] == pytest.approx(2 / 200)
    assert np.shares_memory(part.frames, clip.frames)
    np.testing.assert_array_equal(part.frames[0], clip.frames[2])
    assert clip.slice(3).phases == (None, 2, 6)
    assert clip.slice(0, 9).phases == (2, 5, None)


def test_a_part_says_which_since_its_indices_count_from_its_beginning(frames):
    clip = Clip.from_array(frames, source="s.mp4")
    assert clip.slice(2, 10).source == "s.mp4, frame 2 to frame 9"
    assert clip.slice(0, 10).source == "s.mp4"
    assert Clip.from_array(frames).slice(2).source is None


@pytest.mark.parametrize("bounds", [(5, 5), (-1, 4), (3, 13), (12, None)])
def test_slice_outside_the_clip_is_refused(clip, bounds):
    with pytest.raises(ClipError, match=r"0 <= start < stop <= 12"):
        clip.slice(*bounds)


def test_mirrored_flips_left_and_right_only(clip):
    mirrored = clip.mirrored()
    np.testing.assert_array_equal(mirrored.frames, clip.frames[:, :, ::-1])
    assert mirrored.frames.flags.c_contiguous
    assert mirrored.phases == clip.phases
    np.testing.assert_array_equal(mirrored.mirrored().frames, clip.frames)


def test_one_frame_is_a_clip_but_has_no_motion(frames):
    one = Clip(frames[:1], [0.0], apex=0)
    assert one.fps is None
    assert one.duration == 0
    with pytest.raises(ClipError, match="one frame; motion needs at least two"):
        one.require_motion()
    with pytest.raises(ClipError, match="one frame"):
        one.require_phases("apex")


def test_require_phases(clip):
    assert clip.require_phases() == (2, 5, 9)
    assert clip.require_phases("onset", "apex") == (2, 5)
    bare = clip.with_phases(onset=1)
    assert bare.require_phases("onset") == (1,)
    with pytest.raises(ClipError, match=r"no apex and no offset.*with_phases.*spotting"):
        bare.require_phases()


@pytest.mark.parametrize(
    ("phases", "message"),
    [
        ((5, 2, 9), r"out of order: onset 5, apex 2, offset 9; expected 0-based .* <= 11"),
        ((None, 9, 5), "out of order: apex 9, offset 5"),
        ((9, None, 5), "out of order: onset 9, offset 5"),
        ((46, 60, 80), r"onset 46 is outside the clip.*numbering='file'"),
        ((-1, 2, 3), "onset -1 is outside the clip"),
        ((0, 3, 12), r"offset 12 is outside the clip.*offset <= 11"),
        ((0, 2.5, 3), "apex is 2.5; expected a whole number"),
        ((True, 2, 3), "onset is True; expected a whole number"),
        (("1", 2, 3), "onset is '1'; expected a whole number"),
    ],
)
def test_wrong_phases_are_named(frames, phases, message):
    with pytest.raises(ClipError, match=message):
        Clip(frames, np.arange(12.0), *phases)


def test_numpy_integers_are_whole_numbers(frames):
    clip = Clip(frames, np.arange(12), np.int64(1), np.uint8(2), np.int32(3))
    assert clip.phases == (1, 2, 3)
    assert all(type(phase) is int for phase in clip.phases)


@pytest.mark.parametrize(
    ("times", "message"),
    [
        (np.arange(11.0), r"shape \(11,\); expected \(12,\)"),
        (np.r_[0:6, 5, 7:12].astype(float), r"times\[5\] = 5 s and times\[6\] = 5 s"),
        (np.arange(12.0)[::-1], "strictly increasing"),
        (np.r_[0.0:11.0, np.nan], r"times\[11\] is not a finite number"),
        (["soon"] * 12, "cannot be read as numbers"),
    ],
)
def test_wrong_times_are_named(frames, times, message):
    with pytest.raises(ClipError, match=message):
        Clip(frames, times)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (lambda f: f.astype(np.float32), "kind float32"),
        (lambda f: f[..., 0], r"shape \(12, 48, 64\)"),
        (lambda f: f[:0], "T >= 1"),
        (lambda f: list(f), "is a list"),
    ],
)
def test_wrong_frames_are_named(frames, wrong, message):
    with pytest.raises(ClipError, match=f"{message}.*from_array"):
        Clip(wrong(frames), np.arange(12.0))


def test_action_units_given_as_one_text_are_refused(frames):
    with pytest.raises(ClipError, match=r"action_units is the text 'AU12'"):
        Clip(frames, np.arange(12.0), action_units="AU12")
