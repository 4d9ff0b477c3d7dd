"""The explanation that stands in a report: one map for one reading."""

from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.explain.heat_map import heat_map
from mer_zoo.explain.units import unit_heat_maps
from mer_zoo.readings import Reading

if TYPE_CHECKING:
    from mer_zoo.zoo.classifier import MicroExpressionClassifier


def explain_reading(
    model: "MicroExpressionClassifier", reading: Reading, method: str = "integrated"
) -> np.ndarray | None:
    """Where the evidence for the label of a reading lies.

    Args:
        model: the `MicroExpressionClassifier` that made the reading.
        reading: its `Reading`.
        method: of `heat_map`.

    Returns:
        float32 `(H, W)`, 0..1, for `save_report(..., heat_maps=[...])`; None for "no expression", which
        is not a class and has no evidence of its own.
    """
    if not reading.expression:
        return None
    if reading.label in model.class_names:
        return heat_map(model, reading.image, reading.label, method=method)
    # The label of an entry that names action units stands for several outputs.
    return np.max(list(unit_heat_maps(model, reading, method=method).values()), axis=0)
