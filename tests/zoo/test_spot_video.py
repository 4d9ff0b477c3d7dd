"""Every expression of a video, read by an entry."""

import pytest

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.errors import ClipError


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_tiny")


def test_each_interval_is_read(model):
    ((interval, reading),) = model.spot_video(demonstration.smile(), stop=45)
    assert (reading.onset, reading.apex) == (interval.onset, interval.apex)
    assert reading.motion == pytest.approx(interval.motion)
    assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-4)
    (listed,) = model.predict_video(demonstration.smile(), stop=45, spot=True)
    assert listed.probabilities == pytest.approx(reading.probabilities, abs=1e-6)


def test_phases_and_spotting_exclude_each_other(model):
    with pytest.raises(ClipError, match="spot=True"):
        model.predict_video(demonstration.smile(), onset=3, spot=True)


def test_what_is_watched_is_read_as_a_file_is(model):
    ((interval, reading),) = model.spot_video(demonstration.smile(), stop=60)
    ((seen, live),) = model.watch(demonstration.smile(), seconds=2, every_frame=True)
    assert seen == interval and live.label == reading.label
    assert live.probabilities == pytest.approx(reading.probabilities, abs=1e-6)
    assert live.onset == reading.onset and (live.frames == reading.frames).all()
