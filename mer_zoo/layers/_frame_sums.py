"""Weighted sums over the frames of a batch of clips, in the ops of a given backend."""

import math

from mer_zoo.layers._data_layer import ClipBatch
from mer_zoo.layers.constants import DETREND_FLOOR, GREY_WEIGHTS


def frame_at(backend, clip: ClipBatch, index):
    """Returns frame `index` `(B,)` of each clip, `(B, H, W, C)`."""
    numpy = backend.numpy
    shape = clip.frames.shape
    frames = numpy.reshape(clip.frames, (-1, *shape[2:]))
    clip_number = numpy.cumsum(numpy.ones_like(index), axis=0) - 1.0
    count = clip.positions[:, -1] + 1.0  # a tensor, since an exported model takes any number
    return numpy.take(frames, backend.cast(clip_number * count + index, "int32"), axis=0)


def changes(backend, clip: ClipBatch, start):
    """Returns what each frame differs from the frame `start` `(B, H, W, C)`; 0 outside the window.

    Sums of these with weights that sum to 0 are those of the frames themselves, but exactly 0 where
    nothing changes.
    """
    difference = clip.frames - start[:, None]
    return backend.numpy.where(clip.inside[:, :, None, None, None], difference, 0.0)


def weighted_sum(backend, weights, frames):
    """Returns `sum_t weights[:, t] frames[:, t]`, `(B, H, W, C)`.

    A plain sum and not a matrix product, which some GPUs take in 19 bits.
    """
    return backend.numpy.sum(weights[:, :, None, None, None] * frames, axis=1)


def stretched(backend, images):
    """Returns images `(B, H, W, C)` stretched from their minimum and maximum to 0..255.

    All channels of an image are stretched together; one without contrast becomes 0.
    """
    numpy = backend.numpy
    if images.shape[0] == 0:  # Keras has no minimum of an empty batch
        return images
    low = numpy.min(images, axis=(1, 2, 3), keepdims=True)
    spread = numpy.max(images, axis=(1, 2, 3), keepdims=True) - low
    scaled = (images - low) * (255.0 / numpy.maximum(spread, 1e-3))
    return numpy.where(spread < 1e-3, 0.0, scaled)


def to_grey(backend, image):
    """Returns the grey levels `(B, H, W)` of `(B, H, W, C)`, C = 1 or 3 (RGB)."""
    if image.shape[-1] == 1:
        return image[..., 0]
    red, green, blue = GREY_WEIGHTS
    return red * image[..., 0] + green * image[..., 1] + blue * image[..., 2]


def response_weights(backend, clip: ClipBatch, detrend: bool):
    """Returns the weights `(B, T)` of MESTI's response E, see `mer_zoo.layers.MESTI`.

    All are 0 where the window has a single frame, or, with `detrend`, where the expression cannot
    be told from a drift.
    """
    numpy = backend.numpy
    inside = backend.cast(clip.inside, clip.frames.dtype)
    mean = inside / numpy.sum(inside, axis=1, keepdims=True)
    onset, apex, offset = (mark[:, None] for mark in (clip.onset, clip.apex, clip.offset))
    times = clip.positions

    rise = numpy.where(apex > onset, (times - onset) / numpy.maximum(apex - onset, 1.0), 1.0)
    fall = numpy.where(offset > apex, (offset - times) / numpy.maximum(offset - apex, 1.0), 1.0)
    share = numpy.clip(numpy.minimum(rise, fall), 0.0, 1.0)
    profile = 0.5 - 0.5 * numpy.cos(math.pi * share)

    def centred(values):
        values = values - numpy.sum(mean * values, axis=1, keepdims=True)
        return numpy.where(clip.inside, values, 0.0)

    def squared(values):
        return numpy.sum(values * values, axis=1, keepdims=True)

    residual = centred(profile)
    variance = squared(residual)
    if detrend:
        times = centred(times)
        slope = numpy.sum(times * residual, axis=1, keepdims=True)
        residual = residual - times * slope / numpy.maximum(squared(times), 1e-6)
    left = squared(residual)
    enough = left > numpy.maximum(DETREND_FLOOR * variance, 1e-6)
    return numpy.where(enough, residual / numpy.maximum(left, 1e-6), 0.0)


def reference_weights(backend, weights):
    """Returns the weights `(B, T)` of MESTI's reference; all 0 where those of the response are."""
    size = backend.numpy.abs(weights)
    total = backend.numpy.sum(size, axis=1, keepdims=True)
    return size / backend.numpy.where(total > 0.0, total, 1.0)
