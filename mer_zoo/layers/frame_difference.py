"""The difference between apex and onset as a Keras layer."""

import keras

from mer_zoo.layers._data_layer import ClipBatch, ClipLayer
from mer_zoo.layers._frame_sums import frame_at, to_grey
from mer_zoo.layers._planes import scale_signed
from mer_zoo.layers.constants import RESPONSE_FLOOR


@keras.saving.register_keras_serializable(package="mer_zoo")
class FrameDifference(ClipLayer):
    """The grey levels of the apex frame less those of the onset frame.

    Input: one clip or a batch, with or without onset, apex and offset: see `call`.
    Output: float32 `(B, H, W, 1)`, or `(H, W, 1)` for one clip, under any dtype policy.

    Args:
        normalize: divide by the 99th percentile of the absolute value and clip to -2..2. Otherwise
            grey levels.

    Raises:
        ParameterError: `normalize` is not True or False. `ParameterError` is a `ValueError`.
        ClipError: see `call`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import FrameDifference
        >>> frames = np.zeros((2, 8, 64, 64, 1), "float32")
        >>> images = FrameDifference()({"frames": frames, "onset": [0, 1], "apex": [3, 4], "offset": [7, 6]})
        >>> tuple(images.shape)
        (2, 64, 64, 1)
    """

    def __init__(self, normalize: bool = True, **kwargs):
        super().__init__(**kwargs)
        self.keep(normalize=normalize)

    def channel_count(self, channels: int) -> int:
        return 1

    def image(self, clip: ClipBatch):
        backend = self.backend
        onset, apex = (frame_at(backend, clip, index) for index in (clip.onset, clip.apex))
        difference = to_grey(backend, apex - onset)
        if self.normalize:
            difference = scale_signed(backend, difference, RESPONSE_FLOOR)
        return difference[..., None]
