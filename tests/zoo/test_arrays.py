"""`predict_clip` of plain arrays, and the list of entries that is shown as a table."""

import pickle
import warnings

import numpy as np
import pytest

import mer_zoo
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, FrameRateWarning
from mer_zoo.readings import picture, render_reading


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_tiny")


@pytest.fixture(scope="module")
def truth():
    return demonstration.synthetic_clip()


def test_an_array_is_read_as_its_clip_is(model, truth):
    with warnings.catch_warnings():
        warnings.simplefilter("error", FrameRateWarning)
        reading = model.predict_clip(truth.frames, fps=100)
        clip = model.predict_clip(Clip.from_array(truth.frames, fps=100))
    assert (reading.onset, reading.apex, reading.offset) == (clip.onset, clip.apex, clip.offset)
    assert reading.probabilities == clip.probabilities and reading.label == "surprise"
    assert reading.fps == 100, "not 99.99999999999991, the median step in floating point"


def test_without_a_frame_rate_a_usual_one_is_assumed_and_said(model, truth):
    with pytest.warns(FrameRateWarning, match=r"30 frames a second were assumed.*fps=") as caught:
        reading = model.predict_clip(truth.frames)
    assert caught[0].filename == __file__, "the caller's line is shown"
    assert reading.label == "surprise" and abs(reading.apex - truth.apex) <= 5
    assert reading.fps == reading.to_dict()["fps"] == 30


def places(caught):
    """The files at whose lines a frame rate was warned of; Keras may warn of other things."""
    return [warning.filename for warning in caught if warning.category is FrameRateWarning]


def test_spot_assumes_the_same_rate_for_an_array_and_says_so(model):
    smile = Clip.from_video(demonstration.smile())
    known = mer_zoo.spot(smile.frames, fps=30)
    with pytest.warns(FrameRateWarning, match="30 frames a second were assumed") as caught:
        assert mer_zoo.spot(smile.frames) == known != []
    assert places(caught) == [__file__]
    with pytest.warns(FrameRateWarning, match="30 frames a second were assumed"):
        assert [interval for interval, _ in model.spot_video(list(smile.frames))] == known


def test_a_clip_without_a_frame_rate_is_named_where_spotting_needs_one(model, truth):
    clip = Clip.from_array(truth.frames, source="my clip")
    ways = [lambda: mer_zoo.spot(clip), lambda: model.predict_clip(clip.with_phases(apex=24))]
    ways += [lambda: mer_zoo.spotting.spot_registered(clip)]
    ways += [lambda: list(mer_zoo.watch(open_frames(clip), every_frame=True))]
    for way in ways:
        with pytest.warns(
            FrameRateWarning, match=r"my clip has one frame a second.*fps="
        ) as caught:
            way()
        assert places(caught) == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error", FrameRateWarning)
        given = clip.with_phases(*truth.phases)
        assert model.predict_clip(given).label == "surprise"
        assert mer_zoo.spotting.spot_registered(given).start == 0


@pytest.mark.parametrize(
    ("frames", "message"),
    [
        (np.zeros((64, 64, 3), "uint8"), "looks like one image"),
        (np.zeros((9, 3, 64, 64), "uint8"), r"channels first.*transpose"),
        (np.zeros((9, 64, 64, 5), "uint8"), r"shape \(9, 64, 64, 5\)"),
        (np.full((9, 64, 64, 3), 0.5), "multiply it by 255"),
        (np.zeros((9, 64, 64, 3), bool), "kind bool"),
        (np.full((9, 64, 64, 3), 300), "values 300..300"),
        (np.zeros((0, 64, 64, 3), "uint8"), "nothing in it"),
        ("smile.mp4", r"A str is no clip.*predict_video"),
        (None, "A NoneType is no clip"),
    ],
    ids=["image", "channels first", "channels", "floats", "mask", "range", "empty", "path", "None"],
)
def test_what_is_no_clip_is_said(model, frames, message):
    with pytest.raises(ClipError, match=message):
        model.predict_clip(frames, fps=30)


def test_a_clip_keeps_its_own_times(model, truth):
    with pytest.raises(ClipError, match="has its own times"):
        model.predict_clip(truth, fps=30)


def test_a_reading_has_the_times_of_its_clip_even_or_not(model, truth):
    times = np.arange(truth.n_frames) / 100 + 0.3 * (np.arange(truth.n_frames) > 20)
    clip = Clip.from_array(truth.frames, times=times)
    reading = model.predict_clip(clip)
    np.testing.assert_array_equal(reading.curve_times, times)
    phases = times[[reading.onset, reading.apex, reading.offset]]
    assert (reading.onset_seconds, reading.apex_seconds, reading.offset_seconds) == tuple(phases)
    assert reading.apex > 20 and reading.apex_seconds > reading.apex / reading.fps + 0.29
    for interval, spotted in model.spot_video(clip):
        assert interval.times[1] == spotted.apex_seconds


@pytest.mark.parametrize(
    ("entry", "legend"),
    [
        ("meganet_tiny", "Colours of a MESTI image: red is horizontal motion"),
        ("ststnet_megc2019", "Colours of an optical flow image"),
        ("meganet_rank_casme2", None),
    ],
)
def test_the_report_explains_the_colours_of_this_image(truth, entry, legend):
    reading = mer_zoo.load(entry).predict_clip(truth)
    page = render_reading(reading)
    assert page.count("Colours of") == (legend is not None) and (legend or "") in page
    shown = picture(reading.image, reading.channels)
    assert 20 < shown.mean() < 235 and shown.std() > 5, "neither white nor black"


@pytest.mark.backend_free
def test_the_list_of_entries_is_a_list_and_prints_as_a_table():
    names = mer_zoo.list_models("*megc2019")
    assert isinstance(names, list) and names == sorted(names) and repr(names) == repr(list(names))
    assert pickle.loads(pickle.dumps(names)) == names
    heading, *lines = str(names).splitlines()
    assert heading.split()[:3] == ["entry", "image", "parameters"]
    assert [line.split()[0] for line in lines] == names
    for name, line in zip(names, lines, strict=True):
        card = mer_zoo.card(name)
        assert f"{card.network.parameters:,}" in line and "synthetic" in line
        assert f"{card.metrics[0].value:.2f}" in line
    assert max(map(len, [heading, *lines])) <= 80
    page = names._repr_html_()
    assert page.count("<tr>") == len(names) + 1 and all(f"<td>{n}</td>" in page for n in names)
    assert str(mer_zoo.list_models("nothing*")).split()[0] == "entry"
