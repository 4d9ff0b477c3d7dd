"""BlazeFace, the face detector of MediaPipe (short range), as a Keras model."""

import keras
from keras import layers

from mer_zoo.faces.blocks import activation, convolution, residual_block

INPUT_SIZE = 128
# One row a block: (filters, stride). The heads read the grids of 16x16 and 8x8 cells.
FINE_BLOCKS = (
    *((24, 1), (28, 1), (32, 2), (36, 1), (42, 1)),
    *((48, 2), (56, 1), (64, 1), (72, 1), (80, 1), (88, 1)),
)
COARSE_BLOCKS = ((96, 2), (96, 1), (96, 1), (96, 1), (96, 1))
ANCHORS_PER_CELL = {"fine": 2, "coarse": 6}
ANCHOR_VALUES = 16  # box centre, box size, six keypoints: two values each


def build_blazeface() -> keras.Model:
    """Builds the network without its trained weights.

    Source: Bazarevsky, Kartynnik, Vakunov, Raveendran, Grundmann, "BlazeFace: Sub-millisecond
    Neural Face Detection on Mobile GPUs", 2019, in the variant MediaPipe ships.

    Returns:
        A model from (batch, 128, 128, 3) float32 RGB in [-1, 1] to two tensors: the anchors'
        values (batch, 896, 16) in input pixels relative to the anchor, and their score logits
        (batch, 896, 1).
    """
    image = keras.Input((INPUT_SIZE, INPUT_SIZE, 3), dtype="float32", name="image")
    x = convolution(24, 5, strides=2, padding="same", name="stem")(image)
    x = activation("relu", "stem_relu")(x)
    for number, (filters, stride) in enumerate(FINE_BLOCKS, start=1):
        x = residual_block(x, filters, stride=stride, kind="relu", name=f"block{number}")
    fine = x
    for number, (filters, stride) in enumerate(COARSE_BLOCKS, start=len(FINE_BLOCKS) + 1):
        x = residual_block(x, filters, stride=stride, kind="relu", name=f"block{number}")
    grids = {"fine": fine, "coarse": x}
    return keras.Model(
        image,
        [_head(grids, "box", ANCHOR_VALUES), _head(grids, "score", 1)],
        name="blazeface",
    )


def _head(grids, name: str, values: int):
    """One 1x1 convolution a grid, unrolled to one row an anchor."""
    rows = []
    for grid, anchors in ANCHORS_PER_CELL.items():
        x = convolution(anchors * values, 1, name=f"{grid}_{name}")(grids[grid])
        rows.append(layers.Reshape((-1, values), name=f"{grid}_{name}_rows")(x))
    return layers.Concatenate(axis=1, name=name)(rows)
