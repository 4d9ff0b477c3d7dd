"""Well-known image networks as classifiers of modality images: VGG19, ResNet50, EfficientNetB0.

The trunks are those of `keras.applications`. On JAX the first random initialisation of a trunk takes
long (EfficientNetB0 40 s, ResNet50 14 s, VGG19 6 s on one core), since JAX compiles every initialiser
for every shape; `mer_zoo.load` draws no random weights and is not affected.
"""

import contextlib
import hashlib
import os
import warnings
from pathlib import Path

import keras
from keras import layers

from mer_zoo.errors import WeightsError
from mer_zoo.models._network import CHANNELS_LAST, Network, downscaled, head, refuse_small
from mer_zoo.models.registry import register
from mer_zoo.settings import is_offline

SIGNED_RANGE = (-2.0, 2.0)
PIXEL_RANGE = (0.0, 255.0)

IMAGENET_FILES = {
    "VGG19": (
        "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "253f8cb515780f3b799900260a226db6",
    ),
    "ResNet50": (
        "resnet50_weights_tf_dim_ordering_tf_kernels_notop.h5",
        "4d473c1dd8becc155b73f8504c6f6626",
    ),
    "EfficientNetB0": ("efficientnetb0_notop.h5", "50bc09e76180e00e4465e1a485ddc09d"),
}
"""Network -> the file with its ImageNet weights, as `keras.applications` names it, and its MD5."""


class Backbone(Network):
    """A trunk of `keras.applications`, global average pooling, dropout and a head.

    The trunk is a layer of the network called "trunk"; the last feature map, in the network's own
    graph, is `network.get_layer("pool").input`.

    A fresh trunk sees the image as the modality gives it, about -2 to 2 with 0 for nothing. A trunk
    trained on ImageNet sees what it was trained on: -2 becomes pixel value 0, nothing becomes 127.5
    and 2 becomes 255, the three channels stand for red, green and blue, and the trunk's own
    preprocessing follows (`ImageNetNormalization`). EfficientNetB0's built-in preprocessing is
    replaced by this layer, which does the same.

    Args:
        input_shape: `(height, width, channels)`, at least 32 px; channels last on every backend.
            ImageNet trunks take 3 channels, fresh ones any number.
        num_classes: number of classes of the head.
        weights: None for a fresh trunk; "imagenet" for the weights of `IMAGENET_FILES`. They are read
            from Keras' cache, `~/.keras/models`, also under MER_ZOO_OFFLINE; where they are not there,
            Keras downloads them. They are read once: the config says None, so that a copy or a saved
            network never needs the network again.
        imagenet_pixels: whether the image is mapped to preprocessed pixels. By default only where
            `weights` is "imagenet".
        value_range: the least and the greatest value of the modality: (-2, 2), or (0, 255) for
            images of grey levels such as "apex". It is mapped to pixels 0 to 255, or to -2 to 2.
        downscale: the image is averaged over squares of this many px before the trunk sees it: with 2
            the trunk costs a quarter. What is left must be 32 px at least.
        trainable_trunk: false freezes the trunk, moving averages included; the head alone learns.
        dropout: share of the pooled features dropped in training.
        activation: activation of the head, computed in float32 under any dtype policy.
        name: name of the model; by default that of its class, in lower case.

    Input: float32 `(batch, *input_shape)`, an image of `mer_zoo.modalities`.
    Output: float32 `(batch, num_classes)`, probabilities when `activation` is "softmax".

    Raises:
        ValueError: the image is too small, `weights`, `value_range` or `downscale` is impossible, or an
            ImageNet trunk should take another number of channels than 3.
        WeightsError: the ImageNet weights cannot be obtained. Random weights are never used instead.
    """

    _application: str  # the name in keras.applications
    _normalization: str  # mode of keras.applications.imagenet_utils.preprocess_input
    _first_layer: str | None = None  # where the trunk begins, if it brings its own preprocessing

    def __init__(
        self,
        input_shape: tuple[int, int, int] = (96, 96, 3),
        num_classes: int = 5,
        weights: str | None = None,
        imagenet_pixels: bool | None = None,
        value_range: tuple[float, float] = SIGNED_RANGE,
        downscale: int = 1,
        trainable_trunk: bool = True,
        dropout: float = 0.5,
        activation: str | None = "softmax",
        name: str | None = None,
        **kwargs,
    ):
        if imagenet_pixels is None:
            imagenet_pixels = weights == "imagenet"
        self._refuse_misfit(input_shape, weights, imagenet_pixels, value_range, downscale)
        low, high = value_range

        # === Functional model ===
        inputs = keras.Input(input_shape, name="image")
        target_low, target_high = PIXEL_RANGE if imagenet_pixels else SIGNED_RANGE
        scale = (target_high - target_low) / (high - low)
        x = layers.Rescaling(scale, target_low - low * scale, dtype="float32", name="rescaling")(
            inputs
        )
        if imagenet_pixels:
            x = ImageNetNormalization(self._normalization, dtype="float32", name="normalization")(x)
        x = downscaled(x, downscale)
        trunk = self._build_trunk(tuple(x.shape[1:]), weights)
        x = trunk(x)
        x = layers.GlobalAveragePooling2D(data_format=CHANNELS_LAST, name="pool")(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        outputs = head(x, num_classes, activation)
        name = name or self._application.lower()
        super().__init__(inputs=inputs, outputs=outputs, name=name, **kwargs)
        if not trainable_trunk:  # after super().__init__, whose `trainable` reaches every layer
            trunk.trainable = False

        # === Config ===
        self.keep_arguments(
            input_shape,
            num_classes=num_classes,
            imagenet_pixels=imagenet_pixels,
            value_range=(float(low), float(high)),
            downscale=downscale,
            dropout=dropout,
            activation=activation,
        )

    def get_config(self):
        # The trunk as it is now: fine-tuning often unfreezes it after a while. And no download again:
        # the weights are those of the variables.
        trainable = self.get_layer("trunk").trainable
        return {**super().get_config(), "weights": None, "trainable_trunk": trainable}

    def _refuse_misfit(self, input_shape, weights, imagenet_pixels, value_range, downscale) -> None:
        refuse_small(
            input_shape,
            32 * downscale,
            f"the trunk of {self._application} shrinks it 32 times"
            + (f", downscale={downscale} as much before" if downscale > 1 else ""),
        )
        if weights not in (None, "imagenet"):
            raise ValueError(f'weights={weights!r} is not known. Use None or "imagenet".')
        if (weights or imagenet_pixels) and input_shape[-1] != 3:
            raise ValueError(
                f"input_shape={tuple(input_shape)} has {input_shape[-1]} channels, but ImageNet "
                "weights need 3 (red, green, blue). Choose a modality of 3 channels or weights=None."
            )
        low, high = value_range
        if not low < high:
            raise ValueError(f"value_range={tuple(value_range)} must be (least, greatest).")

    def _build_trunk(self, input_shape, weights):
        application = getattr(keras.applications, self._application)
        if weights == "imagenet":
            weights = _imagenet_weights(self._application)
        try:
            with _channels_last(), warnings.catch_warnings():
                warnings.filterwarnings("ignore", message="This model usually expects 1 or 3")
                whole = application(include_top=False, weights=weights, input_shape=input_shape)
        except Exception as error:  # Keras raises bare exceptions when a download fails
            if weights is None:
                raise
            name, _ = IMAGENET_FILES[self._application]
            raise WeightsError(
                f"The ImageNet weights of {self._application} cannot be obtained: {error} Check the "
                f"connection, or put Keras' file {name} into ~/.keras/models; weights=None starts from "
                "random ones."
            ) from error
        start = self._first_layer and whole.get_layer(self._first_layer)
        return keras.Model(start.input if start else whole.input, whole.output, name="trunk")


@register
class VGG19(Backbone):
    """VGG19 (Simonyan and Zisserman, ICLR 2015): 16 convolutions, 20,024,384 parameters.

    For arguments, input, output and errors see `Backbone`.
    """

    _application = "VGG19"
    _normalization = "caffe"


@register
class ResNet50(Backbone):
    """ResNet50 (He et al., CVPR 2016): 16 residual blocks, 23,587,712 parameters.

    For arguments, input, output and errors see `Backbone`.
    """

    _application = "ResNet50"
    _normalization = "caffe"


@register
class EfficientNetB0(Backbone):
    """EfficientNetB0 (Tan and Le, ICML 2019): 16 inverted residual blocks, 4,049,564 parameters.

    For arguments, input, output and errors see `Backbone`.
    """

    _application = "EfficientNetB0"
    _normalization = "torch"
    # Its rescaling and normalisation stand before this layer. Left out, for they are made for pixels,
    # and because Keras numbers such layers without a name through the session: their variables would
    # have another path in every network.
    _first_layer = "stem_conv_pad"


@keras.saving.register_keras_serializable(package="mer_zoo")
class ImageNetNormalization(keras.layers.Layer):
    """Pixel values as the trunks of `keras.applications` were trained on them.

    Args:
        mode: "caffe": blue, green, red, each less its ImageNet mean; "torch": over 255, less the
            mean, over the standard deviation (`keras.applications.imagenet_utils`).

    Input: `(B, H, W, 3)`, red, green and blue, 0 to 255. Output: of the same shape.
    """

    def __init__(self, mode: str, **kwargs):
        super().__init__(**kwargs)
        self.mode = mode

    def call(self, inputs: keras.KerasTensor):
        # A copy, because Keras' function works in place on PyTorch.
        return keras.applications.imagenet_utils.preprocess_input(
            keras.ops.copy(inputs), data_format=CHANNELS_LAST, mode=self.mode
        )

    def compute_output_shape(self, input_shape: tuple):
        return tuple(input_shape)

    def get_config(self):
        return {**super().get_config(), "mode": self.mode}


def imagenet_origin(application: str) -> str:
    """Where the ImageNet weights of a network come from, in words for a card."""
    name, md5 = IMAGENET_FILES[application]
    return f"ImageNet weights of keras.applications ({name}, MD5 {md5})"


def _imagenet_weights(application: str) -> str:
    """Returns the file in Keras' cache if it is the published one, else "imagenet": Keras fetches it.

    Keras has to be kept from looking itself: it replaces a file that is not the published one.
    """
    _refuse_stateless(application)
    name, md5 = IMAGENET_FILES[application]
    file = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "models" / name
    if file.is_file():
        with file.open("rb") as opened:
            found = hashlib.file_digest(opened, "md5").hexdigest()
        if found == md5:
            return str(file)
        problem = f"{file} is another file (MD5 {found}, expected {md5})"
    else:
        problem = f"{file} does not exist"
    if is_offline():
        raise WeightsError(
            f"{problem}, and MER_ZOO_OFFLINE forbids Keras to download the ImageNet weights of "
            f"{application}. Put the file there, unset MER_ZOO_OFFLINE, or use weights=None."
        )
    return "imagenet"


def _refuse_stateless(application: str) -> None:
    if keras.Variable("zeros", shape=())._initializer is not None:
        # Inside a keras.StatelessScope variables come into being later, and what is read now is lost.
        raise WeightsError(
            f"The ImageNet weights of {application} cannot be read inside a keras.StatelessScope. "
            "To build the network for stored weights, pass the arguments of its get_config()."
        )


@contextlib.contextmanager
def _channels_last():
    """Lets `keras.applications`, which follows the user's setting, build channels last."""
    setting = keras.config.image_data_format()
    keras.config.set_image_data_format(CHANNELS_LAST)
    try:
        yield
    finally:
        keras.config.set_image_data_format(setting)
