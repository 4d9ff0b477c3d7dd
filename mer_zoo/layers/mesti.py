"""MESTI as a Keras layer."""

import keras

from mer_zoo.errors import UnknownNameError
from mer_zoo.layers._data_layer import ClipBatch, ClipLayer
from mer_zoo.layers._frame_sums import (
    changes,
    frame_at,
    reference_weights,
    response_weights,
    to_grey,
    weighted_sum,
)
from mer_zoo.layers._planes import (
    clip_scaled,
    displacement,
    robust_maximum,
    scale_signed,
    sides,
    upsample,
)
from mer_zoo.layers._rigid import response_without_head
from mer_zoo.layers.constants import (
    DISPLACEMENT_FLOOR,
    RESPONSE_FLOOR,
    window_stride,
)

_CHANNEL_COUNTS = {"motion": 3, "response": 1, "reference": 2}


@keras.saving.register_keras_serializable(package="mer_zoo")
class MESTI(ClipLayer):
    """One image for a whole clip: how the face moved, at the strength of the apex.

    Over the frames I_t of onset..offset:

    1. Expression profile `p_t = 1/2 - 1/2 cos(pi s_t)`, `s_t` rising from 0 to 1 from onset to apex
       and falling back to 0 from apex to offset.
    2. Response `E = sum_t w_t I_t`, `w_t = (p_t - mean p) / sum (p - mean p)^2`: the least-squares
       estimate of the grey levels that the expression adds at its apex. Static content cancels.
    3. Reference `R = sum_t |w_t| I_t / sum |w_t|`: the face midway between rest and apex.
    4. Head: a head that shifts, comes nearer, tilts, turns and nods moves every place by
       `h = (a + c x - d y + e z, b + c y + d x + f z)`, z the depth of an average face. It is fitted to
       `E = -g . h`, with `g` the gradient of R, five times with less weight for cells that still
       move, and `g . h` is added to E: what remains is not explained by head motion.
    5. Displacement `(u, v) = -(G[g g^T] + regularization I)^-1 G[g E]`, with `G` a Gaussian window: how
       far each place moves to explain E, if its brightness stays (Lucas and Kanade, 1981). For steps 4
       and 5 R and E are smoothed alike, and images of 224 px and more are averaged over blocks, to a
       grid 112 to 223 px wide where the sides allow it. `u > 0` is to the right, `v > 0` down: a
       mirrored clip gives the mirrored image with u negated.

    This is this project's least-squares image, chosen by measurement: see `docs/specification.md`. The
    formulas of the paper (MESTI-MEGANet, arXiv 2509.00056) are not available to us. The abstract of its
    third version describes rank pooling centred on the apex: `ApexRankPooling`, modality `mesti_rank`.
    `mer_zoo.modalities.mesti` is the same as this layer in NumPy, for frames that come one by one or at
    an uneven rate.

    Input: one clip or a batch, with or without onset, apex and offset: see `call`.
    Output: float32 `(B, H, W, channels)`, or `(H, W, channels)` for one clip, under any dtype policy.
    Where nothing can be measured, as in a window of one frame, E, u and v are 0.

    Args:
        channels: "motion" for `(u, v, E)`, "response" for `E`, "reference" for `E` and `R`.
        detrend: also remove from E what changes linearly in time.
        normalize: divide `(u, v)` jointly, and `E`, by the 99th percentile of their absolute values,
            and clip to -2..2; give `R` mean 0 and standard deviation 1. Otherwise px and
            grey levels.
        remove_rigid: motion of the head to remove: "head" does step 4; "median" subtracts the
            median displacement after step 5 instead; "none" neither.
        reference_sigma: Gaussian that smooths R and E before steps 4 and 5, in px of the grid, 0 to
            112; 0 smooths nothing.
        window_sigma: Gaussian window G, in px at a width of 112, 0 to 112.
        regularization: pulls (u, v) to 0 where the face has no gradient, in squared grey levels per
            squared px of the grid, 0.01 to 1e6.

    Raises:
        UnknownNameError: no such `channels` or `remove_rigid`.
        ParameterError: another parameter is out of its range. It is a ValueError.
        ClipError: see `call`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import MESTI
        >>> frames = np.zeros((2, 8, 64, 64, 1), "float32")
        >>> images = MESTI()({"frames": frames, "onset": [0, 1], "apex": [3, 4], "offset": [7, 6]})
        >>> tuple(images.shape)
        (2, 64, 64, 3)
    """

    def __init__(
        self,
        channels: str = "motion",
        detrend: bool = False,
        normalize: bool = True,
        remove_rigid: str = "head",
        reference_sigma: float = 0.8,
        window_sigma: float = 2.0,
        regularization: float = 3.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if channels not in _CHANNEL_COUNTS:
            raise UnknownNameError.among("MESTI channel set", channels, _CHANNEL_COUNTS)
        self.keep(
            channels=channels,
            detrend=detrend,
            normalize=normalize,
            remove_rigid=remove_rigid,
            reference_sigma=reference_sigma,
            window_sigma=window_sigma,
            regularization=regularization,
        )

    def channel_count(self, channels: int) -> int:
        return _CHANNEL_COUNTS[self.channels]

    def image(self, clip: ClipBatch):
        backend = self.backend
        start = frame_at(backend, clip, clip.onset)
        change = changes(backend, clip, start)
        weights = response_weights(backend, clip, self.detrend)
        response = to_grey(backend, weighted_sum(backend, weights, change))
        steadied = self.remove_rigid == "head"
        if self.channels != "response" or steadied:
            shares = reference_weights(backend, weights)
            reference = to_grey(backend, start + weighted_sum(backend, shares, change))
        if steadied:
            response = response_without_head(
                backend, response, reference, self.reference_sigma, self.regularization
            )
        planes = [scale_signed(backend, response, RESPONSE_FLOOR) if self.normalize else response]
        if self.channels == "reference":
            planes.append(self._standardised(reference) if self.normalize else reference)
        elif self.channels == "motion":
            planes = [*self._motion(response, reference), *planes]
        return backend.numpy.stack(planes, axis=-1)

    def _motion(self, response, reference):
        backend = self.backend
        height, width = sides(response)
        u, v = displacement(
            backend,
            response,
            reference,
            self.reference_sigma,
            self.window_sigma,
            self.regularization,
            self.remove_rigid == "median",
        )
        if self.normalize:
            floor = DISPLACEMENT_FLOOR * window_stride(height, width)
            scale = robust_maximum(backend, backend.numpy.stack([u, v], axis=1))
            scale = backend.numpy.maximum(scale, floor)[:, None, None]
            u, v = (clip_scaled(backend, plane / scale) for plane in (u, v))
        return (upsample(backend, plane, height, width) for plane in (u, v))

    def _standardised(self, image):
        numpy = self.backend.numpy
        image = image - numpy.mean(image, axis=(1, 2), keepdims=True)
        variance = numpy.mean(image * image, axis=(1, 2), keepdims=True)
        # The floor is applied before the root, whose derivative at 0 is infinite.
        return image / numpy.sqrt(numpy.maximum(variance, RESPONSE_FLOOR**2))
