"""The explanation of action units: one map for each."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.errors import ExplanationError, UnknownNameError
from mer_zoo.explain.heat_map import heat_map
from mer_zoo.readings import Reading

if TYPE_CHECKING:
    from mer_zoo.zoo.classifier import MicroExpressionClassifier


def unit_heat_maps(
    model: "MicroExpressionClassifier",
    reading: Reading,
    units: Iterable[int] | None = None,
    *,
    method: str = "integrated",
) -> dict[int, np.ndarray]:
    """Where the evidence for each action unit of a reading lies.

    Args:
        model: the classifier that made the reading. It names action units itself, or its card names a
            companion that does; the maps are then those of the companion.
        reading: its `Reading`.
        units: numbers of action units, such as `[1, 2]`; by default those that moved.
        method: of `heat_map`.

    Returns:
        Number of the unit -> float32 `(H, W)`, 0..1, for `overlay`. Empty if no units are given and
        none moved.

    Raises:
        ExplanationError: neither the model nor a companion names action units.
        UnknownNameError: no such unit or method.

    Example:
        >>> import mer_zoo
        >>> from mer_zoo.zoo.golden import golden_clips
        >>> model = mer_zoo.load("meganet_casme2")
        >>> reading = model.predict_clip(golden_clips()["lip_corner_puller"])
        >>> maps = unit_heat_maps(model, reading, [1, 12])
        >>> {number: heat.shape for number, heat in maps.items()}
        {1: (96, 96), 12: (96, 96)}
    """
    namer = _namer_of_units(model)
    if units is None:
        units = [unit.number for unit in reading.action_units or ()]
    maps = {}
    for number in units:
        if number not in UNITS:
            raise UnknownNameError.among("action unit", str(number), map(str, UNITS))
        maps[number] = heat_map(namer, reading.image, f"AU{number}", method=method)
    return maps


def _namer_of_units(model: "MicroExpressionClassifier") -> "MicroExpressionClassifier":
    if model.card.units:
        return model
    if model.card.companion:
        from mer_zoo.zoo.companions import companion_of

        return companion_of(model.card)
    raise ExplanationError(
        f"{model.card.name} names no action units, and its card names no companion that does. Use an entry "
        "such as meganet_au, or meganet_casme2, whose companion it is."
    )
