"""What every explanation begins with: the network behind a model, and its image."""

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import keras

    from mer_zoo.zoo.classifier import MicroExpressionClassifier


def as_seen(model: "MicroExpressionClassifier | keras.Model", image: np.ndarray):
    """The network of a classifier or model, and the image as float32.

    Raises:
        ValueError: the image is not of the network's input shape.
    """
    network: Any = getattr(model, "network", model)
    image = np.asarray(image, dtype=np.float32)
    if image.shape != tuple(network.input_shape[1:]):
        raise ValueError(
            f"{model.name} sees images of shape {tuple(network.input_shape[1:])}, got {image.shape}."
        )
    return network, image
