"""Motion Attention: look where the motion can be measured, or where it deforms the skin."""

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from mer_zoo.errors import UnknownNameError
from mer_zoo.layers._gates import CHANNELS_LAST, gate_convolution
from mer_zoo.layers.parameters import Configured

# A displacement far below the mean of its image is mostly rounding and noise, and dividing by it would
# show confidence where nothing moved.
_DISPLACEMENT_SHARE = 0.1
_TINY = 1e-6


@keras.saving.register_keras_serializable(package="mer_zoo")
class MotionAttention(Configured, keras.Layer):
    """Adds to each feature map its product with a gate that the network's MESTI image drives.

    `x + x * gate`, `gate = sigmoid(Conv3x3 -> 1 (ReLU(BN(Conv7x7 -> C / reduction (cues)))))`. The
    cues come from the image `(u, v, E)` without any weight, averaged over the cells of the features.
    Both kinds are ideas of this project, not of a paper:

    "observability": two cues. A displacement can only be seen where the face has a gradient along
    it: brightness constancy says `E = -g . (u, v)`, so `r = |E| / |(u, v)|` is how strong the face's
    own gradient along the motion is. The first cue is the confidence `r / (r + mean of r)`, 0 to 1,
    1/2 at the mean of the image; the second is `|(u, v)|`. MESTI scales `E` and `(u, v)` by two
    numbers of each image, which cancel in the confidence. `r` is taken from the means of `|E|` and
    `|(u, v)|` over a cell, and a tenth of the image's mean displacement is added below the line. A
    rigid displacement that MESTI removed from `(u, v)` remains in `E`.

    "strain": one cue. Muscles compress and stretch the skin; what is left of a motion of the head
    does so hardly at all. The cue is the magnitude of the infinitesimal strain tensor,
    `sqrt(u_x^2 + v_y^2 + (u_y + v_x)^2 / 2)` (Shreve et al., FG 2011), per px of the image, in the
    image's scale of `(u, v)`: 0 for a translation and for a small rotation.

    Input: `[features, image]`, float `(B, h, w, C)` and `(B, H, W, 3)`, channels last on every
    backend, `h <= H` and `w <= W`. Output: `(B, h, w, C)`.

    Args:
        kind: "observability" or "strain".
        reduction: the 7x7 convolution has `max(C // reduction, 8)` filters. With 4, there are 1309
            trainable parameters at 48 channels and 2617 at 96 for "observability", 721 and 1441
            for "strain".

    Raises:
        UnknownNameError: no such `kind`.
        ParameterError: `reduction` is not an integer of at least 1. It is a `ValueError`.

    Example:
        >>> import numpy as np
        >>> from mer_zoo.layers import MotionAttention
        >>> features = np.zeros((2, 12, 12, 48), "float32")
        >>> image = np.zeros((2, 96, 96, 3), "float32")  # u, v and E of MESTI
        >>> tuple(MotionAttention("strain")([features, image]).shape)
        (2, 12, 12, 48)
    """

    def __init__(self, kind: str, reduction: int = 4, **kwargs):
        # The image is not cast to half precision, which is too coarse for its derivatives.
        super().__init__(autocast=False, **kwargs)
        if kind not in _CUES:
            raise UnknownNameError.among("kind of motion attention", kind, _CUES)
        self.keep(kind=kind, reduction=reduction)

    def build(self, input_shape: Sequence[tuple]):
        _check_shapes(self.name, input_shape)
        width = max(input_shape[0][-1] // self.reduction, 8)
        cue_count, _ = _CUES[self.kind]
        self.detect = layers.Conv2D(
            width,
            7,
            padding="same",
            use_bias=False,
            data_format=CHANNELS_LAST,
            dtype=self.dtype_policy,
            name="detect",
        )
        self.norm = layers.BatchNormalization(
            axis=-1, momentum=0.9, epsilon=1e-5, dtype=self.dtype_policy, name="norm"
        )
        self.gate = gate_convolution(self, 3, "gate")
        self.detect.build((None, None, None, cue_count))
        self.norm.build((None, None, None, width))
        self.gate.build((None, None, None, width))

    def call(self, inputs: Sequence[keras.KerasTensor], training: bool | None = False):
        features = ops.cast(inputs[0], self.compute_dtype)
        return features + features * self.compute_gate(inputs, training=training)

    def compute_gate(self, inputs: Sequence[keras.KerasTensor], training: bool | None = False):
        """Returns the gate, `(B, h, w, 1)`, 0 to 1: where the layer looks.

        Args:
            inputs: as for the layer, which must have been built.
            training: whether batch normalisation uses the statistics of the batch.
        """
        features, image = inputs
        cues = self.compute_cues(image, *features.shape[1:3])
        detected = self.norm(self.detect(cues), training=training)
        return ops.cast(self.gate(ops.relu(detected)), self.compute_dtype)

    def compute_cues(self, image: keras.KerasTensor, height: int, width: int):
        """Returns what drives the gate, float32 `(B, height, width, cues)`, each 0 or more.

        Args:
            image: float `(B, H, W, 3)`: u, v and E.
            height, width: number of cells along each side.
        """
        _, compute = _CUES[self.kind]
        return compute(ops.cast(image, "float32"), height, width)

    def compute_output_shape(self, input_shape: Sequence[tuple]):
        return tuple(input_shape[0])


def _observability(image, height: int, width: int):
    planes = ops.stack([_length(image[..., :2]), ops.abs(image[..., 2])], axis=-1)
    cells = _cell_means(planes, height, width)
    displacement, response = cells[..., :1], cells[..., 1:]
    floor = _DISPLACEMENT_SHARE * _image_mean(displacement) + _TINY
    gradient = response / (displacement + floor)
    confidence = gradient / (gradient + _image_mean(gradient) + _TINY)
    return ops.concatenate([confidence, displacement], axis=-1)


def _strain(image, height: int, width: int):
    along_x, along_y = _derivative(image[..., :2], 2), _derivative(image[..., :2], 1)
    shear = (along_y[..., 0] + along_x[..., 1]) * 0.5**0.5
    tensor = ops.stack([along_x[..., 0], along_y[..., 1], shear], axis=-1)
    return _cell_means(_length(tensor)[..., None], height, width)


_CUES = {"observability": (2, _observability), "strain": (1, _strain)}
"""By kind: how many cues, and what computes them."""


def _length(vectors):
    """Returns the lengths of vectors `(..., n)`, never quite 0: there the root has no derivative."""
    return ops.sqrt(ops.sum(vectors * vectors, axis=-1) + _TINY**2)


def _image_mean(planes):
    return ops.mean(planes, axis=(1, 2), keepdims=True)


def _derivative(images, axis: int):
    """Returns central differences along an axis, one-sided at the borders, as `numpy.gradient`."""
    if axis == 2:
        return ops.swapaxes(_derivative(ops.swapaxes(images, 1, 2), 1), 1, 2)
    first = images[:, 1:2] - images[:, :1]
    inside = 0.5 * (images[:, 2:] - images[:, :-2])
    last = images[:, -1:] - images[:, -2:-1]
    return ops.concatenate([first, inside, last], axis=1)


def _cell_means(images, height: int, width: int):
    """Returns the means over `height` x `width` equal cells; px on an edge count by their share."""
    rows, columns = (
        ops.convert_to_tensor(_shares(size, count))
        for size, count in zip(images.shape[1:3], (height, width), strict=True)
    )
    planes = ops.matmul(rows, ops.moveaxis(images, -1, 1))
    return ops.moveaxis(ops.matmul(planes, ops.transpose(columns)), 1, -1)


def _shares(size: int, count: int) -> np.ndarray:
    """Returns how much each of `size` px adds to the mean of each of `count` cells, rows sum to 1."""
    edges = np.arange(count + 1) * size / count
    start, stop = edges[:-1, None], edges[1:, None]
    px = np.arange(size)
    overlap = np.minimum(stop, px + 1) - np.maximum(start, px)
    return (np.maximum(overlap, 0) * count / size).astype("float32")


def _check_shapes(name: str, input_shape) -> None:
    if len(input_shape) != 2 or not all(map(_is_known, input_shape)):
        raise ValueError(
            f"{name} takes [features, image], both (batch, height, width, channels) of known height, "
            f"width and channels; got {input_shape}."
        )
    features, image = (tuple(shape) for shape in input_shape)
    if image[-1] != 3:
        raise ValueError(
            f"{name} reads u, v and E from the image, so it takes 3 channels; got {image[-1]}. "
            "Use MESTI with channels='motion'."
        )
    if features[1] > image[1] or features[2] > image[2] or min(image[1:3]) < 2:
        raise ValueError(
            f"{name} takes features no larger than their image, of 2 px or more; "
            f"got {features[1:3]} of {image[1:3]}."
        )


def _is_known(shape) -> bool:
    return isinstance(shape, list | tuple) and len(shape) == 4 and None not in shape[1:]
