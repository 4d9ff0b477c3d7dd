"""The action units that entries name, and their place in the outputs of a network.

Numbers and names follow P. Ekman and W. Friesen, *Facial Action Coding System* (1978). Sides are the
subject's own: *left* is the subject's left, which is on the right of the picture.

An output is the probability that one unit moved. Units 10, 12 and 14 have two more outputs: that the
unit moved on the left alone, and on the right alone.
"""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # lists of entries read cards, which name units, and need no NumPy
    import numpy as np

Side = Literal["both", "left", "right", ""]

NAMES: dict[int, str] = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    12: "lip corner puller",
    14: "dimpler",
    15: "lip corner depressor",
    17: "chin raiser",
    20: "lip stretcher",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
}
"""Number -> name of each unit, in the order of the outputs."""

UNITS = tuple(NAMES)
SIDED = (10, 12, 14)
"""The units that are given a side."""

OUTPUTS = (
    *(f"AU{number}" for number in UNITS),
    *(f"AU{number} {side}" for number in SIDED for side in ("left", "right")),
)
"""The names of a network's outputs: the units, then both sides of each of `SIDED`."""

ONE_SIDED = 0.5
"""How far the sides of a unit must differ for one of them to be named, where no card says it; see
`leaning`."""

UPPER_FACE = frozenset({1, 2, 4, 5, 6, 7, 9})
"""Units that move nothing below the wings of the nose: those read while a person talks."""

_PLACE = {name: place for place, name in enumerate(OUTPUTS)}
_CODED = re.compile(r"([LR]?)(\d+)([A-E]?)(\(\w\))?")


def mirrored_order() -> "np.ndarray":
    """int `(outputs,)`: the place that each output's value comes from when the image is mirrored."""
    import numpy as np

    swapped = {"left": "right", "right": "left"}
    names = [re.sub("left|right", lambda side: swapped[side[0]], name) for name in OUTPUTS]
    return np.array([_PLACE[name] for name in names])


def lower_outputs() -> "np.ndarray":
    """bool `(outputs,)`: the outputs of units that the upper face does not show."""
    import numpy as np

    return np.array([output_unit(name) not in UPPER_FACE for name in OUTPUTS])


def output_unit(name: str) -> int:
    """The number of the unit that an output is about: `"AU12 left"` -> 12."""
    return int(name.split()[0].removeprefix("AU"))


def target_row(coded: Iterable[str]) -> "np.ndarray":
    """What the outputs should be for a clip.

    Args:
        coded: the units as coders write them, one text each: `"12"`, `"L12"` (left alone), `"R10"`,
            `"4B"` (with intensity), `"12(k)"`, `"L14 or R14"` (undecided: the unit moved, on an
            unknown side). Units that are not among `UNITS` are left out, and so is what is no unit.

    Returns:
        float32 `(len(OUTPUTS),)` of 0 and 1.

    Example:
        >>> from mer_zoo.action_units import OUTPUTS, target_row
        >>> [name for name, value in zip(OUTPUTS, target_row(["4", "L12"])) if value]
        ['AU4', 'AU12', 'AU12 left']
    """
    import numpy as np

    sides: dict[int, set[str]] = {}
    for text in coded:
        for choice in text.split(" or "):
            match = _CODED.fullmatch(choice.strip().upper())
            if match and int(match[2]) in NAMES:
                sides.setdefault(int(match[2]), set()).add(match[1])
    row = np.zeros(len(OUTPUTS), np.float32)
    for number, letters in sides.items():
        row[_PLACE[f"AU{number}"]] = 1
        if number in SIDED and letters in ({"L"}, {"R"}):
            side = {"L": "left", "R": "right"}[next(iter(letters))]
            row[_PLACE[f"AU{number} {side}"]] = 1
    return row


@dataclass(frozen=True)
class MovedUnit:
    """One action unit that moved.

    Attributes:
        number: of the unit, 12 for example.
        probability: that it moved, 0 to 1.
        side: "both", "left" or "right" (the subject's own); "" for units whose side is not told.
    """

    number: int
    probability: float
    side: Side = ""

    @property
    def name(self) -> str:
        """For example "AU 12"."""
        return f"AU {self.number}"

    @property
    def words(self) -> str:
        """The name of the coding system: "lip corner puller"."""
        return NAMES[self.number]

    @property
    def code(self) -> str:
        """As coders write it: "12", "L12"."""
        return {"left": "L", "right": "R"}.get(self.side, "") + str(self.number)

    def __str__(self) -> str:
        side = f", {self.side}" if self.side else ""
        return f"{self.name}, {self.words}{side} ({self.probability:.2f})"

    def to_dict(self) -> dict:
        """The unit as plain values."""
        return {
            "name": self.name,
            "words": self.words,
            "probability": round(self.probability, 4),
            "side": self.side,
        }


def moved_units(
    probabilities: "np.ndarray",
    thresholds: Sequence[float],
    upper_face: float | None = None,
    one_sided: float = ONE_SIDED,
) -> tuple[MovedUnit, ...]:
    """The units that moved, by number.

    Args:
        probabilities: float `(len(OUTPUTS),)`.
        thresholds: probability that each of `UNITS` must reach.
        upper_face: the probability that a unit of the upper face must reach at least, where the image
            shows only the upper face; other units are then left out. None for the whole face.
        one_sided: see `side_of`.
    """
    moved = []
    for number, threshold in zip(UNITS, thresholds, strict=True):
        value = float(probabilities[_PLACE[f"AU{number}"]])
        if upper_face is not None:
            threshold = max(threshold, upper_face) if number in UPPER_FACE else math.inf
        if value >= threshold:
            moved.append(MovedUnit(number, value, side_of(number, probabilities, one_sided)))
    return tuple(moved)


def side_of(number: int, probabilities: "np.ndarray", one_sided: float = ONE_SIDED) -> Side:
    """The side on which a unit moved; "" for units without one.

    Args:
        number: of the unit.
        probabilities: float `(len(OUTPUTS),)`.
        one_sided: left or right is named if the unit's `leaning` reaches this, 0 to 1; "both" if not.
    """
    if number not in SIDED:
        return ""
    lean = float(leaning(number, probabilities))
    if not lean or abs(lean) < one_sided:
        return "both"
    return "left" if lean > 0 else "right"


def leaning(number: int, probabilities: "np.ndarray") -> "np.ndarray":
    """By how much left is more probable than right, given that the unit moved.

    (left - right) / unit: -1 for the right alone, 0 for both sides alike, 1 for the left alone. The
    outputs are independent, so the value may lie outside -1..1.

    Args:
        number: one of `SIDED`.
        probabilities: float `(..., len(OUTPUTS))`.

    Returns:
        float `(...)`.
    """
    import numpy as np

    moved, left, right = (
        np.asarray(probabilities, np.float64)[..., _PLACE[f"AU{number}{side}"]]
        for side in ("", " left", " right")
    )
    return (left - right) / np.maximum(moved, 1e-6)


def side_targets(number: int, targets: "np.ndarray") -> tuple["np.ndarray", ...]:
    """The clips in which a unit moved on the left alone, on the right alone, and on both sides.

    A unit that is coded without a side counts as one that moved on both.

    Args:
        number: one of `SIDED`.
        targets: `(..., len(OUTPUTS))` of 0 and 1.

    Returns:
        Three times bool `(...)`.
    """
    moved, left, right = (
        targets[..., _PLACE[f"AU{number}{side}"]] > 0 for side in ("", " left", " right")
    )
    return left, right, moved & ~left & ~right
