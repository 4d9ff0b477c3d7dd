"""The canonical face crop: every face upright, at one size, the eyes in one place."""

import cv2
import numpy as np

from mer_zoo.errors import ClipError
from mer_zoo.faces.resampling import resample
from mer_zoo.faces.topology import LANDMARK_COUNT, OUTER_EYES

CROP_SIZE = 112
EYE_LINE = 0.36  # height of the outer eye corners, in crop sides from the top
EYE_DISTANCE = 0.4875  # between the outer eye corners, in crop sides


def canonical_eyes(size: int = CROP_SIZE) -> np.ndarray:
    """Where the outer eye corners lie in a canonical crop.

    Args:
        size: Side of the crop in pixels.

    Returns:
        (2, 2) float64: x and y of landmarks 33 and 263, pixel centres at integers.
    """
    middle, half = (size - 1) / 2, EYE_DISTANCE * size / 2
    return np.array([[middle - half, EYE_LINE * size], [middle + half, EYE_LINE * size]])


def canonical_transform(points: np.ndarray, size: int = CROP_SIZE) -> np.ndarray:
    """The similarity that brings the outer eye corners to their canonical places.

    Args:
        points: (468, 2 or more) landmarks in image pixels, of which 33 and 263 are used.
        size: Side of the crop in pixels.

    Returns:
        (2, 3) float64 matrix from image pixels to crop pixels.

    Raises:
        ClipError: The landmarks have another shape, or the eye corners coincide.
    """
    points = np.asarray(points, np.float64)
    if points.ndim != 2 or points.shape[0] != LANDMARK_COUNT or points.shape[1] < 2:
        raise ClipError(
            f"Landmarks must have the shape (468, 2 or more), not {points.shape}. "
            "Take them from find_landmarks."
        )
    # A similarity is one complex multiplication and one addition.
    left, right = (complex(*points[index, :2]) for index in OUTER_EYES)
    if not abs(right - left) > 1e-6:
        raise ClipError(
            "The outer eye corners (landmarks 33 and 263) coincide or are not numbers, so the "
            "face has no size. Leave this frame out."
        )
    goal_left, goal_right = (complex(*eye) for eye in canonical_eyes(size))
    turn = (goal_right - goal_left) / (right - left)
    shift = goal_left - turn * left
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def warp(image: np.ndarray, matrix: np.ndarray, size: int = CROP_SIZE) -> np.ndarray:
    """Cuts a crop out of an image.

    Bilinear. Where the crop shrinks the image, a Gaussian smooths the image first. Its width grows
    from zero with the factor, so the sharpness changes gradually when a face comes nearer. Unlike
    resizing in steps, smoothing does not depend on the position of the crop, so it adds no flicker to a
    moving face. Beyond the image's border, the image is mirrored.

    Args:
        image: uint8 (height, width) or (height, width, channels).
        matrix: (2, 3) from image pixels to crop pixels.
        size: Side of the crop in pixels.

    Returns:
        uint8 (size, size) or (size, size, channels).

    Raises:
        ClipError: The image is not uint8, or the matrix is not an invertible (2, 3).
    """
    matrix = np.asarray(matrix, np.float64)
    if matrix.shape != (2, 3) or not abs(np.linalg.det(matrix[:, :2])) > 1e-12:
        raise ClipError(
            "A warp needs an invertible (2, 3) matrix, from canonical_transform or stabilise; "
            f"it got the shape {matrix.shape}."
        )
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim not in (2, 3):
        described = f"{getattr(image, 'dtype', type(image).__name__)} {np.shape(image)}"
        raise ClipError(f"A warp needs a uint8 image (height, width, channels), not {described}.")
    shrink = 1 / np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    sigma = np.sqrt(max(shrink**2 - 1, 0) / 8)
    if sigma > 0.2:  # a narrower Gaussian changes nothing
        image, matrix = _smoothed(image, matrix, size, sigma)
    return resample(image, matrix, size, border=cv2.BORDER_REFLECT_101)


def _smoothed(image, matrix, size: int, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Smooths the part of the image that the crop needs; returns it and its own matrix."""
    corners = np.array([[0, 0], [size, 0], [0, size], [size, size]]) - 0.5 - matrix[:, 2]
    corners = corners @ np.linalg.inv(matrix[:, :2]).T
    reach = int(np.ceil(3 * sigma)) + 1
    limits = image.shape[1::-1]
    low = np.clip(np.floor(corners.min(axis=0)).astype(int) - reach, 0, np.array(limits) - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int) + reach, low + 1, limits)
    part = image[low[1] : high[1], low[0] : high[0]]
    part = cv2.GaussianBlur(part, (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
    part = part.reshape(*part.shape[:2], *image.shape[2:])
    moved = matrix.copy()
    moved[:, 2] += matrix[:, :2] @ low
    return part, moved
