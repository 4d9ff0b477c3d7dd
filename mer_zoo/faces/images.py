"""What counts as an image."""

from typing import Any

import numpy as np

from mer_zoo.errors import ClipError


def require_rgb(image: Any) -> np.ndarray:
    """Checks that `image` is an RGB image and returns it.

    Args:
        image: uint8 array (height, width, 3).

    Raises:
        ClipError: It is not.
    """
    if not isinstance(image, np.ndarray):
        raise ClipError(
            f"An image must be a numpy array, not {type(image).__name__}. "
            "Convert it with numpy.asarray."
        )
    if image.dtype != np.uint8:
        raise ClipError(
            f"An image must be uint8 with values 0-255, not {image.dtype}. "
            "Scale it and convert it with .astype('uint8')."
        )
    if image.ndim != 3 or image.shape[2] != 3:
        raise ClipError(
            f"An image must be RGB of shape (height, width, 3), not {image.shape}. "
            "Turn a grey image into RGB with numpy.stack([grey] * 3, axis=-1)."
        )
    if 0 in image.shape:
        raise ClipError(f"An image of shape {image.shape} has no pixels. Check how it was cropped.")
    return image
