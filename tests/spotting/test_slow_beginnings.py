"""A smile may grow slowly, and only then part the lips: what it is shows in its beginning."""

import numpy as np
import pytest
from skimage import data

import mer_zoo
from mer_zoo.clips import open_frames
from mer_zoo.faces import find_landmarks
from mer_zoo.spotting import spot_expressions
from mer_zoo.spotting.expression import REACH, slow_step
from mer_zoo.spotting.motion import face_cells, magnitude
from mer_zoo.synthesis import Disturbances, Expression, LongVideo, Movement, Portrait, Timing

pytestmark = pytest.mark.backend_free  # the networks are tested by themselves

FPS = 30
ONSET, APEX = 60, 66
TIMES = np.arange(90) / FPS
SILENT = np.zeros(APEX + 1, bool)


def portrait():
    photo = data.astronaut()[:256, 96:352]
    return Portrait.of(photo, find_landmarks(photo).points, crop=False)


def growth(first, last):
    """From 0 in frame `first` to 1 in frame `last`."""
    return np.clip((np.arange(len(TIMES)) - first) / (last - first), 0, 1)


def fields_of(slow, quick):
    """Cells of the left half follow the course `slow`, those of the right half `quick`, in pixels."""
    cells = np.zeros((face_cells().sum(), 2), np.float32)
    left, right = cells.copy(), cells.copy()
    left[: len(cells) // 2, 0] = right[len(cells) // 2 :, 1] = 1
    return (slow[:, None, None] * left + quick[:, None, None] * right).astype(np.float32)


def step_of(fields, talked=SILENT):
    return slow_step(fields, TIMES, talked, ONSET, fields[APEX] - fields[ONSET])


def test_the_step_is_of_the_slow_part():
    fields = fields_of(7 * growth(20, 58), 6 * growth(ONSET, APEX))
    begin, end = step_of(fields)
    assert 15 <= begin < end <= ONSET
    assert magnitude(fields[end] - fields[begin]) == pytest.approx(REACH, abs=0.4)


def test_there_is_none_after_a_face_at_rest_or_a_small_movement():
    quick = 6 * growth(ONSET, APEX)
    assert step_of(fields_of(0 * quick, quick)) is None
    assert step_of(fields_of((REACH - 0.5) * growth(20, 58), quick)) is None


def test_there_is_none_for_the_way_back():
    assert step_of(fields_of(7 * growth(20, 58) - 7 * growth(ONSET, APEX), 0 * TIMES)) is None


@pytest.mark.parametrize("word", [slice(50, 55), slice(61, 64)])
def test_what_is_said_before_is_no_beginning(word):
    talked = SILENT.copy()
    talked[word] = True
    assert step_of(fields_of(7 * growth(20, 48), 6 * growth(ONSET, APEX)), talked) is None


def test_the_end_of_an_earlier_expression_is_no_beginning(tmp_path):
    """Brows that come down, and then a jaw that drops."""
    brows = Expression((Movement(1), Movement(2)), Timing(40, 46, 54, 1), 16.0)
    jaw = Expression((Movement(25), Movement(26)), Timing(62, 67, 4 * FPS - 1, rest=1.0), 16.0)
    disturbances = Disturbances.none(4 * FPS).but(noise=1.5)
    film = LongVideo(portrait(), (brows, jaw), (), disturbances, FPS, 1)
    film.write(tmp_path / "film.mp4")
    found = list(spot_expressions(open_frames(tmp_path / "film.mp4")))
    (first, raised), (interval, dropped) = found
    assert abs(first.onset - 40) <= 4 and abs(interval.onset - 62) <= 4
    assert interval.held and dropped.motion > REACH
    assert raised.slow_step is None and dropped.slow_step is None


def test_a_smile_that_parts_the_lips_last_is_named_by_its_corners(tmp_path):
    n_frames = 5 * FPS
    rise = 16 * np.clip((np.arange(n_frames) - 45) / 35, 0, 1)
    smile = np.repeat(rise[:, None], 2, axis=1).astype(np.float32)
    parting = Expression((Movement(25), Movement(26)), Timing(85, 90, n_frames - 1, rest=1.0), 16.0)
    disturbances = Disturbances.none(n_frames).but(
        noise=1.5, speech=smile, speech_units=("mouthSmileLeft", "mouthSmileRight")
    )
    film = tmp_path / "smile.mp4"
    LongVideo(portrait(), (parting,), (), disturbances, FPS, 1).write(film)
    model = mer_zoo.load("meganet_casme2")
    # Where the slow part is found by itself, it has the name, and the lips say nothing.
    (grown, corners), (_, lips) = model.spot_video(film)
    assert grown.apex <= 82 and corners.label == "happiness" and not lips.expression
    # Where it is not certain enough for that, the quick part is read from it.
    ((interval, reading),) = model.spot_video(film, min_score=15)
    assert abs(interval.onset - 85) <= 4 and interval.held and reading.label == "happiness"
    assert reading.image_span[0] < reading.image_span[2] <= interval.onset
