"""Holds the head still over a whole clip, so that what moves is the expression."""

from collections.abc import Sequence

import numpy as np

from mer_zoo.errors import ClipError
from mer_zoo.faces.alignment import CROP_SIZE, EYE_DISTANCE, canonical_eyes
from mer_zoo.faces.similarity import (
    compose,
    fit_similarity,
    invert,
    similarity_matrix,
    transform_points,
)
from mer_zoo.faces.smoothing import check_times, smooth_in_time
from mer_zoo.faces.topology import LANDMARK_COUNT, OUTER_EYES, RIGID

ROUNDS = 3  # the reference settles in two
# Smoothing moves the face by at most this, in outer-eye distances (109 px of the 224-pixel crop).
# The landmarks' own jitter is 0.1 px; without the head's motion, more would mistake it for jitter.
SLACK_AFTER_MOTION = 0.5 / 109
SLACK_ALONE = 0.15 / 109


def stabilise(
    landmarks: np.ndarray,
    times: np.ndarray,
    *,
    size: int = CROP_SIZE,
    smoothing: float = 0.2,
    indices: Sequence[int] | None = None,
    motions: np.ndarray | None = None,
) -> np.ndarray:
    """One similarity a frame that brings the face to its place in the canonical crop.

    The reference is the median over time of the aligned landmarks, with its outer eye corners at
    their canonical places. Each frame's similarity is the least-squares fit of its rigid
    landmarks (`mer_zoo.faces.RIGID`) to the reference's.

    Landmarks jitter; a fast head must be followed all the same. With `motions`, each frame's fit
    is split into the head's motion, which is kept as it is, and a remainder, which is smoothed
    in time, moving the face by no more than half a pixel of the 224-pixel crop. Without them, the
    fit itself is smoothed, by no more than 0.15 pixels.

    Args:
        landmarks: (T, K, 2 or more) landmarks in image pixels.
        times: (T,) seconds, strictly increasing; irregular steps are welcome.
        size: Side of the crop in pixels.
        smoothing: Standard deviation in seconds of the Gaussian; 0 smooths nothing.
        indices: Which FaceMesh landmarks the K ones are, such as `mer_zoo.faces.TRACKED`; needed
            unless K is 468. They must include `RIGID`.
        motions: (T, 2, 3) `FaceLandmarks.motion` of the frames, from a `FaceTracker`.

    Returns:
        (T, 2, 3) float64 matrices from image pixels to crop pixels.

    Raises:
        ClipError: The shapes disagree, the times do not increase, rigid landmarks are missing, or
            a frame has no landmarks (NaN).
    """
    landmarks, times = np.asarray(landmarks), np.asarray(times, np.float64)
    rigid = _rigid_points(landmarks, indices)
    check_times(times, len(rigid))
    if not smoothing >= 0:
        raise ClipError(f"smoothing must be 0 or more seconds, not {smoothing}.")
    steady = np.broadcast_to(np.eye(2, 3), (len(rigid), 2, 3)) if motions is None else motions
    steady = np.asarray(steady, np.float64)
    if steady.shape != (len(rigid), 2, 3):
        raise ClipError(
            f"motions must have the shape ({len(rigid)}, 2, 3), one matrix a frame, not "
            f"{steady.shape}."
        )
    # With the head's motion undone, what is left of the pose is slow.
    held = transform_points(invert(steady), rigid)
    reference = _reference(held, size)
    fits = fit_similarity(held, reference)
    if smoothing > 0 and len(times) > 1:
        slack = SLACK_ALONE if motions is None else SLACK_AFTER_MOTION
        fits = _smoothed(fits, reference, times, size=size, sigma=smoothing, slack=slack)
    return compose(fits, invert(steady))


def _rigid_points(landmarks: np.ndarray, indices: Sequence[int] | None) -> np.ndarray:
    """(T, len(RIGID), 2) float64; the first and the fourth are the outer eye corners."""
    if landmarks.ndim != 3 or len(landmarks) == 0 or landmarks.shape[2] < 2:
        raise ClipError(
            f"stabilise needs landmarks of shape (frames, landmarks, 2 or more), at least one "
            f"frame, not {landmarks.shape}."
        )
    indices = list(range(LANDMARK_COUNT)) if indices is None else [int(i) for i in indices]
    if len(indices) != landmarks.shape[1]:
        raise ClipError(
            f"stabilise got {landmarks.shape[1]} landmarks a frame and {len(indices)} indices. "
            "Pass indices=, the FaceMesh numbers of the landmarks that were kept."
        )
    missing = sorted(set(RIGID) - set(indices))
    if missing:
        raise ClipError(
            f"stabilise needs all rigid landmarks, but {missing[:8]} are not among the indices. "
            "Keep the landmarks mer_zoo.faces.TRACKED of each frame."
        )
    rigid = landmarks[:, [indices.index(i) for i in RIGID], :2].astype(np.float64)
    bad = np.flatnonzero(~np.isfinite(rigid).all(axis=(1, 2)))
    if len(bad):
        raise ClipError(
            f"Frame {bad[0]} of {len(rigid)} has no landmarks. Fill short gaps with "
            "mer_zoo.faces.bridge, and cut the clip at long ones."
        )
    return rigid


def _reference(rigid: np.ndarray, size: int) -> np.ndarray:
    """The face's rigid landmarks at rest, (N, 2), in crop pixels."""
    eyes = [RIGID.index(index) for index in OUTER_EYES]
    reference = rigid[0]
    for _ in range(ROUNDS):
        reference = transform_points(
            fit_similarity(reference[eyes], canonical_eyes(size)), reference
        )
        aligned = transform_points(fit_similarity(rigid, reference), rigid)
        reference = np.median(aligned, axis=0)
    return transform_points(fit_similarity(reference[eyes], canonical_eyes(size)), reference)


def _smoothed(matrices, reference, times, *, size: int, sigma: float, slack: float) -> np.ndarray:
    """Smooths the face's pose: where the reference lies in the image, how large, how turned."""
    centre = complex(*reference.mean(axis=0))
    # The pose is the inverse of the similarity, crop -> image, as one complex turn and shift.
    pose = invert(matrices)
    turn, shift = pose[:, 0, 0] + 1j * pose[:, 1, 0], pose[:, 0, 2] + 1j * pose[:, 1, 2]
    place = turn * centre + shift
    eye_distance = np.median(np.abs(turn)) * EYE_DISTANCE * size
    # All four in outer-eye distances: points half of one away from the centre move by half the
    # change of angle or of log scale.
    values = np.column_stack(
        [
            place.real / eye_distance,
            place.imag / eye_distance,
            np.log(np.abs(turn)) / 2,
            np.unwrap(np.angle(turn)) / 2,
        ]
    )
    change = smooth_in_time(values, times, sigma) - values
    values += np.clip(change, -slack, slack)
    turn = np.exp(2 * values[:, 2] + 2j * values[:, 3])
    shift = (values[:, 0] + 1j * values[:, 1]) * eye_distance - turn * centre
    return invert(similarity_matrix(turn, shift))
