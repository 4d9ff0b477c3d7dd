"""A heat map over the aligned face."""

import cv2
import numpy as np


def overlay(face: np.ndarray, heat: np.ndarray, strength: float = 0.6) -> np.ndarray:
    """Draws a heat map over the central part of an aligned face that the network saw.

    Args:
        face: uint8 `(S, S, 3)` RGB, an aligned face (`reading.frames`).
        heat: float32 `(H, W)`, 0..1, of the central `H x W` px of the face.
        strength: opacity where the map is 1.

    Returns:
        uint8, like `face`.

    Raises:
        ValueError: the face is not square RGB, or the map is larger than the face.
    """
    if face.ndim != 3 or face.shape[0] != face.shape[1] or face.shape[2] != 3:
        raise ValueError(f"Expected an aligned face (S, S, 3), got shape {face.shape}.")
    height, width = heat.shape
    if max(height, width) > len(face):
        raise ValueError(f"A map of {width}x{height} px does not fit a face of {len(face)} px.")
    top, left = (len(face) - height) // 2, (len(face) - width) // 2
    colours = cv2.applyColorMap(np.rint(heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = (strength * heat)[..., None]
    drawn = face.astype(np.float32)
    part = drawn[top : top + height, left : left + width]
    part[:] = part * (1 - weight) + colours[..., ::-1] * weight
    return np.rint(drawn).astype(np.uint8)
