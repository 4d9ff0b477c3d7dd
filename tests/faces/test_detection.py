"""Finding faces in an image."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import ClipError, NoFaceError, UnknownNameError
from mer_zoo.faces import Face, detect_faces, find_landmarks
from mer_zoo.faces.detection import anchor_centres, decode, merge_overlapping

from .face_films import ENGINES, two_faces

# Where the astronaut's pupils and nose tip are in the photograph, by eye.
PUPILS, NOSE = np.array([[202, 101], [246, 103]]), [222, 128]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_face_of_the_photograph(astronaut, engine):
    (face,) = detect_faces(astronaut, engine=engine)
    assert face.score > 0.8
    x0, y0, x1, y1 = face.box
    assert 165 < x0 < 190 and 260 < x1 < 285 and 65 < y0 < 95 and 160 < y1 < 190
    assert np.abs(face.keypoints[:2] - PUPILS).max() < 5
    assert np.abs(face.keypoints[2] - NOSE).max() < 6


def test_a_small_face_is_found_at_the_second_look(astronaut):
    scene = np.full((1080, 1080, 3), 90, np.uint8)
    scene[60:572, 500:1012] = astronaut
    (face,) = detect_faces(scene)
    assert np.abs(face.keypoints[:2] - (PUPILS + np.array([500, 60]))).max() < 12


def test_of_two_faces_the_larger_comes_first(astronaut):
    scene = two_faces(astronaut)
    large, small = detect_faces(scene)
    assert large.area > small.area
    assert large.centre[0] < 512 < small.centre[0]
    left, right = (find_landmarks(scene, face=number).points for number in (0, 1))
    assert left[:, 0].max() < 512 < right[:, 0].min()
    np.testing.assert_array_equal(find_landmarks(scene).points, left)
    with pytest.raises(NoFaceError, match="2 faces were found"):
        find_landmarks(scene, face=2)


def test_no_face(astronaut):
    wall = np.full((200, 300, 3), 128, np.uint8)
    assert detect_faces(wall) == []
    with pytest.raises(NoFaceError, match="crop the image around it"):
        find_landmarks(wall)
    with pytest.raises(NoFaceError, match="face='largest'"):
        find_landmarks(astronaut, face="smallest")


@pytest.mark.parametrize(
    ("image", "remedy"),
    [
        (np.zeros((50, 50), np.uint8), "numpy.stack"),
        (np.zeros((50, 50, 4), np.uint8), "RGB"),
        (np.zeros((50, 50, 3), np.float32), "uint8"),
        (np.zeros((0, 50, 3), np.uint8), "no pixels"),
        ([[1, 2, 3]], "numpy array"),
    ],
)
def test_what_is_no_rgb_image_is_refused(image, remedy):
    with pytest.raises(ClipError, match=remedy):
        detect_faces(image)


def test_an_unknown_engine_is_refused(astronaut):
    with pytest.raises(UnknownNameError, match="keras"):
        detect_faces(astronaut, engine="keres")


def test_anchors_cover_the_image_in_the_order_of_the_grids():
    centres = anchor_centres()
    assert centres.shape == (896, 2)
    np.testing.assert_array_equal(centres[:4], [[4, 4], [4, 4], [12, 4], [12, 4]])
    np.testing.assert_array_equal(centres[511:513], [[124, 124], [8, 8]])


def test_decoding_adds_the_anchor_and_keeps_what_scores():
    values, logits = np.zeros((896, 16), np.float32), np.full(896, -9.0, np.float32)
    values[2] = [1, 2, 30, 40, *range(12)]
    logits[2] = 2.0
    (face,) = decode(values, logits, 0.5)
    assert face.score == pytest.approx(1 / (1 + np.exp(-2)))
    np.testing.assert_allclose(face.box, [13 - 15, 6 - 20, 13 + 15, 6 + 20])
    np.testing.assert_allclose(face.keypoints, np.arange(12).reshape(6, 2) + np.array([12, 4]))
    assert decode(values, logits, 0.9) == []


def make_face(score: float, x: float, side: float = 10.0) -> Face:
    box = np.array([x, 0, x + side, side], np.float32)
    return Face(score, box, np.full((6, 2), x, np.float32))


def test_overlapping_boxes_become_their_weighted_mean():
    merged = merge_overlapping([make_face(0.5, 2.0), make_face(0.9, 50.0), make_face(0.75, 0.0)])
    assert [face.score for face in merged] == [0.9, 0.75]
    np.testing.assert_allclose(merged[1].box, [0.8, 0, 10.8, 10], rtol=1e-6)
    np.testing.assert_allclose(merged[1].keypoints, 0.8, rtol=1e-6)


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.floats(0.1, 1), st.floats(0, 100)), max_size=12))
def test_merging_keeps_scores_descending_and_boxes_within_the_given(faces):
    faces = [make_face(score, x) for score, x in faces]
    merged = merge_overlapping(faces)
    scores = [face.score for face in merged]
    assert scores == sorted(scores, reverse=True)
    assert bool(merged) == bool(faces)
    for face in merged:
        assert face.score in {given.score for given in faces}
        assert min(f.box[0] for f in faces) - 1e-3 <= face.box[0]
        assert face.box[0] <= max(f.box[0] for f in faces) + 1e-3
