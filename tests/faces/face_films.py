"""Scenes and movements that several tests of faces share."""

from importlib.util import find_spec

import cv2
import numpy as np
import pytest

needs_litert = pytest.mark.skipif(
    find_spec("ai_edge_litert") is None, reason="needs ai-edge-litert"
)
ENGINES = ["keras", pytest.param("litert", marks=needs_litert)]


def swaying(count: int) -> np.ndarray:
    """(count, 4) poses at 30 fps: a head that moves 30 px, tilts 5 degrees, comes nearer by 3%."""
    t = np.arange(count) / 30
    x, y = 320 + 15 * np.sin(2.5 * t), 170 + 8 * np.sin(3.1 * t + 1)
    return np.stack([x, y, 1.3 * np.exp(0.03 * np.sin(1.6 * t)), 0.08 * np.sin(2.5 * t)], axis=1)


def two_faces(photo: np.ndarray) -> np.ndarray:
    """The photograph of 512x512, and to its right a copy at four fifths of the size."""
    scene = np.zeros((512, 1024, 3), np.uint8)
    scene[:, :512] = photo
    scene[51:461, 560:970] = cv2.resize(photo, (410, 410), interpolation=cv2.INTER_AREA)
    return scene


def to_photo(points: np.ndarray, matrices: np.ndarray) -> np.ndarray:
    """(T, N, 2) points of the frames -> the photograph's pixels."""
    back = np.array([cv2.invertAffineTransform(matrix) for matrix in matrices])
    return points @ back[:, :, :2].transpose(0, 2, 1) + back[:, None, :, 2]
