"""Filters, grids and scales of planes `(..., H, W)`, in the ops of a given backend.

All are sums and gathers: matrix products and convolutions lose precision on some GPUs.
"""

import math

import numpy as np

from mer_zoo.layers.constants import (
    SCALE_LIMIT,
    gaussian_kernel,
    percentile_rank,
    window_kernel,
    window_stride,
)


def displacement(
    backend, response, reference, reference_sigma, window_sigma, regularization, remove_median
):
    """Returns `(u, v)` in px on the window grid, each `(B, H / s, W / s)`; see `MESTI`."""
    numpy = backend.numpy
    height, width = sides(response)
    stride = window_stride(height, width)
    both = block_mean(backend, numpy.stack([response, reference], axis=1), stride)
    both = gaussian_filter(backend, both, gaussian_kernel(reference_sigma))
    response, reference = both[:, 0], both[:, 1]

    gx, gy = gradient(backend, reference)
    products = numpy.stack([gx * gx, gx * gy, gy * gy, gx * response, gy * response], axis=1)
    windowed = gaussian_filter(backend, products, window_kernel(window_sigma, width, stride))
    xx, xy, yy, xe, ye = (windowed[:, i] for i in range(5))
    xx, yy = xx + regularization, yy + regularization
    scale = -stride / (xx * yy - xy * xy)
    u, v = (yy * xe - xy * ye) * scale, (xx * ye - xy * xe) * scale
    if remove_median:
        u, v = (plane - median(backend, plane)[:, None, None] for plane in (u, v))
    return u, v


def sides(planes) -> tuple[int, int]:
    """Returns the height and width of `(..., H, W)` as plain numbers.

    They always are known, but while a model is exported from torch a shape holds tensors.
    """
    height, width = planes.shape[-2:]
    return int(height), int(width)


def gaussian_filter(backend, planes, kernel: np.ndarray):
    """Returns planes filtered by a symmetric kernel along both sides; borders are reflect-101."""
    radius = len(kernel) // 2
    for axis in (-2, -1):
        size = sides(planes)[axis]
        padded = _shifted(backend, planes, np.arange(-radius, size + radius), axis)
        total = 0.0
        for offset in range(radius):
            pair = _slice(padded, offset, size, axis)
            pair = pair + _slice(padded, 2 * radius - offset, size, axis)
            total = total + float(kernel[offset]) * pair
        planes = total + float(kernel[radius]) * _slice(padded, radius, size, axis)
    return planes


def gradient(backend, planes):
    """Returns the central differences `(d/dx, d/dy)`; across a border they are 0 (reflect-101)."""

    def difference(axis):
        place = np.arange(sides(planes)[axis])
        after, before = (_shifted(backend, planes, place + step, axis) for step in (1, -1))
        return 0.5 * (after - before)

    return difference(-1), difference(-2)


def block_mean(backend, planes, stride: int):
    """Returns the means of blocks of `stride` x `stride` px."""
    if stride == 1:
        return planes
    height, width = sides(planes)
    shape = (-1, *planes.shape[1:-2], height // stride, stride, width // stride, stride)
    return backend.numpy.mean(backend.numpy.reshape(planes, shape), axis=(-3, -1))


def upsample(backend, planes, height: int, width: int):
    """Returns planes of block values `(B, h, w)` as images, bilinear between the block centres."""
    for axis, size in ((-2, height), (-1, width)):
        count = sides(planes)[axis]
        if count == size:
            continue
        place = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
        low = place.astype("int32")
        high = np.minimum(low + 1, count - 1)
        share = (place - low).astype("float32")
        share = backend.convert_to_tensor(share[:, None] if axis == -2 else share)
        lower, upper = (backend.numpy.take(planes, index, axis=axis) for index in (low, high))
        planes = lower * (1.0 - share) + upper * share
    return planes


def median(backend, planes):
    """Returns the median `(B,)` of each plane; the mean of the middle two where the count is even."""
    values = _sorted(backend, planes)
    count = int(values.shape[-1])
    return 0.5 * (values[:, (count - 1) // 2] + values[:, count // 2])


def robust_maximum(backend, planes):
    """Returns the 99th percentile (nearest rank) of the absolute values of each `(B, ...)`, `(B,)`."""
    values = _sorted(backend, backend.numpy.abs(planes))
    return values[:, percentile_rank(int(values.shape[-1]))]


def scale_signed(backend, planes, floor: float):
    """Returns planes `(B, H, W)` over their robust maximum, clipped to -2..2.

    The robust maximum is the 99th percentile of the absolute block means (`window_stride`), but not
    less than `floor`.
    """
    blocks = block_mean(backend, planes, window_stride(*sides(planes)))
    scale = backend.numpy.maximum(robust_maximum(backend, blocks), floor)
    return clip_scaled(backend, planes / scale[:, None, None])


def clip_scaled(backend, planes):
    """Returns planes clipped to -2..2."""
    return backend.numpy.clip(planes, -SCALE_LIMIT, SCALE_LIMIT)


def _sorted(backend, planes):
    count = math.prod(int(side) for side in planes.shape[1:])
    return backend.numpy.sort(backend.numpy.reshape(planes, (-1, count)), axis=-1)


def _shifted(backend, planes, place: np.ndarray, axis: int):
    """Takes the rows or columns at `place`, which may lie outside: reflect-101."""
    last = sides(planes)[axis] - 1
    place = last - np.abs(last - np.mod(place, max(2 * last, 1)))
    return backend.numpy.take(planes, place.astype("int32"), axis=axis)


def _slice(planes, start: int, size: int, axis: int):
    if axis == -1:
        return planes[..., start : start + size]
    return planes[..., start : start + size, :]
