"""The loss of action units: each is a question of its own, and most of them are rare."""

import keras
import numpy as np
from keras import ops

MOST = 5.0
"""Largest weight of a rare unit's clips."""


@keras.saving.register_keras_serializable(package="mer_zoo")
class UnitLoss(keras.losses.Loss):
    """Binary cross-entropy in which the clips that show a rare unit count more.

    Args:
        weights: weight of each output where its target is 1.
    """

    def __init__(self, weights: list[float], name: str = "unit_loss", **kwargs):
        super().__init__(name=name, **kwargs)
        self.weights = list(map(float, weights))

    @classmethod
    def of(cls, targets: np.ndarray) -> "UnitLoss":
        """The loss for targets `(N, outputs)`: weights are the square root of negatives to positives.

        The square root lies between no weight, with which rare units are learned last, and full
        balance, with which their probabilities are far too high. Calibration corrects what is left.
        """
        shown = np.clip(targets.mean(axis=0), 1e-6, 1 - 1e-6)
        return cls(np.clip(np.sqrt((1 - shown) / shown), 1, MOST).tolist())

    def call(self, y_true: keras.KerasTensor, y_pred: keras.KerasTensor) -> keras.KerasTensor:
        y_true = ops.cast(y_true, y_pred.dtype)
        p = ops.clip(y_pred, 1e-6, 1 - 1e-6)
        weights = ops.convert_to_tensor(self.weights, dtype=y_pred.dtype)
        losses = weights * y_true * ops.log(p) + (1 - y_true) * ops.log(1 - p)
        return -ops.mean(losses, axis=-1)

    def get_config(self):
        return {**super().get_config(), "weights": self.weights}
