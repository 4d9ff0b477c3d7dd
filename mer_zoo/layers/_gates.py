"""What the attention layers share: the check of their input, the convolution that ends a gate."""

from keras import layers

CHANNELS_LAST = "channels_last"


def known_channels(name: str, shape) -> int:
    """The channels of feature maps; ValueError for anything but maps of known channels."""
    if len(shape) != 4 or shape[-1] is None:
        raise ValueError(
            f"{name} takes (batch, height, width, channels) with known channels, "
            f"got {tuple(shape)}."
        )
    return shape[-1]


def gate_convolution(layer, kernel_size: int, name: str):
    """The convolution to one channel, 0 to 1, that ends a gate of `layer`.

    In float32 also under mixed precision: it costs little, and PyTorch cannot train a convolution to
    one channel in float16 on a CPU.
    """
    half = layer.compute_dtype in ("float16", "bfloat16")
    return layers.Conv2D(
        1,
        kernel_size,
        padding="same",
        activation="sigmoid",
        data_format=CHANNELS_LAST,
        dtype="float32" if half else layer.dtype_policy,
        name=name,
    )
