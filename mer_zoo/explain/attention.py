"""The maps of Gradient Attention: where a network's gates open, whatever the class."""

from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.errors import ExplanationError
from mer_zoo.explain.images import as_seen
from mer_zoo.models.attention import gates

if TYPE_CHECKING:
    import keras

    from mer_zoo.zoo.classifier import MicroExpressionClassifier


def attention_maps(
    model: "MicroExpressionClassifier | keras.Model", image: np.ndarray
) -> dict[str, np.ndarray]:
    """The gate of every Gradient Attention layer, at the size of the image.

    A gate strengthens what lies under it: the layer's feature maps are multiplied by 1 + gate. It is
    part of the network and the same for every class, so it tells where the network looked, not what
    spoke for its answer; that is what `heat_map` tells.

    Args:
        model: a `MicroExpressionClassifier`, or a model of `mer_zoo.models`.
        image: float32 `(H, W, C)`, what the network sees (`model.preprocess(clip)`,
            `reading.image`).

    Returns:
        Layer name -> float32 `(H, W)`, 0..1, from the first layer to the last. `overlay` draws one on
        the aligned face.

    Raises:
        ExplanationError: the network has no Gradient Attention.
        ValueError: the image is not of the network's input shape.
    """
    network, image = as_seen(model, image)
    maps = gates(network, image[None])
    if not maps:
        raise ExplanationError(
            f"{model.name} has no Gradient Attention layer, so there are no gates to show. Use "
            "heat_map (--method integrated), which every network has."
        )
    return {name: gate[0].astype(np.float32) for name, gate in maps.items()}
