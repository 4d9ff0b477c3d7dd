"""The building block that BlazeFace and FaceMesh share.

The initial weights are zeros: the trained ones replace them, and so building a network draws no
random numbers from the user's generator.
"""

import keras
from keras import layers, ops

from mer_zoo.faces.fast_layers import Conv2D, DepthwiseConv2D, MaxPooling2D


def activation(kind: str, name: str) -> keras.layers.Layer:
    """ReLU, or PReLU with one slope a channel."""
    return (
        layers.PReLU(shared_axes=[1, 2], name=name) if kind == "prelu" else layers.ReLU(name=name)
    )


def convolution(filters: int, size: int, *, name: str, **options) -> Conv2D:
    """A channels-last convolution."""
    return Conv2D(
        filters,
        size,
        data_format="channels_last",
        kernel_initializer="zeros",
        name=name,
        **options,
    )


def residual_block(x: keras.KerasTensor, filters: int, *, stride: int = 1, kind: str, name: str):
    """Depthwise 3x3, pointwise 1x1, plus the block's input (Bazarevsky et al. 2019, figure 1).

    With stride 2 the input is max-pooled. Where the block widens, the input gets zero channels.

    Args:
        x: Keras tensor (batch, height, width, channels), channels <= filters <= 2 * channels.
        filters: Number of output channels.
        stride: 1 or 2.
        kind: "relu" or "prelu".
        name: Prefix of the layer names.

    Returns:
        Keras tensor (batch, height / stride, width / stride, filters).
    """
    y = DepthwiseConv2D(
        3,
        strides=stride,
        padding="same",
        data_format="channels_last",
        depthwise_initializer="zeros",
        name=f"{name}_depthwise",
    )(x)
    y = convolution(filters, 1, name=f"{name}_pointwise")(y)
    if stride == 2:
        x = MaxPooling2D(2, data_format="channels_last", name=f"{name}_pool")(x)
    if filters > x.shape[-1]:
        # Not ops.pad: TensorFlow 2.21 merges the sum of a padded tensor and a convolution into one
        # kernel of oneDNN, which ends the process on some processors (seen on an AMD EPYC, AVX-512).
        zeros = ops.zeros_like(x[..., : filters - x.shape[-1]])
        x = ops.concatenate([x, zeros], axis=-1)
    x = layers.Add(name=f"{name}_add")([x, y])
    return activation(kind, f"{name}_{kind}")(x)
