"""Least-squares similarities: turn, scale and shift, as (2, 3) matrices."""

import numpy as np


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The similarity that brings `source` closest to `target` in the least-squares sense.

    The closed form of Umeyama, "Least-squares estimation of transformation parameters between
    two point patterns", 1991; in the plane and without mirroring, it is one complex regression.

    Args:
        source: (..., N, 2) points.
        target: (..., N, 2) points; broadcasts against `source`.

    Returns:
        (..., 2, 3) float64 matrices. Points that coincide give matrices of NaN.
    """
    source, target = as_complex(source), as_complex(target)
    source_mean = source.mean(axis=-1, keepdims=True)
    target_mean = target.mean(axis=-1, keepdims=True)
    spread = source - source_mean
    with np.errstate(invalid="ignore", divide="ignore"):
        turn = (np.conj(spread) * (target - target_mean)).sum(axis=-1) / (np.abs(spread) ** 2).sum(
            axis=-1
        )
    return similarity_matrix(turn, target_mean[..., 0] - turn * source_mean[..., 0])


def similarity_matrix(turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """(..., 2, 3) matrix of z -> turn * z + shift, both complex."""
    matrix = np.empty((*np.broadcast(turn, shift).shape, 2, 3))
    matrix[..., 0, 0] = matrix[..., 1, 1] = turn.real
    matrix[..., 0, 1], matrix[..., 1, 0] = -turn.imag, turn.imag
    matrix[..., 0, 2], matrix[..., 1, 2] = shift.real, shift.imag
    return matrix


def transform_points(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Applies (..., 2, 3) matrices to (..., N, 2) points."""
    return points @ np.swapaxes(matrix[..., :2], -1, -2) + matrix[..., None, :, 2]


def compose(second: np.ndarray, first: np.ndarray) -> np.ndarray:
    """The (..., 2, 3) matrix of `first` followed by `second`."""
    turn = second[..., :2] @ first[..., :2]
    shift = second[..., :2] @ first[..., 2:] + second[..., 2:]
    return np.concatenate([turn, shift], axis=-1)


def invert(matrix: np.ndarray) -> np.ndarray:
    """The inverse of (..., 2, 3) matrices."""
    turn = np.linalg.inv(matrix[..., :2])
    return np.concatenate([turn, -turn @ matrix[..., 2:]], axis=-1)


def as_complex(points: np.ndarray) -> np.ndarray:
    """(..., 2) points as complex numbers x + iy, in double precision."""
    points = np.asarray(points, np.float64)
    return points[..., 0] + 1j * points[..., 1]
