"""CBAM, the convolutional block attention module: weigh the channels, then the places."""

import keras
from keras import layers, ops

from mer_zoo.layers._gates import gate_convolution, known_channels
from mer_zoo.layers.parameters import Configured


@keras.saving.register_keras_serializable(package="mer_zoo")
class CBAM(Configured, keras.Layer):
    """Multiplies each channel by a gate, then each place of the result by another.

    1. `y = x * sigmoid(M(mean of x over the map) + M(maximum of x over the map))`, with
       `M = Dense -> C (ReLU(Dense -> C / reduction))`, the same for both.
    2. `y * sigmoid(Conv -> 1 (mean of y over the channels, maximum of y over the channels))`.

    Woo, Park, Lee and Kweon, "CBAM: Convolutional Block Attention Module", ECCV 2018.

    Input and output: float `(B, H, W, C)`, channels last on every backend.

    Args:
        reduction: the first dense layer keeps `max(C // reduction, 4)` channels. The paper's 16 is
            for 256 channels and more; 8 fits 48 to 96, and has, with a kernel of 7, 729 trainable
            parameters at 48 channels, 2511 at 96.
        kernel_size: side of the convolution of step 2; 7 in the paper.

    Raises:
        ParameterError: `reduction` or `kernel_size` is not an integer of at least 1. It is a
            `ValueError`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import CBAM
        >>> features = np.zeros((2, 12, 12, 48), "float32")
        >>> tuple(CBAM(reduction=8)(features).shape)
        (2, 12, 12, 48)
    """

    def __init__(self, reduction: int = 8, kernel_size: int = 7, **kwargs):
        super().__init__(**kwargs)
        self.keep(reduction=reduction, kernel_size=kernel_size)

    def build(self, input_shape: tuple):
        channels = known_channels(self.name, input_shape)
        width = max(channels // self.reduction, 4)
        policy = self.dtype_policy
        self.reduce = layers.Dense(width, activation="relu", dtype=policy, name="reduce")
        self.expand = layers.Dense(channels, dtype=policy, name="expand")
        self.spatial = gate_convolution(self, self.kernel_size, "spatial")
        self.reduce.build((None, channels))
        self.expand.build((None, width))
        self.spatial.build((None, None, None, 2))

    def call(self, inputs: keras.KerasTensor):
        if inputs.shape[0] == 0:  # Keras has no maximum of an empty batch
            return inputs
        summaries = ops.mean(inputs, axis=(1, 2)), ops.max(inputs, axis=(1, 2))
        mean, maximum = (self.expand(self.reduce(summary)) for summary in summaries)
        weighed = inputs * ops.sigmoid(mean + maximum)[:, None, None]
        places = ops.concatenate(
            [ops.mean(weighed, axis=-1, keepdims=True), ops.max(weighed, axis=-1, keepdims=True)],
            axis=-1,
        )
        return weighed * ops.cast(self.spatial(places), self.compute_dtype)

    def compute_output_shape(self, input_shape: tuple):
        return tuple(input_shape)
