"""Scaling of images to the range a network expects, and grey images."""

import cv2
import numpy as np

from mer_zoo.layers.constants import (
    GREY_WEIGHTS,
    SCALE_LIMIT,
    percentile_rank,
    window_stride,
)

SAMPLE_STEP = 17  # no divisor of a usual width, so that the sample comes from all columns
SAMPLE_QUANTILE = 0.95  # well below the percentile that is looked for


def to_grey(image: np.ndarray) -> np.ndarray:
    """Returns float32 `(H, W)`: the grey levels of an image `(H, W)`, `(H, W, 1)` or `(H, W, 3)` RGB.

    Grey is `0.299 R + 0.587 G + 0.114 B`, not rounded.
    """
    if image.ndim == 2:
        return image.astype(np.float32, copy=False)
    if image.shape[2] == 1:
        return image[..., 0].astype(np.float32, copy=False)
    return cv2.transform(image.astype(np.float32, copy=False), np.array([GREY_WEIGHTS], np.float32))


def block_mean(image: np.ndarray, stride: int) -> np.ndarray:
    """Returns float32 `(H / stride, W / stride)`: the mean of each block of `stride` x `stride` px."""
    if stride == 1:
        return image
    height, width = image.shape
    return cv2.resize(image, (width // stride, height // stride), interpolation=cv2.INTER_AREA)


def robust_maximum(*planes: np.ndarray) -> float:
    """Returns the 99th percentile (nearest rank) of the absolute values of all planes together."""
    values = np.abs(np.concatenate([plane.ravel() for plane in planes]))
    rank = percentile_rank(values.size)
    # A sample shows which values are surely too small. To partition the few others takes a fifth of the time.
    sample = values[::SAMPLE_STEP]
    place = int(SAMPLE_QUANTILE * sample.size)
    large = values[values >= np.partition(sample, place)[place]]
    if large.size >= values.size - rank:  # else the sample misled
        rank -= values.size - large.size
        values = large
    values.partition(rank)
    return float(values[rank])


def median(plane: np.ndarray) -> float:
    """Returns the median; the mean of the middle two where the count is even."""
    middle = plane.size // 2
    values = np.partition(plane, middle, axis=None)
    upper = values[middle]
    return float(upper if plane.size % 2 else 0.5 * (values[:middle].max() + upper))


def scale_signed(*planes: np.ndarray, floor: float) -> list[np.ndarray]:
    """Returns signed planes `(H, W)` over their joint robust maximum, clipped to -2..2.

    The robust maximum is the 99th percentile of the absolute block means (`window_stride`), but not
    less than `floor`.
    """
    stride = window_stride(*planes[0].shape)
    scale = max(robust_maximum(*(block_mean(plane, stride) for plane in planes)), floor)
    return [clip_scaled(plane, scale) for plane in planes]


def clip_scaled(plane: np.ndarray, scale: float) -> np.ndarray:
    """Returns a plane over a scale, clipped to -2..2."""
    scaled = plane * np.float32(1.0 / scale)
    # In one pass; the two of `minimum` and `maximum` take three times as long.
    return np.clip(scaled, np.float32(-SCALE_LIMIT), np.float32(SCALE_LIMIT), out=scaled)


def scale_to_bytes(image: np.ndarray) -> np.ndarray:
    """Returns float32 0..255: all channels together stretched from their minimum to their maximum.

    An image without contrast becomes 0.
    """
    low, high = float(image.min()), float(image.max())
    if high - low < 1e-3:
        return np.zeros_like(image)
    return (image - np.float32(low)) * np.float32(255.0 / (high - low))
