"""The network that training begins with: fresh, or with the weights of a zoo entry."""

from collections.abc import Sequence

import keras

from mer_zoo import models
from mer_zoo.training.recipe import NetworkChoice
from mer_zoo.zoo import find
from mer_zoo.zoo.loading import HEAD


def begin(
    choice: NetworkChoice, image_shape: tuple[int, int, int], classes: Sequence[str], start: str
) -> keras.Model:
    """Builds a network.

    Args:
        choice: its class and arguments.
        image_shape: `(height, width, channels)` of its input.
        classes: names of its classes.
        start: zoo entry whose weights it gets, or "". Other classes than the entry's mean a fresh head.

    Raises:
        UnknownNameError: no such entry.
        WeightsError: the entry's weights do not fit.
    """

    def make():
        return models.build(
            choice.name,
            **{**choice.arguments, "input_shape": image_shape, "num_classes": len(classes)},
        )

    if not start:
        return make()
    entry = find(start)
    same_head = list(entry.card.class_names) == list(classes)
    return entry.build(make, fresh=() if same_head else (HEAD,))
