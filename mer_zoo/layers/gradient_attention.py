"""Gradient Attention: look harder where the feature maps change."""

import keras
import numpy as np
from keras import layers, ops

from mer_zoo.layers._gates import CHANNELS_LAST, gate_convolution, known_channels
from mer_zoo.layers.parameters import Configured

_SMOOTHING = (0.25, 0.5, 0.25)
_DIFFERENCE = (-0.5, 0.0, 0.5)


@keras.saving.register_keras_serializable(package="mer_zoo")
class GradientAttention(Configured, keras.Layer):
    """Adds to each feature map its product with a gate that the map's own gradients drive.

    `x + x * gate`, `gate = sigmoid(Conv3x3 -> 1 (ReLU(BN(Conv1x1 C -> C / reduction (|grad x|)))))`,
    with `|grad x|` the Sobel magnitude of each channel. An interpretation of the block of the same
    name in MESTI-MEGANet (arXiv 2509.00056), whose formulas are not available to us.

    Input and output: float `(B, H, W, C)`, channels last on every backend.

    Args:
        reduction: the 1x1 convolution keeps `max(C // reduction, 8)` channels.
        learnable: let training change the derivative, separately for each channel: a smoothing and a
            difference across three px, which start as Sobel's.

    Raises:
        ParameterError: `reduction` is not an integer of at least 1, or `learnable` is not True or False.
            It is a `ValueError`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import GradientAttention
        >>> features = np.zeros((2, 12, 12, 48), "float32")
        >>> tuple(GradientAttention(reduction=4)(features).shape)
        (2, 12, 12, 48)
    """

    def __init__(self, reduction: int = 4, learnable: bool = False, **kwargs):
        super().__init__(**kwargs)
        self.keep(reduction=reduction, learnable=learnable)
        self.smoothing = self.difference = None

    def build(self, input_shape: tuple):
        channels = known_channels(self.name, input_shape)
        width = max(channels // self.reduction, 8)
        self.reduce = layers.Conv2D(
            width, 1, data_format=CHANNELS_LAST, dtype=self.dtype_policy, name="reduce"
        )
        self.norm = layers.BatchNormalization(
            axis=-1, momentum=0.9, epsilon=1e-5, dtype=self.dtype_policy, name="norm"
        )
        self.gate = gate_convolution(self, 3, "gate")
        self.reduce.build((None, None, None, channels))
        self.norm.build((None, None, None, width))
        self.gate.build((None, None, None, width))
        if self.learnable:
            self.smoothing = self._kernel("smoothing", _SMOOTHING, channels)
            self.difference = self._kernel("difference", _DIFFERENCE, channels)

    def call(self, inputs: keras.KerasTensor, training: bool | None = False):
        if inputs.shape[0] == 0:  # TensorFlow's convolution loses channels of an empty batch
            return inputs
        return inputs + inputs * self.compute_gate(inputs, training=training)

    def compute_gate(self, inputs: keras.KerasTensor, training: bool | None = False):
        """Returns the gate, `(B, H, W, 1)`, 0 to 1: where the layer looks.

        Args:
            inputs: as for the layer, which must have been built.
            training: whether batch normalisation uses the statistics of the batch.
        """
        inputs = ops.cast(inputs, self.compute_dtype)
        features = self.norm(self.reduce(self._magnitude(inputs)), training=training)
        return ops.cast(self.gate(ops.relu(features)), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple):
        return tuple(input_shape)

    def _kernel(self, name: str, values, channels: int):
        kernel = np.repeat(np.array(values, np.float32)[:, None], channels, axis=1)
        return self.add_weight(
            name=name,
            shape=kernel.shape,
            initializer=keras.initializers.Constant(kernel),
        )

    def _magnitude(self, inputs):
        # By shifted adds: a depthwise convolution is several times slower on a CPU.
        smoothing = _SMOOTHING if self.smoothing is None else self.smoothing
        difference = _DIFFERENCE if self.difference is None else self.difference
        across = _slide(_slide(inputs, smoothing, axis=1), difference, axis=2)
        down = _slide(_slide(inputs, smoothing, axis=2), difference, axis=1)
        # In float32, because the square of a float16 overflows beyond 256; and never quite 0,
        # because there the root has no derivative.
        across, down = ops.cast(across, "float32"), ops.cast(down, "float32")
        magnitude = ops.sqrt(across * across + down * down + 1e-6)
        return ops.cast(magnitude, self.compute_dtype)


def _slide(images, kernel, axis: int):
    """Returns the correlation with a kernel of 3 along an axis; the border px are repeated."""
    if axis == 1:
        padded = ops.concatenate([images[:, :1], images, images[:, -1:]], axis=1)
        parts = padded[:, :-2], images, padded[:, 2:]
    else:
        padded = ops.concatenate([images[:, :, :1], images, images[:, :, -1:]], axis=2)
        parts = padded[:, :, :-2], images, padded[:, :, 2:]
    weights = [ops.cast(kernel[i], images.dtype) for i in range(3)]
    return sum(part * weight for part, weight in zip(parts, weights, strict=True))
