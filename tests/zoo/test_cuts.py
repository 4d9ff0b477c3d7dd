"""A video with a camera cut, read by an entry."""

import pytest

import mer_zoo
from mer_zoo.errors import ClipError
from mer_zoo.readings import NO_EXPRESSION
from tests.films import picture, still, write_film

pytestmark = pytest.mark.backend_free  # the face networks are tested by themselves


@pytest.fixture(scope="module")
def model():
    return mer_zoo.load("meganet_tiny")


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    path = tmp_path_factory.mktemp("cut") / "cut.mp4"
    return write_film(path, still(picture(), 20), still(picture(mirrored=True), 20))


def test_a_cut_is_no_expression(model, film):
    reading = model.predict_video(film)
    assert reading.label == NO_EXPRESSION and reading.motion < 0.6
    assert model.predict_video(film, spot=True) == []


def test_phases_across_a_cut_are_refused(model, film):
    with pytest.raises(ClipError, match="camera cuts"):
        model.predict_video(film, onset=18, apex=21)


def test_neither_are_aligned_frames_read_across_a_cut(model):
    size = model.card.preprocessing.face_size
    one, other = (picture()[:size, 100 : 100 + size], picture(mirrored=True)[-size:, :size])
    clip = mer_zoo.Clip.from_array([*[one] * 10, *[other] * 12], fps=30)
    assert model.predict_clip(clip, aligned=True).label == NO_EXPRESSION
    with pytest.raises(ClipError, match=r"camera cuts.*frame 10 is the first"):
        model.predict_clip(clip.with_phases(5, 12, 15), aligned=True)
