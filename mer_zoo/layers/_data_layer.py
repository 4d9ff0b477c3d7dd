"""What the clip layers share: one clip or a batch in, one float32 image for each clip out."""

from dataclasses import dataclass
from typing import Any

import numpy as np

# Keras keeps this class private. It makes a layer run in `tf.data` under every backend, and nothing
# public does. It is imported here and nowhere else.
from keras.src.layers.preprocessing.data_layer import DataLayer

from mer_zoo.errors import ClipError
from mer_zoo.layers.parameters import Configured

_MARKS = ("onset", "apex", "offset")


@dataclass(frozen=True)
class ClipBatch:
    """A batch of clips as tensors of the backend in use.

    Attributes:
        frames: float32 `(B, T, H, W, C)`.
        onset, apex, offset: float32 `(B,)`, whole numbers, in order and inside the clip.
        positions: float32 `(B, T)`: 0, 1, 2, ...
        inside: bool `(B, T)`: whether a frame belongs to onset..offset.
    """

    frames: Any
    onset: Any
    apex: Any
    offset: Any
    positions: Any
    inside: Any


class ClipLayer(Configured, DataLayer):
    """Base of the layers that turn a clip into an image; says what they take, see `call`.

    A layer derived from it defines `image(clip)` and `channel_count(channels)`. It computes in
    float32 under any dtype policy, because half precision is too coarse for differences between
    frames: a `dtype` argument is accepted and has no effect.
    """

    def __init__(self, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})

    def image(self, clip: ClipBatch):
        """Returns the images of a batch of clips, float32 `(B, H, W, channels)`."""
        raise NotImplementedError

    def channel_count(self, channels: int) -> int:
        """Returns the number of channels of the image of a clip with `channels` channels."""
        raise NotImplementedError

    def __call__(self, inputs: Any, **kwargs):
        if isinstance(inputs, dict):
            # Keras refuses plain numbers and None beside tensors.
            inputs = {
                key: np.asarray(value) if isinstance(value, int | list | tuple) else value
                for key, value in self._split(inputs).items()
            }
        return super().__call__(inputs, **kwargs)

    def call(self, inputs: Any):
        """Returns the image of each clip.

        Frames outside onset..offset are ignored, so that clips of unequal length can be padded into
        one batch. Marks outside the clip or out of order are moved to the nearest place that is
        allowed, because a graph cannot raise.

        Args:
            inputs: the frames, `(B, T, H, W, C)` or one clip `(T, H, W, C)`, uint8 or float (0..255),
                C = 1 or 3 (RGB), channels last on every backend; B may be 0, the other sizes not; or a
                dictionary with the key "frames" and any of "onset", "apex", "offset": whole numbers
                `(B,)`, or scalars for one clip. A missing onset is frame 0, a missing offset the last
                frame, a missing apex the frame midway between them.

        Returns:
            float32 `(B, H, W, channels)`, or `(H, W, channels)` for one clip.

        Raises:
            ClipError: the frames have another rank or channel count, an unknown height or width, or
                a clip has no frame or no pixel; or the dictionary has other keys.
        """
        numpy = self.backend.numpy
        marks = self._split(inputs)
        frames = self.backend.cast(
            self.backend.convert_to_tensor(marks.pop("frames")), self.compute_dtype
        )
        self._check_shape(frames.shape)
        single = len(frames.shape) == 4
        if single:
            frames = numpy.expand_dims(frames, 0)
        images = self.image(self._batch(frames, marks))
        return numpy.squeeze(images, 0) if single else images

    def compute_output_shape(self, input_shape: "tuple | dict"):
        if isinstance(input_shape, dict):
            input_shape = self._split(input_shape)["frames"]
        self._check_shape(input_shape)
        *batch, _, height, width, channels = input_shape
        return (*batch, height, width, self.channel_count(channels))

    def _split(self, inputs) -> dict:
        if not isinstance(inputs, dict):
            return {"frames": inputs}
        if "frames" not in inputs or not set(inputs) <= {"frames", *_MARKS}:
            raise ClipError(
                f"{self.name} takes a dictionary with 'frames' and any of 'onset', 'apex', 'offset'; "
                f"got the keys {sorted(inputs)}."
            )
        return {key: value for key, value in inputs.items() if value is not None}

    def _check_shape(self, shape) -> None:
        shape = tuple(shape)
        if len(shape) not in (4, 5) or shape[-1] not in (1, 3):
            raise ClipError(
                f"{self.name} takes frames (T, H, W, C) or (B, T, H, W, C) with C = 1 or 3, channels "
                f"last; got the shape {shape}. Grey frames need a last axis of 1."
            )
        if shape[-3] is None or shape[-2] is None:
            raise ClipError(
                f"{self.name} must know the height and width of the frames; got the shape {shape}. "
                "Resize the clips, or set the shape, before this layer."
            )
        if 0 in shape[-4:]:
            raise ClipError(
                f"{self.name} got clips without a single frame or pixel: the shape {shape}. Leave empty "
                "clips out."
            )

    def _batch(self, frames, marks: dict) -> ClipBatch:
        numpy = self.backend.numpy
        ones = numpy.ones_like(frames[:, :, 0, 0, 0])
        positions = numpy.cumsum(ones, axis=1) - 1.0
        first, last = positions[:, 0], positions[:, -1]

        def mark(name, missing, low, high):
            if name not in marks:
                return missing
            value = self.backend.convert_to_tensor(marks[name])
            value = numpy.reshape(self.backend.cast(value, self.compute_dtype), (-1,))
            return numpy.minimum(numpy.maximum(value, low), high)

        onset = mark("onset", first, first, last)
        offset = mark("offset", last, onset, last)
        apex = mark("apex", numpy.floor((onset + offset) / 2.0), onset, offset)
        inside = numpy.logical_and(positions >= onset[:, None], positions <= offset[:, None])
        return ClipBatch(frames, onset, apex, offset, positions, inside)
