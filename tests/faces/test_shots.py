"""Camera cuts: what counts as one, and that a tracker starts afresh there."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage import data

from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip
from mer_zoo.faces import FaceLandmarks, FaceTracker, ShotCounter, bridge

from .face_films import swaying

FACE = data.astronaut()[:256, 96:352]

pytestmark = pytest.mark.backend_free  # the face networks are tested by themselves


def shots(frames):
    counter = ShotCounter()
    return [counter.shot_of(np.ascontiguousarray(frame)) for frame in frames]


def test_one_recording_is_one_shot():
    assert set(shots(Clip.from_video(demonstration.smile()).frames)) == {0}


def test_another_picture_is_another_shot():
    wall = np.random.default_rng(0).integers(90, 110, FACE.shape, np.uint8)
    border = np.full_like(FACE, 100)
    border[:9] = 200
    pictures = FACE, FACE, FACE[:, ::-1], FACE[:, ::-1], wall, FACE, border, border, FACE
    assert shots(pictures) == [0, 0, 1, 1, 2, 3, 4, 4, 5]


@settings(deadline=None, max_examples=20)
@given(
    gain=st.floats(0.3, 1.2),
    light=st.floats(-20, 20),
    x=st.integers(-36, 36),
    y=st.integers(-20, 20),
)
def test_light_and_a_moving_camera_are_no_cut(gain, light, x, y):
    """At most an eighth of the width, 40 of 320 px, and a ninth of the height."""
    scene = cv2.resize(data.astronaut(), (512, 512)).astype(float)
    one = scene[60:240, 60:380].astype(np.uint8)
    other = scene[60 + y : 240 + y, 60 + x : 380 + x] * gain + light
    assert shots([one, np.clip(other, 0, 255).astype(np.uint8)]) == [0, 0]


def test_flat_frames_belong_to_the_shot_before_them():
    """The next frame is compared with the last one that has contrast."""
    black, blue = np.zeros_like(FACE), np.zeros_like(FACE) + np.uint8([0, 0, 200])
    assert shots([black, FACE, black, blue, FACE, black, FACE[:, ::-1]]) == [0, 0, 0, 0, 0, 0, 1]


def test_a_tracker_starts_afresh_at_a_cut(film):
    """Whatever the batch, the second shot is tracked as if it were alone."""
    one, _ = film(swaying(7))
    other = [np.ascontiguousarray(frame[:, ::-1]) for frame in film(swaying(16)[9:])[0]]
    alone = list(FaceTracker().track(other))
    for batch in (16, 7, 3):
        track = list(FaceTracker(batch=batch).track([*one, *other]))
        assert [landmarks.shot for landmarks in track] == [0] * 7 + [1] * 7
        np.testing.assert_array_equal(track[7].motion, np.eye(2, 3))
        for found, expected in zip(track[7:], alone, strict=True):
            np.testing.assert_allclose(found.points, expected.points, atol=0.02)
            np.testing.assert_allclose(found.motion, expected.motion, atol=1e-3)


def test_a_gap_with_a_cut_is_not_bridged():
    points = np.zeros((468, 3), np.float32)
    one, other = FaceLandmarks(points, 1.0, shot=2), FaceLandmarks(points, 1.0, shot=3)
    times = np.arange(4) / 30
    assert bridge([one, None, None, other], times) == [one, None, None, other]
    filled = bridge([one, None, None, one], times)
    assert [landmarks.shot for landmarks in filled] == [2] * 4
