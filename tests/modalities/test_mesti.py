"""What MESTI must and must not see, and what its accumulator refuses."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, UnknownNameError
from mer_zoo.modalities import MestiAccumulator, compute
from mer_zoo.modalities.displacement import DisplacementSolver
from mer_zoo.modalities.profile import expression_profile

few = settings(max_examples=8, deadline=None)


@st.composite
def marks(draw, count=12, fewest=3):
    onset = draw(st.integers(0, count - fewest))
    offset = draw(st.integers(onset + fewest - 1, count - 1))
    return onset, draw(st.integers(onset, offset)), offset


def response(frames, phases, times=None, detrend=False):
    times = range(len(frames)) if times is None else times
    accumulator = MestiAccumulator(times, *phases, detrend)
    accumulator.add_frames(np.asarray(frames))
    return accumulator.response()


@pytest.fixture(scope="module")
def clip(moving_face):
    return moving_face(32, 12, (1, 5, 10))


@pytest.fixture(scope="module")
def floats(clip):
    return clip.frames.astype(np.float32)


@few
@given(phases=marks())
def test_a_still_clip_gives_nothing(face, phases):
    still = Clip.from_array(np.repeat(face(32)[None], 12, axis=0)).with_phases(*phases)
    image = compute("mesti", still)
    assert image.shape == (32, 32, 3)
    # Sums of 12 frames in float32 are good to about 1e-4 grey levels, which the scale of an image
    # without contrast, a quarter of a grey level, does not blow up.
    assert np.abs(image).max() < 5e-3
    assert np.abs(compute("mesti", still, normalize=False)).max() < 1e-3


@few
@given(phases=marks(), light=st.floats(-40, 40))
def test_brighter_or_darker_frames_change_nothing(floats, phases, light):
    np.testing.assert_allclose(
        response(floats + np.float32(light), phases), response(floats, phases), atol=2e-3
    )


@few
@given(slope=st.floats(-3, 3))
def test_detrending_removes_a_drift_of_the_light(floats, slope):
    drift = slope * np.arange(12, dtype=np.float32)[:, None, None, None]
    phases = (1, 7, 11)
    expected = response(floats, phases, detrend=True)
    np.testing.assert_allclose(response(floats + drift, phases, detrend=True), expected, atol=5e-3)
    if abs(slope) > 0.5:
        changed = response(floats + drift, phases) - response(floats, phases)
        assert np.abs(changed).max() > 0.1


@few
@given(phases=marks(), contrast=st.floats(0.1, 3.0))
def test_the_response_scales_with_contrast(floats, phases, contrast):
    expected = contrast * response(floats, phases)
    np.testing.assert_allclose(
        response(floats * np.float32(contrast), phases),
        expected,
        atol=1e-5 * np.ptp(expected) + 1e-3,
    )


@few
@given(phases=marks())
def test_played_backwards_the_image_is_the_same(clip, phases):
    backwards = Clip(clip.frames[::-1], clip.times, *(11 - mark for mark in reversed(phases)))
    np.testing.assert_allclose(
        compute("mesti", backwards), compute("mesti", clip.with_phases(*phases)), atol=1e-3
    )


def expressive_frames(face, times, phases):
    """Frames to which an expression adds grey levels as its profile says, and those grey levels."""
    still = face(32).astype(np.float32)
    added = np.random.default_rng(0).normal(0, 5, still.shape).astype(np.float32)
    profile = expression_profile(times, *phases).astype(np.float32)
    return still + profile[:, None, None, None] * added, added @ np.float32([0.299, 0.587, 0.114])


@few
@given(phases=marks())
def test_the_response_is_what_the_expression_adds_at_its_apex(face, phases):
    frames, grey = expressive_frames(face, np.arange(12), phases)
    np.testing.assert_allclose(response(frames, phases), grey, atol=2e-3)


@pytest.mark.parametrize("size", [112, 224])
@pytest.mark.parametrize("shift", [(0.4, -0.25), (-0.8, 0.6), (0.25, 0.5)])
def test_a_known_shift_is_measured(moving_face, size, shift):
    shift = np.array(shift) * size / 112
    clip = moving_face(size, 16, (1, 7, 14), shift=shift, bump=0)
    image = compute("mesti", clip, normalize=False, remove_rigid="none")
    # Where there is texture in both directions: about a sixth of this picture. The smaller
    # eigenvalue of the structure tensor says so.
    grey = clip.frames[0].mean(axis=-1)
    textured = _texture(grey, size) > 30 * (112 / size) ** 2
    textured[:8] = textured[-8:] = textured[:, :8] = textured[:, -8:] = False
    assert 0.1 < textured.mean() < 0.3
    measured = image[textured][:, :2]
    assert np.abs(np.median(measured, axis=0) - shift).max() < 0.1 * size / 112
    assert np.mean(np.abs(measured - shift).max(axis=1) < 0.15 * size / 112) > 0.9


def _texture(grey, size):
    gy, gx = np.gradient(cv2.GaussianBlur(grey, (0, 0), 0.8 * size / 112))
    xx, xy, yy = (cv2.GaussianBlur(p, (0, 0), 2 * size / 112) for p in (gx * gx, gx * gy, gy * gy))
    return (xx + yy) / 2 - np.hypot((xx - yy) / 2, xy)


def moved_head(clip, right, down, growth, turn):
    """The clip of a head that shifts (px), comes nearer (a share) and tilts (degrees) as its apex nears."""
    size = clip.frames.shape[1]
    frames = []
    for frame, amount in zip(
        clip.frames,
        expression_profile(clip.times, *(clip.onset, clip.apex, clip.offset)),
        strict=True,
    ):
        middle = ((size - 1) / 2, (size - 1) / 2)
        matrix = cv2.getRotationMatrix2D(middle, -amount * turn, 1 + amount * growth)
        matrix[:, 2] += amount * np.array([right, down])
        frames.append(
            cv2.warpAffine(
                frame, matrix, (size, size), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
            )
        )
    return Clip(np.stack(frames), clip.times, clip.onset, clip.apex, clip.offset)


def strength(image):
    """Root mean square of each channel."""
    return np.sqrt((image**2).mean(axis=(0, 1)))


@few
@given(
    right=st.floats(-0.6, 0.6),
    down=st.floats(-0.6, 0.6),
    growth=st.floats(-0.01, 0.01),
    turn=st.floats(-0.5, 0.5),
)
@example(right=0.6, down=-0.5, growth=0.0, turn=0.0)
@example(right=0.0, down=0.0, growth=0.02, turn=0.0)
@example(right=0.0, down=0.0, growth=0.0, turn=1.0)
def test_what_a_head_does_as_a_whole_is_removed(moving_face, right, down, growth, turn):
    still = moving_face(112, 12, (1, 5, 10), bump=0, noise=0)
    clip = moved_head(still, right, down, growth, turn)
    inside = slice(10, -10)  # nearer to the border, the frames show what was not there before
    rest, motion = (
        strength(compute("mesti", clip, normalize=False, remove_rigid=kind)[inside, inside])
        for kind in ("head", "none")
    )
    # A head is removed to first order: of a pixel of motion, some tenth remains; of sharp edges more.
    assert rest[:2].max() < 0.15 * motion[:2].max() + 0.01
    assert rest[2] < 0.5 * motion[2] + 0.2


def test_the_expression_stays_when_the_head_is_removed(moving_face):
    still = moving_face(112, 12, (1, 5, 10), bump=3.0, noise=0)
    expected = compute("mesti", still, normalize=False, remove_rigid="none")

    def errors(head, remove_rigid):
        image = compute(
            "mesti", moved_head(still, *head), normalize=False, remove_rigid=remove_rigid
        )
        return (strength(image - expected) / strength(expected))[1:]  # of v, a corner rises; of E

    assert errors((0, 0, 0, 0), "head").max() < 0.05
    moving = (0.4, -0.25, 0.005, 0.25)
    of_v, of_response = errors(moving, "head")
    assert of_v < 0.25
    assert of_response < 0.6  # sharp edges keep most of what remains
    assert (errors(moving, "median") > 2 * np.array([of_v, of_response])).all()


def test_the_median_leaves_the_response_as_it_is(moving_face):
    clip = moving_face(112, 12, (1, 5, 10), shift=(0.8, -0.6), bump=0)
    image = compute("mesti", clip, normalize=False, remove_rigid="median")
    assert np.abs(np.median(image[..., :2], axis=(0, 1))).max() < 1e-4
    raw = compute("mesti", clip, normalize=False, remove_rigid="none")
    np.testing.assert_array_equal(image[..., 2], raw[..., 2])


def test_motion_has_the_signs_of_the_image_axes(moving_face):
    clip = moving_face(112, 12, (1, 5, 10), bump=3.0, noise=0)
    image = compute("mesti", clip, normalize=False)
    assert -4.5 < np.median(image[75:82, 42:48, 1]) < -1.0  # the mouth corner rises


def test_images_of_twice_the_size_show_the_same_motion(moving_face):
    small, large = (moving_face(size, 12, (1, 5, 10), noise=0) for size in (112, 224))
    small, large = (compute("mesti", clip) for clip in (small, large))
    shrunk = large.reshape(112, 2, 112, 2, 3).mean(axis=(1, 3))
    for channel, least in ((0, 0.8), (1, 0.95), (2, 0.95)):
        assert np.corrcoef(small[..., channel].ravel(), shrunk[..., channel].ravel())[0, 1] > least


def test_values_stay_within_two(clip):
    image = compute("mesti", clip)
    assert np.abs(image).max() <= 2.0
    for planes in (image[..., :2], image[..., 2]):
        assert np.mean(np.abs(planes) > 1) == pytest.approx(0.01, abs=0.002)


def test_uneven_times_weigh_the_frames(face):
    times = np.array([0, 1, 2, 3, 4, 5, 6, 10, 11, 12, 13, 14]) / 30
    frames, grey = expressive_frames(face, times, (0, 5, 11))
    np.testing.assert_allclose(response(frames, (0, 5, 11), times=times), grey, atol=2e-3)
    np.testing.assert_allclose(response(frames, (0, 5, 11), times=7 + 2 * times), grey, atol=2e-3)
    as_if_even = response(frames, (0, 5, 11), times=np.arange(12))
    assert np.abs(as_if_even - grey).max() > 0.3


def test_frames_outside_the_expression_are_ignored(clip):
    other = clip.frames.copy()
    other[[0, 11]] = 255 - other[[0, 11]]
    changed = Clip(other, clip.times, clip.onset, clip.apex, clip.offset)
    np.testing.assert_array_equal(compute("mesti", changed), compute("mesti", clip))


def test_frames_may_come_one_by_one_or_in_parts(clip):
    whole = compute("mesti", clip)
    single, parts = (MestiAccumulator(clip.times, 1, 5, 10) for _ in range(2))
    for frame in clip.frames:
        single.add(frame)
    for part in np.split(clip.frames, [2, 3, 9]):
        parts.add_frames(part)
    np.testing.assert_allclose(single.image(), whole, atol=1e-4)
    np.testing.assert_allclose(parts.image(), whole, atol=1e-4)


def test_the_image_is_ready_once_the_offset_has_come(clip):
    accumulator = MestiAccumulator(clip.times, 1, 5, 10)
    accumulator.add_frames(clip.frames[:10])
    with pytest.raises(ClipError, match="ends at frame 10, but only 10 frames"):
        accumulator.image()
    accumulator.add(clip.frames[10])
    np.testing.assert_array_equal(accumulator.image(), compute("mesti", clip))
    low, high = (clip.frames[[1, 5]] @ [0.299, 0.587, 0.114]).mean(axis=(1, 2))
    assert min(low, high) - 1 < accumulator.reference().mean() < max(low, high) + 1


def test_a_missing_apex_is_the_middle(clip):
    expected = compute("mesti", clip.with_phases(2, 6, 10))
    np.testing.assert_array_equal(compute("mesti", clip.with_phases(2, None, 10)), expected)


@pytest.mark.parametrize("phases", [(-1, 5, 10), (6, 5, 10), (1, 11, 10), (1, 5, 12)], ids=str)
def test_marks_out_of_order_are_refused(phases):
    with pytest.raises(ClipError, match="counted from 0"):
        MestiAccumulator(range(12), *phases)


def test_an_expression_of_one_frame_is_refused(clip):
    with pytest.raises(ClipError, match=r"single frame \(4\)"):
        compute("mesti", clip.with_phases(4, 4, 4))


def test_a_drift_cannot_be_removed_from_three_frames(clip):
    with pytest.raises(ClipError, match="detrend=False"):
        compute("mesti", clip.with_phases(2, 4, 4), detrend=True)


@pytest.mark.parametrize("mark", ["onset", "offset"])
def test_a_missing_mark_is_named(clip, mark):
    phases = {"onset": 1, "apex": 5, "offset": 10, mark: None}
    with pytest.raises(ClipError, match=f"no {mark}.*with_phases"):
        compute("mesti", clip.with_phases(**phases))


@pytest.mark.parametrize("times", [[0, 1, 1, 2], [3, 2, 1, 0], [0, 1, np.nan, 3], [[0, 1, 2, 3]]])
def test_times_that_do_not_increase_are_refused(times):
    with pytest.raises(ClipError, match="strictly increasing"):
        MestiAccumulator(times, 0, 1, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_the_first_frame_that_is_not_finite_is_named(floats, bad):
    frames = floats.copy()
    frames[4, 3, 3] = frames[6] = bad
    frames[0] = bad  # outside the expression
    with pytest.raises(ClipError, match="Frame 4 holds NaN or infinity"):
        MestiAccumulator(range(12), 1, 5, 10).add_frames(frames)


def test_too_many_frames_are_refused(clip):
    accumulator = MestiAccumulator(clip.times, 1, 5, 10)
    accumulator.add_frames(clip.frames)
    with pytest.raises(ClipError, match="only 12 frame times"):
        accumulator.add(clip.frames[0])


def test_frames_of_another_size_are_refused(clip):
    accumulator = MestiAccumulator(clip.times, 0, 5, 10)
    accumulator.add(clip.frames[0])
    with pytest.raises(ClipError, match=r"Frame 1 has the shape \(16, 32, 3\)"):
        accumulator.add(clip.frames[1][:16])
    with pytest.raises(ClipError, match=r"expected \(H, W\)"):
        MestiAccumulator(clip.times, 0, 5, 10).add(np.zeros((8, 8, 4), np.uint8))


def test_an_unknown_channel_set_is_refused(clip):
    with pytest.raises(UnknownNameError, match="'response'"):
        compute("mesti", clip, channels="respons")


@pytest.mark.parametrize("name", ["mesti", "flow"])
def test_an_unknown_motion_to_remove_is_refused(name, clip):
    with pytest.raises(UnknownNameError, match="head"):
        compute(name, clip, remove_rigid="hea")


def test_a_face_without_gradient_does_not_move(moving_face):
    frames = np.full((12, 32, 32, 3), 100, np.uint8)
    frames[5] = 108
    image = compute("mesti", Clip(frames, np.arange(12.0), 1, 5, 10), normalize=False)
    assert (image[..., :2] == 0).all()


def test_no_motion_where_there_is_no_gradient():
    flat = np.full((40, 40), 100, np.float32)
    change = np.full((40, 40), 8, np.float32)
    u, v = DisplacementSolver(flat).solve(change)
    assert (u == 0).all()
    assert (v == 0).all()
