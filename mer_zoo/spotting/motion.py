"""How the face moves inside an aligned clip: displacement fields without head motion."""

import cv2
import numpy as np

from mer_zoo.modalities.displacement import displacement

GRID = 28
"""Displacements are averaged over GRID x GRID cells of the face."""

MOTION_SIZE = 224
"""Motion is given in pixels of a face crop of this side, whatever the crop's own side is."""

PERCENTILE = 98  # a robust maximum: the strongest 2 % of the cells, about 8 of them


def displacement_fields(grey: np.ndarray) -> np.ndarray:
    """Displacement of each frame relative to the mean frame, head motion removed.

    One closed-form solve a frame (`mer_zoo.modalities.displacement`), averaged over cells, minus the
    similarity transform (shift, rotation, scale) that fits most of the face.

    Args:
        grey: uint8 `(T, S, S)`, canonical face crops.

    Returns:
        float32 `(T, cells, 2)`, in pixels of the 224 px crop, for the cells of the face but the eye
        openings. To first order, the difference of two rows is the displacement between two frames.
    """
    frames = grey.astype(np.float32)
    mean = frames.mean(axis=0)
    fields = np.empty((len(grey), GRID, GRID, 2), np.float32)
    for field, frame in zip(fields, frames, strict=True):
        moved = np.dstack(displacement(frame - mean, mean))
        cv2.resize(moved, (GRID, GRID), dst=field, interpolation=cv2.INTER_AREA)
    inside = face_cells()
    return _without_similarity(fields[:, inside] * (MOTION_SIZE / grey.shape[2]), inside)


def magnitude(fields: np.ndarray) -> np.ndarray:
    """Robust maximum of displacement fields `(..., cells, 2)`: the 98th percentile of their length."""
    return np.percentile(np.hypot(fields[..., 0], fields[..., 1]), PERCENTILE, axis=-1)


def face_cells() -> np.ndarray:
    """Which cells of the canonical crop count, bool `(GRID, GRID)`.

    The face, without the hair and background around it, and without the eye openings, since gaze and
    blinks are no expression. Brows and lids are kept.
    """
    y, x = (np.mgrid[:GRID, :GRID] + 0.5) / GRID

    def ellipse(cx, cy, rx, ry):
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1

    eyes = ellipse(0.34, 0.36, 0.09, 0.045) | ellipse(0.66, 0.36, 0.09, 0.045)
    return ellipse(0.5, 0.54, 0.36, 0.44) & ~eyes


def _without_similarity(fields, inside, iterations=4, tolerance=0.5):
    """Subtracts from each field the similarity most of its cells agree on (Cauchy weights)."""
    y, x = (np.argwhere(inside).T + 0.5) / GRID - 0.5
    one, zero = np.ones_like(x), np.zeros_like(x)
    horizontal = np.stack([one, zero, x, -y], -1)
    vertical = np.stack([zero, one, y, x], -1)
    basis = np.stack([horizontal, vertical], 1).astype(np.float32)  # (cells, 2, 4)
    weights = np.ones(fields.shape[:2], np.float32)
    for _ in range(iterations):
        normal = np.einsum("tc,cdi,cdj->tij", weights, basis, basis, optimize=True)
        right = np.einsum("tc,cdi,tcd->ti", weights, basis, fields, optimize=True)
        rigid = np.linalg.solve(normal, right[..., None])[..., 0]
        rest = fields - np.einsum("ti,cdi->tcd", rigid, basis, optimize=True)
        weights = 1 / (1 + (rest**2).sum(-1) / tolerance**2)
    return rest.astype(np.float32)
