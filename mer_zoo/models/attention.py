"""Where a network with Gradient Attention looked: its gates, without any gradient computation."""

import functools

import keras
import numpy as np

from mer_zoo.layers import GradientAttention


def gates(network: keras.Model, images: np.ndarray) -> dict[str, np.ndarray]:
    """The gates of every Gradient Attention layer, brought to the size of the image.

    Args:
        network: a functional model, for instance `MEGANet`.
        images: float32 `(batch, height, width, channels)`.

    Returns:
        Layer name -> float32 `(batch, height, width)`, the gates themselves, 0..1 (a feature map is
        multiplied by 1 + gate), resized bilinearly; in the order of the layers. Empty when the network
        has no Gradient Attention.
    """
    probe = _probe(network)
    if probe is None:
        return {}
    values = probe.predict_on_batch(images)
    values = values if isinstance(values, list | tuple) else [values]
    names = [layer.name for layer in _attention_layers(network)]
    return {
        name: keras.ops.convert_to_numpy(
            keras.ops.image.resize(value, images.shape[1:3], data_format="channels_last")
        )[..., 0]
        for name, value in zip(names, values, strict=True)
    }


def attention_map(network: keras.Model, images: np.ndarray) -> np.ndarray | None:
    """The mean of the network's gates, brought to the size of the image.

    Args:
        network: a functional model, for instance `MEGANet`.
        images: float32 `(batch, height, width, channels)`.

    Returns:
        float32 `(batch, height, width)`, each map stretched to 0..1; zeros where a map is constant.
        None when the network has no Gradient Attention, for instance a `MEGANet` with another
        `attention`: there is no map of such a network, not even an empty one.
    """
    resized = list(gates(network, images).values())
    if not resized:
        return None
    mean = np.mean(resized, axis=0)
    low = mean.min(axis=(1, 2), keepdims=True)
    span = mean.max(axis=(1, 2), keepdims=True) - low
    return ((mean - low) / np.where(span > 0, span, 1)).astype(np.float32)


def _attention_layers(network):
    return [layer for layer in network.layers if isinstance(layer, GradientAttention)]


@functools.lru_cache(maxsize=8)
def _probe(network):
    """A model from the image to the gates; kept, since JAX compiles it anew for every new model."""
    layers = _attention_layers(network)
    if not layers:
        return None
    return keras.Model(network.inputs[0], [_Gate(layer)(layer.input) for layer in layers])


class _Gate(keras.layers.Layer):
    """Shows the gate of an attention layer it does not own."""

    def __init__(self, attention):
        super().__init__(
            trainable=False, name=f"{attention.name}_gate", dtype=attention.dtype_policy
        )
        self._attention = [attention]

    def call(self, x):
        return self._attention[0].compute_gate(x)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], 1)
