"""What a network says about the action units in one image."""

from dataclasses import dataclass

from mer_zoo.action_units import MovedUnit


@dataclass(frozen=True)
class UnitReading:
    """The action units in one image.

    Attributes:
        moved: those that moved, by number.
        probabilities: output (`mer_zoo.action_units.OUTPUTS`) -> probability.
    """

    moved: tuple[MovedUnit, ...]
    probabilities: dict[str, float]
