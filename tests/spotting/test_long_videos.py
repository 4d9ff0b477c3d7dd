"""Spotting in recordings of many seconds: synthetic ones with known ground truth, and the real smile."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from skimage import data

import mer_zoo
from mer_zoo import faces, synthesis
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError, NoFaceError
from mer_zoo.evaluation import score_spotting
from mer_zoo.spotting.following import Step
from mer_zoo.spotting.sliding import CORE, sliding_windows
from mer_zoo.spotting.windows import MARGIN_SECONDS


@pytest.fixture(scope="module")
def portrait():
    photo = data.astronaut()[:256, 96:352]
    return synthesis.Portrait.of(photo, faces.find_landmarks(photo).points, crop=False)


def test_expressions_are_found_and_blinks_and_head_motion_are_not(portrait):
    """12 seconds, so two windows; three blinks, a swaying head, an expression in each window."""
    video = synthesis.draw_long_video(
        portrait, seconds=12, seed=5, expressions_a_minute=0, blinks_a_minute=15
    )
    assert len(video.blinks) == 3
    units = {100: (12,), 255: (1, 2)}
    video = synthesis.LongVideo(
        portrait,
        tuple(
            synthesis.Expression(
                tuple(synthesis.Movement(u) for u in chosen),
                synthesis.Timing(onset, onset + 5, onset + 12),
                peak=3.5,
            )
            for onset, chosen in units.items()
        ),
        video.blinks,
        video.disturbances,
        video.fps,
        video.seed,
    )
    done = []
    found = mer_zoo.spot(np.stack(list(video.frames())), fps=30, progress=done.append)
    assert done == list(range(1, 361))
    annotated = [(onset, offset) for onset, _, offset in video.intervals]
    score = score_spotting(annotated, [(i.onset, i.offset) for i in found])
    assert (score.true_positives, score.false_positives) == (2, 0), found
    for interval, (_, apex, _) in zip(found, video.intervals, strict=True):
        assert abs(interval.apex - apex) <= 3
        assert interval.times[1] == pytest.approx(interval.apex / 30)
        assert interval.motion > 0.6 and interval.score > 3 and not interval.held


def test_the_real_smile_is_one_held_expression_and_its_blink_is_none():
    """The person blinks at frames 25 to 29, while the smile is there."""
    (found,) = mer_zoo.spot(demonstration.smile())
    assert abs(found.apex - 24) <= 3 and 10 <= found.onset <= 18
    assert found.held and 5 < found.motion < 20


def test_a_smile_that_ends_is_one_interval_and_a_cut_is_none():
    """Forwards and backwards, after a second of another picture: the way back is no expression."""
    smile = Clip.from_video(demonstration.smile()).frames[:60, ::2, ::2]
    wall = np.repeat(smile[:1, ::-1], 30, 0)  # upside down
    frames = np.concatenate([wall, smile[:1].repeat(20, 0), smile, smile[::-1], smile[:20:-1]])
    (found,) = mer_zoo.spot(frames, fps=30)
    assert abs(found.apex - (50 + 24)) <= 3
    assert found.held and found.offset > 50 + 60 + 20


def test_a_smile_that_returns_and_comes_again_is_two_and_talk_within_it_is_none():
    """The packaged smile begins to fall at its frame 68: backwards it is a second smile, from there on."""
    smile = Clip.from_video(demonstration.smile()).frames[:, ::2, ::2]
    rest, last = smile[:1].repeat(90, 0), 90 + 2 * (len(smile) - 1)
    first, second = mer_zoo.spot(np.concatenate([rest, smile, smile[-2::-1], rest]), fps=30)
    assert abs(first.apex - (90 + 24)) <= 3 and abs(second.apex - (last - 67)) <= 3
    assert first.held and first.offset <= second.onset + 1
    assert second.held and second.offset > last - 24


def test_slow_smiles_do_not_hide_each_other(portrait):
    """Each takes a second to grow. How much they make frames differ is no noise."""
    units = (synthesis.Movement(6), synthesis.Movement(12))
    smiles = tuple(
        synthesis.Expression(units, synthesis.Timing(onset, onset + 30, onset + 60), peak=5.0)
        for onset in (30, 140)
    )
    camera = synthesis.Disturbances.none(250).but(noise=1.5)
    video = synthesis.LongVideo(portrait, smiles, (), camera, 30, 1)
    first, second = mer_zoo.spot(np.stack(list(video.frames())), fps=30)
    assert abs(first.onset - 30) <= 3 and abs(second.onset - 140) <= 3
    assert min(first.score, second.score) > 4


def test_a_recording_without_any_noise_can_be_scored(portrait):
    video = synthesis.synthesise(
        portrait.photo, "12", seed=1, peak=4.0, fps=30, seconds=1, head_motion=0.0, noise=0.0
    )
    still = np.repeat(video.frames[:1], 60, 0)
    (found,) = mer_zoo.spot(np.concatenate([still, video.frames, still]), fps=30)
    assert abs(found.apex - (60 + video.apex)) <= 3 and 3 < found.score < 100


def test_bad_input_is_named(portrait):
    with pytest.raises(ClipError, match="at least 2"):
        mer_zoo.spot(portrait.photo[None], fps=30)
    with pytest.raises(NoFaceError, match="6 frames"):
        mer_zoo.spot(np.full((6, 120, 160, 3), 127, np.uint8), fps=30)


def steps(present, cuts=(), rate=30.0):
    points = np.zeros((len(faces.TRACKED), 2), np.float32)
    for index, here in enumerate(present):
        place = points if here else np.full_like(points, np.nan)
        yield Step(index / rate, place, np.eye(2, 3), index in cuts)


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 700)), min_size=1, max_size=5))
@example([(True, 461), (True, 700), (True, 700)])
def test_windows_share_out_every_frame_with_a_face(runs):
    present = np.concatenate([[here] * count for here, count in runs])
    windows = list(sliding_windows(steps(present), start=7))
    owned = np.zeros(len(present), int)
    for window in windows:
        place = window.path.start - 7
        assert window.path.present.all() and present[place : place + len(window.path.times)].all()
        assert window.path.times[0] == pytest.approx(place / 30)
        assert np.ptp(window.path.times) <= CORE + 2 * MARGIN_SECONDS + 0.1
        times = np.arange(len(present)) / 30
        owned += (times >= window.first) & (times <= window.last)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], present.astype(int), [0]])))
    for first, end in edges.reshape(-1, 2):
        if end - first >= 5:
            within = sum(first <= window.path.start - 7 < end for window in windows)
            assert (owned[first:end] >= 1).all()
            # Neighbours share a frame at most: the one on which they meet.
            assert owned[first:end].sum() <= end - first + within - 1


def test_a_cut_ends_a_window():
    windows = list(sliding_windows(steps([True] * 60, cuts={20}), start=0))
    assert [(w.path.start, len(w.path.times)) for w in windows] == [(0, 20), (20, 40)]
    assert [w.shot for w in windows] == [0, 1]


def test_windows_do_not_grow_with_the_recording():
    """A hundred seconds pass through in windows of ten."""
    lengths = [len(window.path.times) for window in sliding_windows(steps([True] * 3000), 0)]
    assert len(lengths) > 10 and max(lengths) <= 30 * (CORE + 2 * MARGIN_SECONDS) + 2
