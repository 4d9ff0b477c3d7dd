"""Long synthetic videos: what they say is in them is in them."""

import json

import numpy as np
import pytest
from skimage import data

from mer_zoo import synthesis
from mer_zoo.clips import open_frames
from mer_zoo.errors import ClipError, OutputExistsError


@pytest.fixture(scope="module")
def portrait():
    return synthesis.canonical_portrait(data.astronaut()[:256, 96:352])


def test_same_seed_same_video_and_expressions_keep_apart(portrait):
    videos = [
        synthesis.draw_long_video(portrait, seconds=20, seed=s, expressions_a_minute=20)
        for s in (3, 3, 4)
    ]
    first, again, other = videos
    assert first.intervals == again.intervals != other.intervals
    for _, (after, before) in enumerate(
        zip(first.intervals[1:], first.intervals[:-1], strict=True)
    ):
        assert after[0] - before[2] >= 1.5 * 30
    for onset, apex, offset in first.intervals:
        assert 45 <= onset < apex < offset < first.n_frames - 45
        assert 0.15 <= (offset - onset) / 30 <= 0.51
    assert len(first.blinks) == 5 and np.ptp(first.disturbances.lids) > 0.5


def test_the_face_moves_where_the_truth_says(portrait):
    video = synthesis.draw_long_video(
        portrait, seconds=6, seed=1, blinks_a_minute=0, head_motion=0, noise=0
    )
    frames = np.stack(list(video.frames())).astype(np.int16)
    assert len(frames) == video.n_frames == 180
    moved = np.abs(frames - frames[0]).max(axis=(1, 2, 3)) > 2
    expected = np.zeros(180, bool)
    for onset, _, offset in video.intervals:
        expected[onset + 2 : offset - 1] = True
    assert video.intervals and moved[expected].all()
    for onset, _, offset in video.intervals:
        expected[onset : offset + 1] = True
    assert not moved[~expected].any()


def test_written_with_its_truth_and_never_over_another(portrait, tmp_path):
    video = synthesis.draw_long_video(portrait, seconds=4, seed=2)
    path = tmp_path / "long.mp4"
    truth = json.loads(video.write(path).read_text())
    assert truth["n_frames"] == 120 == sum(1 for _ in open_frames(path).frames())
    assert [tuple(i) for i in truth["intervals"]] == video.intervals
    with pytest.raises(OutputExistsError):
        video.write(path)


@pytest.mark.parametrize("wrong", [{"seconds": 1}, {"fps": 5}])
def test_too_short_or_too_slow_is_named(portrait, wrong):
    with pytest.raises(ClipError, match="expected at least"):
        synthesis.draw_long_video(portrait, **{"seconds": 10, "seed": 0, **wrong})
