"""Spotting on synthetic clips with known ground truth, on the real smile, and on faces that do not move."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage import data

from mer_zoo import spotting, synthesis
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, NoFaceError


@pytest.fixture(scope="module")
def portrait():
    return synthesis.canonical_portrait(data.astronaut()[:256, 96:352])


def aligned(portrait, *units, peak=3.0, timing=(12, 24, 40), held=False, noise=1.0, n=56, seed=0):
    onset, apex, offset = timing
    expression = synthesis.Expression(
        tuple(synthesis.Movement(u) for u in units),
        synthesis.Timing(onset, apex, apex if held else offset, rest=float(held)),
        peak=peak,
    )
    camera = synthesis.Disturbances.none(n).but(noise=noise)
    return synthesis.render(portrait, expression, camera, n_frames=n, fps=100, seed=seed)


@pytest.mark.parametrize("units", [(12,), (1, 2), (4,)])
@pytest.mark.parametrize("peak", [1.5, 4.0])
def test_the_phases_of_an_expression_are_found(portrait, units, peak):
    clip = aligned(portrait, *units, peak=peak)
    found = spotting.spot_aligned(clip.with_phases())
    assert abs(found.clip.onset - clip.onset) <= 5
    assert abs(found.clip.apex - clip.apex) <= 5
    assert abs(found.clip.offset - clip.offset) <= 6
    assert not found.held
    assert 0.3 * peak < found.motion < 1.2 * peak
    assert found.curve.shape == (clip.n_frames,)
    assert np.argmax(found.curve) == pytest.approx(clip.apex, abs=8)


@given(
    st.lists(st.floats(0.05, 1.0), min_size=2, max_size=60),
    st.floats(0.0, 30.0),
    st.booleans(),
)
def test_a_large_rise_is_read_in_steps_that_follow_each_other(growth, motion, marked):
    n = len(growth) + 1
    clip = Clip(np.zeros((n, 4, 4, 3), np.uint8), np.arange(n) / 30, 0, n - 1, n - 1)
    curve = np.concatenate([[0], np.cumsum(growth)]).astype(np.float32)
    expression = spotting.SpottedExpression(clip, 0, True, motion, curve)
    steps = expression.steps(marked=marked)
    assert expression.within_reach(marked=marked).phases == steps[0].phases
    if motion <= (8 if marked else 4):
        assert [step.phases for step in steps] == [clip.phases]
        return
    assert steps[0].onset == 0
    for step, following in pairwise(steps):
        assert step.apex == following.onset
    moved = np.diff([0, *(curve[step.apex] for step in steps)])
    assert all(step.onset < step.apex == step.offset for step in steps)
    # A frame more or less is nearer to 4 px by ratio, and frames here are at most 1 px apart.
    assert (moved[:-1] > 3).all() and (moved < 5).all()
    remains = curve[-1] - curve[steps[-1].apex]
    assert len(steps) == 2 or remains < 2, "a second step is half as large at least"


def test_an_expression_that_stays_is_held(portrait):
    found = spotting.spot_aligned(aligned(portrait, 12, held=True, n=110).with_phases())
    assert found.held and found.clip.offset == found.clip.apex
    assert abs(found.clip.apex - 24) <= 5


def test_given_phases_are_kept(portrait):
    clip = aligned(portrait, 12)
    found = spotting.spot_aligned(clip.with_phases(10, 20, 45))
    assert found.clip.phases == (10, 20, 45)
    middle = spotting.spot_aligned(clip.with_phases(10, None, 45)).clip
    assert (middle.onset, middle.offset) == (10, 45) and abs(middle.apex - 24) <= 6


def test_motion_grows_with_the_peak_and_noise_is_not_motion(portrait):
    motions = [spotting.spot_aligned(aligned(portrait, 12, peak=p)).motion for p in (1.0, 2.0, 4.0)]
    assert motions[0] < motions[1] < motions[2]
    still = aligned(portrait, 12, peak=0.0, noise=3.0)
    assert spotting.spot_aligned(still.with_phases()).motion < 0.5


@pytest.mark.parametrize(
    ("shown", "phases"), [("ra", (0, 1, 1)), ("rar", (0, 1, 2)), ("rraar", (1, 2, 4))]
)
def test_onset_and_apex_alone_tell_the_motion(portrait, shown, phases):
    """The usual input of MER networks: two or three frames."""
    clip = aligned(portrait, 12, peak=3.0)
    apart = clip.frames[[clip.onset, clip.apex]]

    def motion(order, marks):
        frames = apart[["ra".index(frame) for frame in order]]
        marked = Clip.from_array(frames, fps=30).with_phases(*marks)
        return spotting.spot_aligned(marked).motion

    held = motion("rrrrraaaaarrrrr", (3, 7, 14))
    assert held > 1 and motion(shown, phases) == pytest.approx(held, rel=0.1)


def test_a_moving_head_is_not_an_expression(portrait):
    """What alignment leaves of head motion is a small similarity of the whole crop, and taken out."""
    import cv2

    face = portrait_image(portrait)
    frames = []
    for t in np.linspace(0, 1, 40):
        matrix = cv2.getRotationMatrix2D((56, 56), 0.6 * t, 1 + 0.003 * t)
        matrix[:, 2] += (0.5 * t, -0.3 * t)
        frames.append(cv2.warpAffine(face, matrix, (112, 112), borderMode=cv2.BORDER_REFLECT_101))
    turning = Clip.from_array(np.stack(frames), fps=100)
    expression = aligned(portrait, 12, peak=3.0)
    assert spotting.spot_aligned(turning).motion < 0.5 * spotting.spot_aligned(expression).motion


def portrait_image(portrait):
    clip = aligned(portrait, 12, peak=0.0, noise=0.0, n=42)
    return np.ascontiguousarray(clip.grey[0])


def test_smile_of_the_demo(tmp_path):
    found = spotting.find_expression(open_frames(demonstration.smile()))
    assert found.clip.n_frames == 72, "a face in every frame"
    assert abs(found.start + found.clip.apex - 24) <= 3
    assert 10 <= found.clip.onset <= 18
    assert found.held
    assert 5 < found.motion < 20


def test_a_mouth_that_closes_is_the_end_of_an_expression_not_one():
    """A recording that begins within a smile: the packaged one falls at its frame 68, 14 px as its rise."""
    smile = Clip.from_video(demonstration.smile()).frames
    ends = np.concatenate([smile[40:], smile[14::-1], smile[:12]])
    fall = slice(68 - 40, 80 - 40)
    left = spotting.find_expression(open_frames(ends, fps=30))
    assert left.motion < 4, "all that moves besides the fall"
    assert left.clip.apex not in range(60)[fall]
    again = np.concatenate([ends, smile[12:40]])
    rise = spotting.find_expression(open_frames(again, fps=30))
    assert abs(rise.clip.apex - (len(ends) + 24 - 12)) <= 3 and rise.motion > 10


def test_one_frame_and_no_face_are_named(portrait):
    with pytest.raises(ClipError, match="one frame"):
        spotting.spot_aligned(aligned(portrait, 12).slice(0, 1))
    photo = data.astronaut()[None, :256, 96:352]
    with pytest.raises(ClipError, match="at least 2"):
        spotting.find_expression(open_frames(photo, fps=30))
    with pytest.raises(ClipError, match=r"has 0 frames .* count the frames from 0"):
        spotting.find_expression(open_frames(photo, fps=30), start=100)
    wall = np.full((6, 120, 160, 3), 127, np.uint8)
    with pytest.raises(NoFaceError, match="6 frames"):
        spotting.find_expression(open_frames(wall, fps=30))


def test_a_face_number_beyond_the_faces_of_a_video_is_named():
    photo = data.astronaut()[:256, 96:352]
    for scene, face, message in (
        (
            np.hstack([photo, photo]),
            2,
            r"face=2 .*none of the 3 frames .*than 2 faces\..*from 0 to 1",
        ),
        (photo, 1, r"more than 1 face\. Use face='largest' or 0\."),
    ):
        with pytest.raises(NoFaceError, match=message):
            spotting.find_expression(open_frames(np.stack([scene] * 3), fps=30), face=face)


@pytest.mark.parametrize("phases", [(5, 3, 9), (None, 9, 3), (0, 1, 99), (-1, 2, 3)])
def test_impossible_phases_are_named(phases):
    photo = np.repeat(data.astronaut()[None, :256, 96:352], 4, axis=0)
    with pytest.raises(ClipError):
        spotting.find_expression(open_frames(photo, fps=30), phases=phases)


def test_an_expression_late_in_a_long_recording_is_found():
    """Ten seconds at 30 a second: a still face, and one smile from second 7 on."""
    clip = synthesis.synthesise(
        data.astronaut()[:256, 96:352],
        "12",
        seed=1,
        peak=6.0,
        fps=30,
        seconds=1.5,
        expression_seconds=0.6,
        head_motion=0.0,
    )
    still = np.repeat(clip.frames[:1], 210, 0)
    frames = np.concatenate([still, clip.frames, still[:60]])
    found = spotting.find_expression(open_frames(frames, fps=30))
    assert abs(found.start + found.clip.apex - (210 + clip.apex)) <= 4
    assert found.clip.n_frames < 150


def test_the_end_of_the_face_ends_the_look():
    """A wall for more than a quarter of a second: what comes before and after is read apart."""
    clip = synthesis.synthesise(data.astronaut()[:256, 96:352], "12", seed=1, peak=6.0, fps=30)
    wall = np.full((30, *clip.frames.shape[1:]), 127, np.uint8)
    found = spotting.find_expression(open_frames(np.concatenate([wall, clip.frames, wall]), fps=30))
    assert found.start >= 30 and found.start + found.clip.n_frames <= 30 + clip.n_frames
