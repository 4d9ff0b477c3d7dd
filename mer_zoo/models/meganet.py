"""MEGANet: a small convolutional network with Gradient Attention, or another in its place.

The layer table of the paper (MESTI-MEGANet, arXiv 2509.00056) is not available to us. This is a documented
interpretation, chosen by measurement: see `docs/specification.md`.
"""

from collections.abc import Sequence

import keras
from keras import layers

from mer_zoo.errors import UnknownNameError
from mer_zoo.layers import CBAM, GradientAttention, MotionAttention, SqueezeExcitation
from mer_zoo.models._network import CHANNELS_LAST, Network, head, refuse_small
from mer_zoo.models.registry import register

ATTENTIONS = ("gradient", "none", "squeeze_excitation", "cbam", "observability", "strain")
"""What `MEGANet` can put at the end of a stage."""

_OF_MOTION = ("observability", "strain")


@register
class MEGANet(Network):
    """Four convolution stages, attention after some of them, and a head that keeps positions.

    Every convolution is followed by batch normalisation and ReLU; every stage but the last ends with
    a 2x2 max pooling. There is no global pooling, because the position of a movement on the face matters.
    With the default arguments it has 190,927 trainable parameters.

    Args:
        input_shape: `(height, width, channels)`; channels last on every backend.
        num_classes: number of classes of the head.
        stages: for each stage the widths of its convolutions. The first convolution of all is 5x5,
            the others 3x3.
        stem_strides: strides of the first convolution; 2 suits images of 80 px and more.
        neck: width of the 1x1 convolution before the head.
        attention_stages: the stages, counted from 1, that end in attention.
        learnable_gradient: let training change the derivative kernels of Gradient Attention.
        dropout: share of the flattened features dropped in training.
        activation: activation of the head, computed in float32 under any dtype policy.
        name: name of the model.
        attention: what ends the stages of `attention_stages`. With the default widths it adds so
            many trainable parameters: "gradient" (`GradientAttention`) 3314, "none" 0,
            "squeeze_excitation" (`SqueezeExcitation`) 3042, "cbam" (`CBAM`) 3240, "observability"
            3926, "strain" 2162 (both `MotionAttention`). The last two also read the input image,
            which must be `(u, v, E)`: MESTI with `channels="motion"`. Only the number of channels is
            checked, so the caller must make sure that they are these three.

    Input: float32 `(batch, *input_shape)`, an image of `mer_zoo.modalities` (about -2..2).
    Output: float32 `(batch, num_classes)`, probabilities when `activation` is "softmax".

    Raises:
        ValueError: `attention_stages` names a stage that does not exist, the image is too small for
            the number of stages, the image does not have the three channels that `attention` reads, or
            `learnable_gradient` is asked for without Gradient Attention.
        UnknownNameError: no such `attention`.

    Example:
        >>> from mer_zoo.models import MEGANet
        >>> network = MEGANet(input_shape=(96, 96, 3), num_classes=5)
        >>> network.output_shape
        (None, 5)
        >>> network.attention_stages
        (2, 3)
    """

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (96, 96, 3),
        num_classes: int = 5,
        stages: Sequence[Sequence[int]] = ((24,), (48,), (64, 96), (96,)),
        stem_strides: int = 2,
        neck: int = 32,
        attention_stages: Sequence[int] = (2, 3),
        learnable_gradient: bool = False,
        dropout: float = 0.4,
        activation: str | None = "softmax",
        name: str = "meganet",
        attention: str = "gradient",
        **kwargs,
    ):
        _refuse_misfit(attention, input_shape, learnable_gradient)
        _refuse_impossible_stages(stages, stem_strides, attention_stages, input_shape)

        # === Functional model ===
        inputs = keras.Input(input_shape, name="image")
        x = inputs
        for stage, widths in enumerate(stages, start=1):
            for i, width in enumerate(widths, start=1):
                stem = stage == i == 1
                x = _convolution(
                    x, width, 5 if stem else 3, stem_strides if stem else 1, f"stage{stage}_conv{i}"
                )
            if stage in attention_stages and attention != "none":
                attend = _attention(attention, learnable_gradient, f"stage{stage}_attention")
                x = attend([x, inputs] if attention in _OF_MOTION else x)
            if stage < len(stages):
                x = layers.MaxPooling2D(data_format=CHANNELS_LAST, name=f"stage{stage}_pool")(x)
        x = _convolution(x, neck, 1, 1, "neck")
        x = layers.Flatten(data_format=CHANNELS_LAST, name="flatten")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        outputs = head(x, num_classes, activation)
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)

        # === Config ===
        self.keep_arguments(
            input_shape,
            num_classes=num_classes,
            stages=tuple(tuple(widths) for widths in stages),
            stem_strides=stem_strides,
            neck=neck,
            attention_stages=tuple(attention_stages),
            learnable_gradient=learnable_gradient,
            dropout=dropout,
            activation=activation,
            attention=attention,
        )


def _refuse_misfit(attention, input_shape, learnable_gradient) -> None:
    if attention not in ATTENTIONS:
        raise UnknownNameError.among("attention of MEGANet", attention, ATTENTIONS)
    if attention in _OF_MOTION and input_shape[-1] != 3:
        raise ValueError(
            f"attention={attention!r} reads u, v and E from the image, but input_shape="
            f"{tuple(input_shape)} has {input_shape[-1]} channels, not 3. "
            "Use MESTI with channels='motion', or another attention."
        )
    if learnable_gradient and attention != "gradient":
        raise ValueError(
            f"learnable_gradient=True has no effect with attention={attention!r}. "
            "Leave it out, or use attention='gradient'."
        )


def _refuse_impossible_stages(stages, stem_strides, attention_stages, input_shape) -> None:
    if unknown := [s for s in attention_stages if not 1 <= s <= len(stages)]:
        raise ValueError(
            f"attention_stages={list(attention_stages)} names stage {unknown[0]}, "
            f"but there are {len(stages)} stages, counted from 1."
        )
    shrink = stem_strides * 2 ** (len(stages) - 1)
    refuse_small(
        input_shape,
        shrink,
        f"{len(stages)} stages shrink it {shrink} times",
        ", fewer stages or stem_strides=1",
    )


def _attention(kind, learnable_gradient, name):
    if kind == "gradient":
        return GradientAttention(learnable=learnable_gradient, name=name)
    if kind in _OF_MOTION:
        return MotionAttention(kind, name=name)
    return {"squeeze_excitation": SqueezeExcitation, "cbam": CBAM}[kind](name=name)


def _convolution(x, width, kernel, strides, name):
    x = layers.Conv2D(
        width,
        kernel,
        strides=strides,
        padding="same",
        use_bias=False,
        data_format=CHANNELS_LAST,
        name=name,
    )(x)
    x = layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5, name=f"{name}_norm")(x)
    return layers.ReLU(name=f"{name}_relu")(x)
