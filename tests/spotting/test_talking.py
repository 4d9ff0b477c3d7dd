"""A person who talks: what lips and jaw do is speech, and what the rest of the face does is not."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter1d
from skimage import data

import mer_zoo
from mer_zoo import faces
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, open_frames
from mer_zoo.faces import find_landmarks
from mer_zoo.spotting import FacePath, follow_face
from mer_zoo.spotting.talking import TALKING, talking_confidence
from mer_zoo.synthesis import (
    Disturbances,
    Expression,
    LongVideo,
    Movement,
    Portrait,
    Timing,
    draw_long_video,
)
from mer_zoo.synthesis.expressions.talking import TALKING_UNITS, draw_talk

pytestmark = pytest.mark.backend_free  # the face networks are tested by themselves

FPS = 30


@pytest.fixture(scope="module")
def portrait():
    photo = data.astronaut()[:256, 96:352]
    return Portrait.of(photo, find_landmarks(photo).points, crop=False)


def course(path):
    """How sure it is, frame by frame, that the person of a video talks."""
    return talking_confidence(follow_face(open_frames(path)))


def film(tmp_path, portrait, seconds, expressions=(), speech=None, seed=1):
    """A video of a still head with these expressions, and speech (a course of `TALKING_UNITS`)."""
    disturbances = Disturbances.none(round(seconds * FPS)).but(noise=1.5, shot=0.5)
    if speech is not None:
        disturbances = disturbances.but(speech=speech, speech_units=TALKING_UNITS)
    video = LongVideo(portrait, tuple(expressions), (), disturbances, FPS, seed)
    video.write(tmp_path / "film.mp4")
    return tmp_path / "film.mp4"


def brows(onset, peak=4.0):
    """Brows that rise and fall within half a second."""
    timing = Timing(onset, onset + 6, onset + 14, 1)
    return Expression((Movement(1), Movement(2)), timing, peak, "surprise")


def test_speech_is_found_and_pauses_are_not(tmp_path, portrait):
    video = draw_long_video(
        portrait, seconds=20, seed=3, talking=True, expressions_a_minute=0, blinks_a_minute=0
    )
    speaking = np.zeros(video.n_frames, bool)
    for first, last in video.utterances:
        speaking[first : last + 1] = True
    assert 0.2 < speaking.mean() < 0.9
    video.write(tmp_path / "talk.mp4")
    sure = course(tmp_path / "talk.mp4") >= TALKING
    away = np.convolve(speaking, np.ones(61), "same") == 0  # a second and more from any word
    assert sure[speaking].mean() > 0.8
    assert not away.any() or sure[away].mean() < 0.1


def test_one_movement_of_the_mouth_is_no_speech(tmp_path, portrait):
    smile = Expression((Movement(12),), Timing(60, 66, 74, 1), 4.0, "happiness")
    assert course(film(tmp_path, portrait, 5, [smile])).max() < TALKING


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.parametrize("stop", [2, 3, 4])
def test_a_few_frames_have_no_rhythm(stop):
    path = follow_face(open_frames(demonstration.smile()), stop=stop)
    assert talking_confidence(path).tolist() == [0] * stop


@pytest.mark.parametrize("fps", [30, 200])
def test_a_noisy_camera_is_no_speech(tmp_path, portrait, fps):
    video = draw_long_video(portrait, seconds=4, seed=2, fps=fps, noise=3.0, expressions_a_minute=0)
    video.write(tmp_path / "noisy.mp4")
    assert course(tmp_path / "noisy.mp4").max() < TALKING


def test_confidence_rises_steadily_with_the_size_of_the_sounds():
    """Else the rounding of a processor would decide whether a mouth speaks."""
    times = np.arange(4 * FPS) / FPS
    pulses = np.sin(2 * np.pi * 1.5 * times).clip(0) ** 3

    def confidence(size):
        return talking_confidence(with_lips(times, size * pulses))

    course = np.stack([confidence(size) for size in np.linspace(0.1, 6, 480)])
    assert course[0].max() == 0 and course[-1].max() > 0.8
    steps = np.diff(course, axis=0)
    assert steps.min() >= -1e-6 and steps.max() < 0.05


def test_lips_that_the_landmarks_do_not_hold_are_no_speech():
    """Between parted lips landmarks wander as far as a quiet sound moves them, at the pace of sounds."""
    times = np.arange(10 * FPS) / FPS
    wander = gaussian_filter1d(np.random.default_rng(0).standard_normal(len(times)), 2)
    wander *= 0.5 / wander.std()
    assert talking_confidence(with_lips(times, wander)).max() < TALKING
    syllables = 6 * np.sin(2 * np.pi * 2.5 * times).clip(0) * (times % 4 < 2.5)
    sure = talking_confidence(with_lips(times, wander + syllables)) >= TALKING
    assert sure[times % 4 < 2.5].mean() > 0.9, "someone who talks with pauses is heard all the same"


def with_lips(times, opening):
    """A still face whose lower lip is lower by so many pixels of a 640x360 video in each frame."""
    still = follow_face(open_frames(demonstration.smile()), stop=8)
    points = np.repeat(still.points[:1], len(times), axis=0)
    points[:, faces.TRACKED.index(14), 1] += opening
    motions = np.repeat(still.motions[:1], len(times), axis=0)
    return FacePath(0, times, points, motions, np.zeros(len(times), bool))


def test_a_smile_that_stays_is_no_speech():
    assert course(demonstration.smile()).max() < TALKING


def test_brows_are_found_while_the_person_talks(tmp_path, portrait):
    speech = draw_talk(8 * FPS, FPS, np.random.default_rng(5), pauses=False).course
    speech[:, -3:] = 0  # no stress on any syllable: the brows rise once
    path = film(tmp_path, portrait, 8, [brows(120)], speech)
    (found,) = mer_zoo.spot(path)
    assert found.talking >= TALKING
    assert abs(found.onset - 120) <= 4 and abs(found.apex - 126) <= 4


def test_speech_alone_is_no_expression(tmp_path, portrait):
    speech = draw_talk(8 * FPS, FPS, np.random.default_rng(5), pauses=False).course
    speech[:, -3:] = 0
    assert mer_zoo.spot(film(tmp_path, portrait, 8, speech=speech)) == []


def test_phases_that_someone_marked_are_of_the_whole_face(tmp_path, portrait):
    speech = draw_talk(4 * FPS, FPS, np.random.default_rng(5), pauses=False).course
    clip = Clip.from_video(film(tmp_path, portrait, 4, speech=speech)).with_phases(40, 46, 52)
    reading = mer_zoo.load("meganet_tiny").predict_clip(clip)
    assert reading.talking >= TALKING and reading.evidence == "face"


def test_an_entry_that_does_not_know_the_upper_face_names_nothing(tmp_path, portrait):
    speech = draw_talk(8 * FPS, FPS, np.random.default_rng(5), pauses=False).course
    path = film(tmp_path, portrait, 8, [brows(120)], speech)
    model = mer_zoo.load("meganet_tiny")
    assert model.rejection.upper_face == 1
    (reading,) = model.predict_video(path, spot=True)
    assert (reading.label, reading.evidence) == ("no expression", "upper face")
    page = reading.save_report(tmp_path / "reading.html").read_text("utf-8")
    assert "The person talks here" in page
