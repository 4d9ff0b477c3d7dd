"""LEARNet: four branches over a dynamic image, two of which collect the maps of their neighbours.

Verma et al., "LEARNet: Dynamic Imaging Network for Micro Expression Recognition", IEEE Transactions
on Image Processing 29, 2020. The layers are those of the authors' Keras code
(github.com/MonuVermaCV/LearNet); a PyTorch variant in circulation has others.
"""

import keras
from keras import layers

from mer_zoo.models._network import CHANNELS_LAST, Network, head, refuse_small
from mer_zoo.models.registry import register


@register
class LEARNet(Network):
    """A stem, four branches of three convolutions, a joint convolution and a dense layer.

    All convolutions have stride 2 and ReLU. Branch 2 adds the maps of branch 1 to its own and
    normalises the sum, after its first and its second convolution; branch 4 so with branch 3. With
    the default arguments it has 1,867,528 parameters, 704 of which are moving averages that are not
    trained.

    Args:
        input_shape: `(height, width, channels)`; channels last on every backend.
        num_classes: number of classes of the head.
        dropout: share of the dense layer's outputs dropped in training.
        activation: activation of the head, computed in float32 under any dtype policy.
        name: name of the model.

    Input: float32 `(batch, *input_shape)`; published with dynamic images of 112 px.
    Output: float32 `(batch, num_classes)`, probabilities when `activation` is "softmax".

    Raises:
        ValueError: the image is too small.

    Example:
        >>> from mer_zoo.models import LEARNet
        >>> LEARNet(input_shape=(64, 64, 3), num_classes=5).output_shape
        (None, 5)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (112, 112, 3),
        num_classes: int = 8,
        dropout: float = 0.5,
        activation: str | None = "softmax",
        name: str = "learnet",
        **kwargs,
    ):
        refuse_small(input_shape, 32, "five convolutions in a row halve it")

        # === Functional model ===
        inputs = keras.Input(input_shape, name="image")
        stem = _convolution(inputs, 16, 3, "stem")
        ends = []
        for plain, collecting in (("branch1", "branch2"), ("branch3", "branch4")):
            ends += _pair_of_branches(stem, plain, collecting)
        x = layers.Concatenate(name="join")(ends)
        x = layers.BatchNormalization(axis=-1, name="join_norm")(x)
        x = _convolution(x, 256, 3, "join_conv")
        x = layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x)
        x = layers.Dense(256, activation="relu", name="dense")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        outputs = head(x, num_classes, activation)
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)

        # === Config ===
        self.keep_arguments(
            input_shape,
            num_classes=num_classes,
            dropout=dropout,
            activation=activation,
        )


def _pair_of_branches(stem, plain: str, collecting: str):
    """Returns the last maps of a plain branch and of the one that collects the plain one's maps."""
    x = y = stem
    for i, (width, kernel) in enumerate(((16, 1), (32, 3), (64, 5)), start=1):
        x = _convolution(x, width, kernel, f"{plain}_conv{i}")
        y = _convolution(y, width, kernel, f"{collecting}_conv{i}")
        if i < 3:
            y = layers.Add(name=f"{collecting}_add{i}")([x, y])
            y = layers.BatchNormalization(axis=-1, name=f"{collecting}_norm{i}")(y)
    return x, y


def _convolution(x, width, kernel, name):
    return layers.Conv2D(
        width,
        kernel,
        strides=2,
        padding="same",
        activation="relu",
        data_format=CHANNELS_LAST,
        name=name,
    )(x)
