"""STSTNet: three shallow streams over the optical flow and its strain.

Liong et al., "Shallow Triple Stream Three-dimensional CNN (STSTNet) for Micro-expression
Recognition", FG 2019. Where paper and published PyTorch code (github.com/christy1206/STSTNet)
differ, this is the code.
"""

import math
from collections.abc import Sequence

import keras
from keras import layers, ops

from mer_zoo.models._network import CHANNELS_LAST, Network, downscaled, head, refuse_small
from mer_zoo.models.registry import register


@register
class STSTNet(Network):
    """Three parallel 3x3 convolutions of different width, pooled, joined and classified.

    Each stream is convolution (two px of zero padding), ReLU, batch normalisation, 3x3 max pooling
    and dropout; the joined streams pass a 2x2 average pooling. With the default arguments it has
    1,683 trainable parameters (the paper states 1,670).

    Args:
        input_shape: `(height, width, channels)`; channels last on every backend.
        num_classes: number of classes of the head.
        branches: width of the convolution of each stream.
        downscale: the image is averaged over squares of this many px before the network sees it, so
            that images of another size than the published one can be compared on it.
        dropout: share of each stream's pooled values dropped in training.
        activation: activation of the head, computed in float32 under any dtype policy.
        name: name of the model.

    Input: float32 `(batch, *input_shape)`. The published network takes u, v and strain of 28 px.
    Output: float32 `(batch, num_classes)`, probabilities when `activation` is "softmax".

    The head sees the features flattened in the order height, width, channel; PyTorch's in the order
    channel, height, width. `tools/ststnet_from_pytorch.py` converts weights.

    Raises:
        ValueError: the image is too small, `downscale` is impossible, or there is no stream.

    Example:
        >>> from mer_zoo.models import STSTNet
        >>> STSTNet(input_shape=(28, 28, 3), num_classes=3).output_shape
        (None, 3)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (28, 28, 3),
        num_classes: int = 3,
        branches: Sequence[int] = (3, 5, 8),
        downscale: int = 1,
        dropout: float = 0.5,
        activation: str | None = "softmax",
        name: str = "ststnet",
        **kwargs,
    ):
        refuse_small(input_shape, 2 * downscale, "nothing is left of it after the average pooling")
        if not branches:
            raise ValueError("branches=() is empty. Give the width of at least one stream.")

        # === Functional model ===
        inputs = keras.Input(input_shape, name="image")
        padded = layers.ZeroPadding2D(2, data_format=CHANNELS_LAST, name="padding")(
            downscaled(inputs, downscale)
        )
        streams = [
            _stream(padded, width, dropout, f"branch{i}") for i, width in enumerate(branches, 1)
        ]
        x = layers.Concatenate(name="join")(streams) if len(streams) > 1 else streams[0]
        x = layers.AveragePooling2D(2, data_format=CHANNELS_LAST, name="pool")(x)
        x = layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x)
        outputs = head(x, num_classes, activation)
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)

        # === Config ===
        self.keep_arguments(
            input_shape,
            num_classes=num_classes,
            branches=tuple(branches),
            downscale=downscale,
            dropout=dropout,
            activation=activation,
        )


@keras.saving.register_keras_serializable(package="mer_zoo")
class BorderedMaxPooling(keras.layers.Layer):
    """Max pooling over 3x3 px, stride 3, whose first window begins one px outside the map.

    PyTorch's `MaxPool2d(3, 3, padding=1)`. What lies outside never wins: it is minus infinity, not
    zero, since the pooled values can all be negative. Keras' padding "same" would begin elsewhere.

    Input: float `(B, H, W, C)`. Output: float `(B, (H - 1) // 3 + 1, (W - 1) // 3 + 1, C)`.
    """

    def call(self, inputs: keras.KerasTensor):
        border = ((0, 0), (1, 1), (1, 1), (0, 0))
        bordered = ops.pad(inputs, border, constant_values=-math.inf)
        return ops.max_pool(bordered, 3, 3, data_format=CHANNELS_LAST)

    def compute_output_shape(self, input_shape: tuple):
        batch, height, width, channels = input_shape
        return batch, (height - 1) // 3 + 1, (width - 1) // 3 + 1, channels


def _stream(padded, width, dropout, name):
    x = layers.Conv2D(width, 3, activation="relu", data_format=CHANNELS_LAST, name=f"{name}_conv")(
        padded
    )
    x = layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    x = BorderedMaxPooling(name=f"{name}_pool")(x)
    return layers.Dropout(dropout, name=f"{name}_dropout")(x)
