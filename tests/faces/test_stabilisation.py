"""Holding the head still over a clip."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mer_zoo.errors import ClipError
from mer_zoo.faces import RIGID, TRACKED, FaceTracker, canonical_eyes, find_landmarks, stabilise
from mer_zoo.faces.similarity import compose, fit_similarity, invert, transform_points
from mer_zoo.faces.smoothing import smooth_in_time

from .face_films import swaying


@pytest.fixture(scope="module")
def face(astronaut):
    return find_landmarks(astronaut).points[:, :2].astype(np.float64)


def moving(face, poses):
    """The face's points under a similarity a frame, and the similarities."""
    turn = poses[:, 2] * np.exp(1j * poses[:, 3])
    centre = complex(*face.mean(axis=0))
    shift = poses[:, 0] + 1j * poses[:, 1] - turn * centre
    rows = [[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]]
    motions = np.moveaxis(np.array(rows), -1, 0)
    return transform_points(motions, face), motions


def unrest(matrices, points) -> float:
    """Largest movement of any rigid point within the crop, in pixels."""
    return float(np.ptp(transform_points(matrices, points)[:, list(RIGID)], axis=0).max())


def test_tracked_landmarks_are_few_and_include_the_rigid_ones():
    assert set(RIGID) <= set(TRACKED) and {33, 263} <= set(TRACKED)
    assert len(set(TRACKED)) == len(TRACKED) <= 120
    assert len(set(RIGID)) == len(RIGID) and 20 <= len(RIGID) <= 40
    assert max(TRACKED) < 468


@pytest.mark.parametrize("smoothing", [0, 0.2])
@pytest.mark.parametrize("size", [112, 224])
def test_a_rigid_head_stands_still_at_the_canonical_place(face, smoothing, size):
    landmarks, motions = moving(face, swaying(60))
    times = np.arange(60) / 30
    for given_motions in (None, motions):
        matrices = stabilise(
            landmarks, times, size=size, smoothing=smoothing, motions=given_motions
        )
        assert unrest(matrices, landmarks) < 0.25 * size / 112
        eyes = transform_points(matrices, landmarks)[:, [33, 263]]
        assert np.abs(eyes - canonical_eyes(size)).max() < 0.25 * size / 112


def test_smoothing_takes_the_jitter_out_and_keeps_the_motion(face):
    landmarks, motions = moving(face, swaying(200))
    rng = np.random.default_rng(0)
    jitter = rng.normal(0, 0.1, (200, 1, 2))  # the whole face, as FaceMesh does
    times = np.arange(200) / 30

    def roughness(**options):
        matrices = stabilise(landmarks + jitter, times, size=224, **options)
        path = transform_points(matrices, landmarks)[:, list(RIGID)].mean(axis=1)
        return np.diff(path, axis=0).std()

    raw = roughness(smoothing=0)
    assert roughness(smoothing=0.1, motions=motions) < 0.2 * raw
    assert roughness(smoothing=0.1) < 0.8 * raw


def test_an_expression_does_not_move_the_head(face):
    landmarks, _ = moving(face, swaying(30))
    mouth = [61, 291, 0, 17, 13, 14]
    smiling = landmarks.copy()
    smiling[10:20, mouth] += 5
    times = np.arange(30) / 30
    np.testing.assert_allclose(stabilise(smiling, times), stabilise(landmarks, times), atol=1e-9)


def test_a_subset_with_its_indices_gives_the_same(face):
    landmarks, _ = moving(face, swaying(20))
    times = np.arange(20) / 30
    np.testing.assert_allclose(
        stabilise(landmarks[:, list(TRACKED)], times, indices=TRACKED), stabilise(landmarks, times)
    )


def test_one_frame_and_irregular_times(face):
    landmarks, _ = moving(face, swaying(12))
    assert stabilise(landmarks[:1], [0.0]).shape == (1, 2, 3)
    times = np.cumsum(np.random.default_rng(0).uniform(0.001, 0.5, 12))
    assert np.isfinite(stabilise(landmarks, times)).all()


def test_a_tracked_film_stands_still(film):
    poses = swaying(30)
    frames, truth = film(poses)
    track = list(FaceTracker().track(frames))
    matrices = stabilise(
        np.array([landmarks.points for landmarks in track]),
        np.arange(30) / 30,
        size=224,
        motions=np.array([landmarks.motion for landmarks in track]),
    )
    # Where the crop says the photograph's points are, must not change.
    photo = np.array([[202.0, 101.0], [246.0, 103.0], [222.0, 128.0]])
    inside = transform_points(compose(matrices, truth), photo)
    assert inside.std(axis=0).max() < 0.12


@pytest.mark.parametrize(
    ("change", "remedy"),
    [
        (lambda x, t: (x[0], t), "shape"),
        (lambda x, t: (x[:0], t[:0]), "at least one"),
        (lambda x, t: (x, t[:-1]), "increasing"),
        (lambda x, t: (x, t[::-1]), "increasing"),
        (lambda x, t: (x[:, :50], t), "indices="),
        (
            lambda x, t: (np.where(np.arange(5)[:, None, None] == 3, np.nan, x), t),
            "Frame 3.*bridge",
        ),
    ],
)
def test_bad_input_is_refused(face, change, remedy):
    landmarks, times = np.repeat(face[None], 5, axis=0), np.arange(5) / 30
    landmarks, times = change(landmarks, times)
    with pytest.raises(ClipError, match=remedy):
        stabilise(landmarks, times)


def test_bad_options_are_refused(face):
    landmarks, times = np.repeat(face[None], 5, axis=0), np.arange(5) / 30
    with pytest.raises(ClipError, match="TRACKED"):
        stabilise(landmarks[:, :3], times, indices=[33, 263, 10])
    with pytest.raises(ClipError, match="smoothing"):
        stabilise(landmarks, times, smoothing=-1)
    with pytest.raises(ClipError, match="motions"):
        stabilise(landmarks, times, motions=np.eye(2, 3))


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.floats(0.1, 5), st.floats(-3, 3))
def test_the_similarity_that_was_applied_is_found(seed, scale, angle):
    rng = np.random.default_rng(seed)
    points = rng.normal(0, 10, (7, 2))
    cos, sin = scale * np.cos(angle), scale * np.sin(angle)
    matrix = np.array([[cos, -sin, 3.0], [sin, cos, -8.0]])
    np.testing.assert_allclose(
        fit_similarity(points, transform_points(matrix, points)), matrix, atol=1e-8
    )
    np.testing.assert_allclose(compose(invert(matrix), matrix), np.eye(2, 3), atol=1e-9)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10_000), st.integers(3, 40))
def test_smoothing_keeps_constant_acceleration(seed, count):
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.02, 0.06, count))
    values = np.stack([3 + 2 * times - 5 * times**2, -times], axis=1)
    np.testing.assert_allclose(smooth_in_time(values, times, 0.1), values, atol=1e-3)


def test_smoothing_reduces_noise():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(500, 1))
    smooth = smooth_in_time(values, np.arange(500) / 100, 0.1)
    assert smooth.std() < 0.3 * values.std()
