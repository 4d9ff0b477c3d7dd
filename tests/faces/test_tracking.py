"""Following a face through a video whose movement is known."""

from itertools import islice

import numpy as np
import pytest

from mer_zoo.errors import ClipError, NoFaceError
from mer_zoo.faces import RIGID, FaceTracker, find_landmarks

from .face_films import needs_litert, swaying, to_photo, two_faces

EYE_DISTANCE = 109  # outer eye corners in the 224-pixel crop, the unit of "motion in pixels"


def points_of(track) -> np.ndarray:
    return np.array([landmarks.points[:, :2] for landmarks in track])


def errors_of(track, matrices) -> np.ndarray:
    """(T, 468, 2): how far the landmarks leave the true movement, in px of the 224-px crop."""
    photo = to_photo(points_of(track), matrices)
    eyes = np.median(photo[:, 263] - photo[:, 33], axis=0)
    return (photo - np.median(photo, axis=0)) * EYE_DISTANCE / np.hypot(*eyes)


def test_landmarks_follow_the_head(film):
    frames, matrices = film(swaying(45))
    track = list(FaceTracker().track(frames))
    assert all(landmarks.score > 0.9 for landmarks in track)
    errors = errors_of(track, matrices)
    assert np.sqrt((errors**2).sum(axis=-1).mean()) < 0.25
    assert np.hypot(*errors.mean(axis=1).T).max() < 0.3


def test_motion_is_the_true_movement_of_the_head(film):
    frames, matrices = film(swaying(45))
    track = list(FaceTracker().track(frames))
    np.testing.assert_array_equal(track[0].motion, np.eye(2, 3))
    face = points_of(track[:1])[0, list(RIGID)]
    carried = np.array([face @ m.motion[:, :2].T + m.motion[:, 2] for m in track])
    truth = to_photo(np.broadcast_to(carried[0], carried.shape), matrices[[0] * len(track)])
    found = to_photo(carried, matrices)
    assert np.abs(found - truth).max() < 0.15


def test_a_fast_face_is_followed(film):
    t = np.linspace(0, 1, 20)[:, None]
    poses = np.array([220, 170, 1.3, 0.0]) + t * [80, 0, 0.0, 0.15]  # the face is 140 px wide
    frames, matrices = film(poses)
    errors = errors_of(FaceTracker().track(frames), matrices)
    assert np.hypot(*np.moveaxis(errors, -1, 0)).mean() < 0.5


def test_the_result_does_not_depend_on_the_batch(film):
    frames, _ = film(swaying(13))
    whole, single = (points_of(FaceTracker(batch=batch).track(frames)) for batch in (16, 5))
    assert np.abs(whole - single).max() < 0.01


@needs_litert
def test_both_engines_agree(film):
    frames, _ = film(swaying(10))
    keras, litert = (
        points_of(FaceTracker(engine=engine).track(frames)) for engine in ("keras", "litert")
    )
    assert np.abs(keras - litert).max() < 0.05


def test_a_lost_face_is_found_again(film):
    poses = swaying(24)
    poses[14:, 0] += 60
    frames, matrices = film(poses)
    frames[8:14] = [np.zeros_like(frames[0])] * 6
    track = list(FaceTracker().track(frames))
    assert [i for i, landmarks in enumerate(track) if landmarks is None] == list(range(8, 14))
    seen = [i for i, landmarks in enumerate(track) if landmarks is not None]
    errors = errors_of([track[i] for i in seen], matrices[seen])
    assert np.hypot(*errors.mean(axis=1).T).max() < 1
    step = track[14].motion @ [*track[0].points[168, :2], 1] - track[14].points[168, :2]
    assert np.hypot(*step) < 2


def test_a_cut_to_another_place_is_no_movement(film):
    poses = np.array([[150, 170, 1.0, 0.0]] * 4 + [[480, 170, 1.0, 0.0]] * 4)
    frames, matrices = film(poses)
    # Not the mirrored image beside the first face, but the face at its new place.
    for frame in frames[:4]:
        frame[:, 300:] = 90
    for frame in frames[4:]:
        frame[:, :330] = 90
    errors = errors_of(FaceTracker().track(frames), matrices)
    assert np.hypot(*errors.mean(axis=1).T).max() < 1


def test_one_face_of_two_is_kept(astronaut):
    scene = two_faces(astronaut)
    for face, side in (("largest", 0), (0, 0), (1, 1)):
        track = points_of(FaceTracker(face=face).track([scene] * 3))
        assert ((track[..., 0] > 512) == side).all()
    assert list(FaceTracker(face=2).track([scene] * 2)) == [None, None]


def test_a_photograph_and_its_film_agree(astronaut):
    photo = find_landmarks(astronaut).points
    film = next(FaceTracker().track([astronaut])).points
    assert np.abs(photo - film)[:, :2].max() < 0.5


def test_frames_are_taken_as_they_come(astronaut):
    taken = []

    def camera():
        for index in range(100):
            taken.append(index)
            yield astronaut[:300, 60:390]

    assert len(list(islice(FaceTracker(batch=4).track(camera()), 5))) == 5
    assert len(taken) == 8


def test_no_frames_give_no_landmarks():
    assert list(FaceTracker().track([])) == []


def test_bad_arguments_are_refused(astronaut):
    with pytest.raises(ClipError, match="uint8"):
        list(FaceTracker().track([astronaut, astronaut / 255]))
    with pytest.raises(NoFaceError, match="largest"):
        FaceTracker(face=-1)
    with pytest.raises(ValueError, match="batch"):
        FaceTracker(batch=0)
