"""Squeeze-and-excitation: weigh the channels by what the whole map holds."""

import keras
from keras import layers, ops

from mer_zoo.layers._gates import known_channels
from mer_zoo.layers.parameters import Configured


@keras.saving.register_keras_serializable(package="mer_zoo")
class SqueezeExcitation(Configured, keras.Layer):
    """Multiplies each channel by a gate that the means of all channels drive.

    `x * gate`, `gate = sigmoid(Dense -> C (ReLU(Dense -> C / reduction (mean of x over the map))))`:
    Hu, Shen and Sun, "Squeeze-and-Excitation Networks", CVPR 2018.

    Input and output: float `(B, H, W, C)`, channels last on every backend.

    Args:
        reduction: the first dense layer keeps `max(C // reduction, 4)` channels. The paper's 16 is
            for 256 channels and more; 8 fits 48 to 96, and has 630 trainable parameters at 48
            channels, 2412 at 96.

    Raises:
        ParameterError: `reduction` is not an integer of at least 1. It is a `ValueError`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import SqueezeExcitation
        >>> features = np.zeros((2, 12, 12, 48), "float32")
        >>> tuple(SqueezeExcitation(reduction=8)(features).shape)
        (2, 12, 12, 48)
    """

    def __init__(self, reduction: int = 8, **kwargs):
        super().__init__(**kwargs)
        self.keep(reduction=reduction)

    def build(self, input_shape: tuple):
        channels = known_channels(self.name, input_shape)
        width = max(channels // self.reduction, 4)
        policy = self.dtype_policy
        self.reduce = layers.Dense(width, activation="relu", dtype=policy, name="reduce")
        self.expand = layers.Dense(channels, activation="sigmoid", dtype=policy, name="expand")
        self.reduce.build((None, channels))
        self.expand.build((None, width))

    def call(self, inputs: keras.KerasTensor):
        gate = self.expand(self.reduce(ops.mean(inputs, axis=(1, 2))))
        return inputs * gate[:, None, None]

    def compute_output_shape(self, input_shape: tuple):
        return tuple(input_shape)
