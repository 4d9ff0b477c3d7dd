"""The classifier of action units: several may move at once, so every output is a yes or no."""

import keras
import numpy as np

from mer_zoo.action_units import moved_units
from mer_zoo.readings import NO_EXPRESSION, UnitReading
from mer_zoo.zoo.classifier import MicroExpressionClassifier


@keras.saving.register_keras_serializable(package="mer_zoo")
class ActionUnitClassifier(MicroExpressionClassifier):
    """A `keras.Model` from modality images to probabilities of action units.

    It reads clips and videos as `MicroExpressionClassifier` does. The outputs are those of
    `mer_zoo.action_units.OUTPUTS`: probabilities that do not add up to 1. The label of a reading is what
    a coder would write, such as "6+L12", or "no expression" where no unit moved.

    Args: those of `MicroExpressionClassifier`; the card has `units`.

    Input of `call`, `predict` and `fit`: float32 `(batch, height, width, channels)`, images as
    `preprocess` makes them. Output: float32 `(batch, outputs)`, calibrated probabilities.

    Example:
        >>> import mer_zoo
        >>> model = mer_zoo.load("meganet_au")
        >>> reading = model.predict_video("interview.mp4")  # doctest: +SKIP
        >>> reading.action_units  # doctest: +SKIP
        (MovedUnit(number=12, probability=0.93, side='left'),)
    """

    def read_units(self, image: np.ndarray, *, usable: bool = True, upper: bool = False):
        """The action units in one image.

        Args:
            image: float32 `(image_size, image_size, channels)`, see `preprocess`.
            usable: the face moved enough, and the movement is evidence; otherwise no unit is named.
            upper: the image shows only the upper face, so only units of it are named.

        Returns:
            A `mer_zoo.readings.UnitReading`.
        """
        return self._named(self.predict_on_batch(image[None])[0], usable, upper)

    def _named(self, values: np.ndarray, usable: bool, upper: bool) -> UnitReading:
        thresholds = [unit.threshold for unit in self.card.units]
        least = self.rejection.upper_face if upper else None
        return UnitReading(
            moved=moved_units(values, thresholds, least, self.card.one_sided) if usable else (),
            probabilities={n: float(v) for n, v in zip(self.class_names, values, strict=True)},
        )

    def _units(self, image, values, usable, upper) -> UnitReading:
        return self._named(values, usable, upper)

    def _label(self, values, usable, upper) -> str:
        moved = self._named(values, usable, upper).moved
        return "+".join(unit.code for unit in moved) or NO_EXPRESSION
