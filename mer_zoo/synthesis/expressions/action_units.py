"""Action units of the Facial Action Coding System and the face units of the rig that move them.

Numbers follow P. Ekman and W. Friesen, *Facial Action Coding System* (1978). The face
units carry the names of the 52 ARKit blend shapes. Sides are the subject's own: *left* is the
subject's left, which is on the right of the picture.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mer_zoo.action_units import NAMES
from mer_zoo.errors import UnknownNameError

Side = Literal["both", "left", "right"]


@dataclass(frozen=True)
class ActionUnit:
    """One action unit.

    Attributes:
        number: its number in the coding system.
        units: rig units it moves. When `sided`, each exists as `<unit>Left` and `<unit>Right`.
        sided: whether one half of the face can move alone.
    """

    number: int
    units: tuple[str, ...]
    sided: bool = True

    @property
    def name(self) -> str:
        """Its name in the coding system."""
        return NAMES[self.number]

    def rig_units(self, side: Literal["left", "right"]) -> tuple[str, ...]:
        """Names of the rig units of one side; an unsided unit has the same ones on both."""
        return tuple(f"{u}{side.capitalize()}" for u in self.units) if self.sided else self.units


ACTION_UNITS: dict[int, ActionUnit] = {
    unit.number: unit
    for unit in (
        ActionUnit(1, ("browInnerUp",)),
        ActionUnit(2, ("browOuterUp",)),
        ActionUnit(4, ("browDown",)),
        ActionUnit(5, ("eyeWide",)),
        ActionUnit(6, ("cheekSquint",)),
        ActionUnit(7, ("eyeSquint",)),
        ActionUnit(9, ("noseSneer",)),
        ActionUnit(10, ("mouthUpperUp",)),
        ActionUnit(12, ("mouthSmile",)),
        ActionUnit(14, ("mouthDimple",)),
        ActionUnit(15, ("mouthFrown",)),
        ActionUnit(17, ("mouthShrugLower",), sided=False),
        ActionUnit(20, ("mouthStretch",)),
        ActionUnit(23, ("mouthPress",)),
        ActionUnit(24, ("mouthRollLower", "mouthRollUpper"), sided=False),
        ActionUnit(25, ("mouthLowerDownLeft", "mouthLowerDownRight"), sided=False),
        ActionUnit(26, ("jawOpen",), sided=False),
    )
}


def action_unit(number: int) -> ActionUnit:
    """The action unit of this number; `UnknownNameError` lists the ones there are."""
    try:
        return ACTION_UNITS[number]
    except (KeyError, TypeError):
        known = ", ".join(map(str, ACTION_UNITS))
        raise UnknownNameError(
            f"There is no action unit {number!r} that can be rendered. Known: {known}."
        ) from None


def parse_action_units(text: str | int | Iterable[str | int]) -> tuple[tuple[int, Side], ...]:
    """Reads action units as coders write them.

    Args:
        text: `"12"`, `"1+2"`, `"L4"` or `"R12+7"` (`L` and `R` are the subject's left and
            right), a number, or a sequence of these.

    Returns:
        Pairs of number and side, in the order given.

    Raises:
        UnknownNameError: nothing is named, a unit is not known, is named twice, or is asked for
            on one side though it moves both.
    """
    parts = [text] if isinstance(text, str | int) else list(text)
    tokens = [t.strip() for part in parts for t in re.split(r"[+,\s]+", str(part)) if t.strip()]
    if not tokens:
        raise UnknownNameError("No action unit is named: write for example '12', '1+2' or 'L4'.")
    read: dict[int, Side] = {}
    for token in tokens:
        number, side = _parse_one(token)
        if number in read:
            raise UnknownNameError(f"Action unit {number} is named twice in {'+'.join(tokens)!r}.")
        read[number] = side
    return tuple(read.items())


def format_action_units(units: Iterable[tuple[int, Side]]) -> str:
    """The inverse of `parse_action_units`: `((1, "both"), (4, "left"))` -> `"1+L4"`."""
    prefix = {"both": "", "left": "L", "right": "R"}
    return "+".join(f"{prefix[side]}{number}" for number, side in units)


def _parse_one(token: str) -> tuple[int, Side]:
    match = re.fullmatch(r"(?:AU)?([LR])?(?:AU)?(\d+)([LR])?", token.upper())
    if match is None or (match[1] and match[3]):
        raise UnknownNameError(
            f"{token!r} is not an action unit: write a number, with L or R before it for one side "
            f"('12', 'L4'). Known: {', '.join(map(str, ACTION_UNITS))}."
        )
    unit = action_unit(int(match[2]))
    letter = match[1] or match[3]
    if letter and not unit.sided:
        raise UnknownNameError(
            f"Action unit {unit.number} ({unit.name}) moves both sides at once: "
            f"write '{unit.number}' instead of {token!r}."
        )
    sides: dict[str | None, Side] = {"L": "left", "R": "right"}
    side = sides.get(letter, "both")
    return unit.number, side
