"""Bilinear resampling of images, the fast way round OpenCV."""

import cv2
import numpy as np

# Pixels of the image for each pixel of the result up to which a fourth channel costs less than it saves.
WORTH_PADDING = 40


def resample(
    image: np.ndarray,
    matrix: np.ndarray,
    size: int,
    *,
    from_result: bool = False,
    border: int = cv2.BORDER_CONSTANT,
) -> np.ndarray:
    """`cv2.warpAffine`, bilinear, into a square.

    OpenCV resamples pixels of four channels about three times as fast as pixels of three, with the same
    result. An RGB image of moderate size is therefore given a fourth channel on the way.

    Args:
        image: uint8 (height, width) or (height, width, channels).
        matrix: (2, 3) from image pixels to pixels of the result.
        size: side of the result in pixels.
        from_result: whether the matrix goes the other way, from the result to the image.
        border: what lies beyond the image, one of OpenCV's `BORDER_...`; black unless told.

    Returns:
        uint8 (size, size) or (size, size, channels).
    """
    flags = cv2.INTER_LINEAR | (cv2.WARP_INVERSE_MAP if from_result else 0)
    pixels = image.shape[0] * image.shape[1]
    padded = image.shape[2:] == (3,) and pixels < WORTH_PADDING * size**2
    source = cv2.cvtColor(image, cv2.COLOR_RGB2RGBA) if padded else image
    result = cv2.warpAffine(source, matrix, (size, size), flags=flags, borderMode=border)
    if padded:
        return cv2.cvtColor(result, cv2.COLOR_RGBA2RGB)
    return result.reshape(size, size, *image.shape[2:])
