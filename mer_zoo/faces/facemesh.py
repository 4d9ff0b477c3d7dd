"""FaceMesh, the 468-landmark network of MediaPipe, as a Keras model."""

import keras
from keras import layers

from mer_zoo.faces.blocks import activation, convolution, residual_block

INPUT_SIZE = 192
LANDMARKS = 468
# One row a block: (filters, stride).
TRUNK_BLOCKS = (
    *((16, 1), (16, 1)),
    *((32, 2), (32, 1), (32, 1)),
    *((64, 2), (64, 1), (64, 1)),
    *((128, 2), (128, 1), (128, 1)),
    *((128, 2), (128, 1), (128, 1)),
)


def build_facemesh() -> keras.Model:
    """Builds the network without its trained weights.

    Source: Kartynnik, Ablavatski, Grishchenko, Grundmann, "Real-time Facial Surface Geometry from
    Monocular Video on Mobile GPUs", 2019, in the variant MediaPipe ships.

    Returns:
        A model from (batch, 192, 192, 3) float32 RGB in [0, 1] to two tensors: the landmarks
        (batch, 468, 3) as x, y and depth in input pixels, and the logit (batch, 1) that the
        region holds a face.
    """
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), dtype="float32", name="image")
    x = convolution(16, 3, strides=2, padding="same", name="stem")(image)
    x = activation("prelu", "stem_prelu")(x)
    for number, (filters, stride) in enumerate(TRUNK_BLOCKS, start=1):
        x = residual_block(x, filters, stride=stride, kind="prelu", name=f"block{number}")
    mesh = _branch(x, blocks=3, values=LANDMARKS * 3, name="mesh")
    presence = _branch(x, blocks=1, values=1, name="presence")
    return keras.Model(
        image,
        [
            layers.Reshape((LANDMARKS, 3), name="landmarks")(mesh),
            layers.Reshape((1,), name="presence")(presence),
        ],
        name="facemesh",
    )


def _branch(x, *, blocks: int, values: int, name: str):
    """From the trunk's 6x6 grid to a row of values: blocks of 128, squeeze to 32, read out."""
    for number in range(1, blocks + 1):
        stride = 2 if number == 1 else 1
        x = residual_block(x, 128, stride=stride, kind="prelu", name=f"{name}_block{number}")
    x = convolution(32, 1, name=f"{name}_squeeze")(x)
    x = activation("prelu", f"{name}_squeeze_prelu")(x)
    x = residual_block(x, 32, kind="prelu", name=f"{name}_narrow")
    return convolution(values, 3, name=f"{name}_readout")(x)
