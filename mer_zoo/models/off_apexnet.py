"""OFF-ApexNet: one small convolutional stream for each direction of the optical flow.

Gan et al., "OFF-ApexNet on micro-expression recognition system", Signal Processing: Image
Communication 74, 2019. The layers are those of the PyTorch implementation that came with Off-TANet
(github.com/ECNU-Cross-Innovation-Lab/PRICAI2021-Off-TANet).
"""

import keras
from keras import layers

from mer_zoo.models._network import CHANNELS_LAST, Network, downscaled, head, refuse_small
from mer_zoo.models.registry import register


@register
class OFFApexNet(Network):
    """Two streams of two 5x5 convolutions with max pooling, joined before two dense layers.

    With the default arguments it has 2,664,475 trainable parameters.

    Args:
        input_shape: `(height, width, channels)`; channels last on every backend. There are 2 channels
            (u, v) or 3, of which the last, strain or response, is left aside.
        num_classes: number of classes of the head.
        convolution_activation: activation of the convolutions. None, as in the implementation
            followed: there the max pooling is all that stands between two convolutions.
        dense_units: width of the two dense layers, which end in ReLU.
        downscale: the image is averaged over squares of this many px before the network sees it, so
            that images of another size than the published one can be compared on it.
        dropout: share of the outputs of each dense layer dropped in training.
        activation: activation of the head, computed in float32 under any dtype policy.
        name: name of the model.

    Input: float32 `(batch, *input_shape)`; the first two channels are the displacement to the right
    and down, as in the modalities "flow" and "mesti".
    Output: float32 `(batch, num_classes)`, probabilities when `activation` is "softmax".

    Raises:
        ValueError: the image is too small or has another number of channels, or `downscale` is impossible.

    Example:
        >>> from mer_zoo.models import OFFApexNet
        >>> OFFApexNet(input_shape=(28, 28, 2), num_classes=3).output_shape
        (None, 3)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (28, 28, 2),
        num_classes: int = 3,
        convolution_activation: str | None = None,
        dense_units: int = 1024,
        downscale: int = 1,
        dropout: float = 0.5,
        activation: str | None = "softmax",
        name: str = "off_apexnet",
        **kwargs,
    ):
        refuse_small(input_shape, 4 * downscale, "two poolings halve it")
        if input_shape[-1] not in (2, 3):
            raise ValueError(
                f"input_shape={tuple(input_shape)} has {input_shape[-1]} channels. OFFApexNet takes "
                "2 (u, v) or 3 (u, v and another, which it leaves aside)."
            )

        # === Functional model ===
        inputs = keras.Input(input_shape, name="image")
        image = downscaled(inputs, downscale)
        streams = [
            _stream(image[..., i : i + 1], convolution_activation, name=direction)
            for i, direction in enumerate(("u", "v"))
        ]
        x = layers.Concatenate(name="join")(streams)
        for i in (1, 2):
            x = layers.Dense(dense_units, activation="relu", name=f"dense{i}")(x)
            x = layers.Dropout(dropout, name=f"dropout{i}")(x)
        outputs = head(x, num_classes, activation)
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)

        # === Config ===
        self.keep_arguments(
            input_shape,
            num_classes=num_classes,
            convolution_activation=convolution_activation,
            dense_units=dense_units,
            downscale=downscale,
            dropout=dropout,
            activation=activation,
        )


def _stream(x, activation, name):
    for i, width in enumerate((6, 16), start=1):
        x = layers.Conv2D(
            width,
            5,
            padding="same",
            activation=activation,
            data_format=CHANNELS_LAST,
            name=f"{name}_conv{i}",
        )(x)
        x = layers.MaxPooling2D(2, data_format=CHANNELS_LAST, name=f"{name}_pool{i}")(x)
    return layers.Flatten(data_format=CHANNELS_LAST, name=f"{name}_flatten")(x)
