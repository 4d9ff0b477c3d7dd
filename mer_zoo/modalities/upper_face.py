"""An image of motion reduced to the upper face: what is left to read while the mouth speaks."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mer_zoo.errors import UnknownNameError
from mer_zoo.modalities.scaling import clip_scaled, robust_maximum

FADE = (0.52, 0.60)
"""Where motion fades out, in heights of the canonical crop: from below the nose bridge to the wings of
the nose. Brows, lids, the root of the nose and the upper cheeks lie above, lips and jaw below."""

MOST_GAIN = 4.0
"""The upper face is scaled up by this at most: beyond lies the noise of a face in which nothing moves."""

SIGNED = {"mesti": ("motion", "response")}
"""Modality -> its channel sets that show motion alone, so that 0 is a face at rest."""


def reads_upper_face(modality: str, parameters: Mapping[str, Any]) -> bool:
    """Whether an image made in this way can be reduced to the upper face.

    Args:
        modality: name of the modality.
        parameters: those the image is made with; what is not there has its default.

    Example:

    >>> reads_upper_face("mesti", {}), reads_upper_face("apex", {})
    (True, False)
    """
    chosen = parameters.get("channels", "motion")
    return chosen in SIGNED.get(modality, ()) and bool(parameters.get("normalize", True))


def upper_face(image: np.ndarray) -> np.ndarray:
    """Returns an image of motion in which the lower face is at rest.

    The displacement `(u, v)` and the response E are scaled again, each to a 99th percentile of 1, but by a
    factor of at most `MOST_GAIN`.

    Args:
        image: float `(H, W, 3)` or `(H, W, 1)`, a normalised MESTI image of the whole canonical crop.

    Returns:
        float32 of the same shape.

    Raises:
        UnknownNameError: the image has another number of channels.

    Example:

    >>> image = np.zeros((112, 112, 3), np.float32)
    >>> image[80:100, 40:70] = 1  # a mouth that moves
    >>> float(np.abs(upper_face(image)).max())
    0.0
    """
    channels = image.shape[-1]
    if channels not in (1, 3):
        raise UnknownNameError(
            f"An image of {channels} channels cannot be reduced to the upper face: expected a MESTI "
            'image with channels="motion" (3) or "response" (1).'
        )
    height = image.shape[0]
    rows = (np.arange(height, dtype=np.float32) + 0.5) / height
    share = np.clip((FADE[1] - rows) / (FADE[1] - FADE[0]), 0, 1)
    share = share * share * (3 - 2 * share)
    left = image.astype(np.float32) * share[:, None, None]
    for group in ([0, 1], [2]) if channels == 3 else ([0],):
        planes = np.moveaxis(left[..., group], -1, 0)
        scale = max(robust_maximum(*planes), 1 / MOST_GAIN)
        left[..., group] = np.moveaxis(clip_scaled(planes, scale), 0, -1)
    return left
