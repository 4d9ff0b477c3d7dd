"""What moves with a mouth that speaks is taken out; what has a course of its own stays."""

import numpy as np
import pytest

from mer_zoo import faces
from mer_zoo.cli import demonstration
from mer_zoo.clips import open_frames
from mer_zoo.spotting import FacePath, follow_face
from mer_zoo.spotting.motion import cell_places
from mer_zoo.spotting.speech import without_speech
from mer_zoo.spotting.talking import TALKING, lower_cells, talking_confidence

pytestmark = pytest.mark.backend_free  # the face networks are tested by themselves

FPS = 30
TIMES = np.arange(8 * FPS) / FPS
SYLLABLES = np.sin(2 * np.pi * 2.5 * TIMES).clip(0) ** 2
BROWS = np.exp(-0.5 * ((TIMES - 3.9) / 0.08) ** 2)


@pytest.fixture(scope="module")
def still():
    return follow_face(open_frames(demonstration.smile()), stop=8)


def path_of(still, opening):
    """A still face whose lower lip moves down by `opening`, in pixels of the frame."""
    points = np.repeat(still.points[:1], len(TIMES), axis=0)
    points[:, faces.TRACKED.index(14), 1] += opening
    motions = np.repeat(still.motions[:1], len(TIMES), axis=0)
    return FacePath(0, TIMES, points, motions, np.zeros(len(TIMES), bool))


def fields_of(cheeks, brows=0.0):
    """Displacements of a chin that speaks, of cheeks that move along, and of brows that rise."""
    y = cell_places()[:, 1]
    fields = np.zeros((len(TIMES), len(y), 2), np.float32)
    fields[:, lower_cells(), 1] = 8 * SYLLABLES[:, None]
    fields[:, (y > 0.45) & ~lower_cells(), 1] = cheeks * SYLLABLES[:, None]
    fields[:, y < 0.3, 1] = -brows * BROWS[:, None]
    return fields


@pytest.mark.parametrize("cheeks", [0.5, 1.5, -2.0])
def test_cheeks_that_move_with_the_mouth_are_at_rest(still, cheeks):
    path = path_of(still, 8 * SYLLABLES)
    talk = talking_confidence(path)
    assert talk.min() >= TALKING
    left = without_speech(fields_of(cheeks), path, talk)
    assert np.ptp(left, axis=0).max() < 0.2 * abs(cheeks)


def test_brows_that_rise_between_syllables_stay(still):
    path = path_of(still, 8 * SYLLABLES)
    left = without_speech(fields_of(1.0, brows=2.0), path, talking_confidence(path))
    raised = left[:, cell_places()[:, 1] < 0.3, 1].mean(axis=1)
    assert -2.1 < raised.min() < -1.7
    assert abs(TIMES[raised.argmin()] - 3.9) <= 1 / FPS


def test_a_face_that_does_not_talk_stays_as_it_is(still):
    fields = fields_of(1.0)
    path = path_of(still, 8 * SYLLABLES)
    assert without_speech(fields, path, np.full(len(TIMES), TALKING - 1e-6)) is fields


def test_frames_without_speech_stay_as_they_are(still):
    path, fields = path_of(still, 8 * SYLLABLES), fields_of(1.0, brows=2.0)
    talk = np.where(TIMES < 4, 1.0, 0.0)
    left = without_speech(fields, path, talk)
    np.testing.assert_array_equal(left[talk < TALKING], fields[talk < TALKING])
    assert not np.array_equal(left, fields)


def test_a_mouth_that_hardly_moves_explains_nothing(still):
    """Else the jitter of its landmarks would be taken for the cause of whatever the face does."""
    rng = np.random.default_rng(1)
    path = path_of(still, rng.normal(0, 0.1, len(TIMES)))
    fields = fields_of(0.0, brows=2.0)
    left = without_speech(fields, path, np.ones(len(TIMES)))
    upper = ~lower_cells()
    np.testing.assert_allclose(left[:, upper], fields[:, upper], atol=0.2)
