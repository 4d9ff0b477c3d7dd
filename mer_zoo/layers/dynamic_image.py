"""Dynamic images as a Keras layer."""

import keras

from mer_zoo.layers._data_layer import ClipBatch, ClipLayer
from mer_zoo.layers._frame_sums import changes, frame_at, stretched, weighted_sum


@keras.saving.register_keras_serializable(package="mer_zoo")
class DynamicImage(ClipLayer):
    """Approximate rank pooling: a weighted sum of frames that grows from onset to offset.

    `D = sum_i alpha_i I_i` over the N frames of onset..offset, i from 1, with
    `alpha_i = 2 (N - i + 1) - (N + 1) (H_N - H_{i-1})` and `H_k` the harmonic numbers (Bilen et al.,
    "Dynamic image networks for action recognition", CVPR 2016). These sum to 0, so that a still clip
    gives 0. `variant="learnet"` has N in place of N + 1, as the published code of LEARNet (Verma et
    al., 2019) does; those sum to N, so that the still face shows through.

    Input: one clip or a batch, with or without onset and offset: see `call`; the
    apex is not used.
    Output: float32 `(B, H, W, C)`, or `(H, W, C)` for one clip, under any dtype policy.

    Args:
        variant: "bilen" or "learnet".
        normalize: stretch all channels together from their minimum and maximum to 0..255; an image
            without contrast becomes 0.

    Raises:
        UnknownNameError: no such `variant`.
        ParameterError: `normalize` is not True or False. `ParameterError` is a `ValueError`.
        ClipError: see `call`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import DynamicImage
        >>> frames = np.zeros((2, 8, 64, 64, 1), "float32")
        >>> images = DynamicImage()({"frames": frames, "onset": [0, 1], "apex": [3, 4], "offset": [7, 6]})
        >>> tuple(images.shape)
        (2, 64, 64, 1)
    """

    def __init__(self, variant: str = "bilen", normalize: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.keep(variant=variant, normalize=normalize)

    def channel_count(self, channels: int) -> int:
        return channels

    def image(self, clip: ClipBatch):
        backend = self.backend
        start = frame_at(backend, clip, clip.onset)
        weights, total = self._weights(clip)
        image = weighted_sum(backend, weights, changes(backend, clip, start))
        image = image + total * start
        return stretched(backend, image) if self.normalize else image

    def _weights(self, clip: ClipBatch):
        """Returns the weights `(B, T)` and what they sum to, in a form that multiplies a frame."""
        numpy = self.backend.numpy
        count = (clip.offset - clip.onset + 1.0)[:, None]
        place = numpy.maximum(clip.positions - clip.onset[:, None] + 1.0, 1.0)
        inverse = numpy.where(clip.inside, 1.0 / place, 0.0)
        # H_N - H_{i-1}, the sum of 1/t from i to N.
        remaining = (
            numpy.sum(inverse, axis=1, keepdims=True) - numpy.cumsum(inverse, axis=1) + inverse
        )
        factor = count + 1.0 if self.variant == "bilen" else count
        weights = 2.0 * (count - place + 1.0) - factor * remaining
        total = 0.0 if self.variant == "bilen" else count[:, :, None, None]
        return numpy.where(clip.inside, weights, 0.0), total
