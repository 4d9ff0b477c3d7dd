"""The expression: which action units move, how far, and their course over time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.synthesis.expressions.action_units import Side, action_unit, format_action_units
from mer_zoo.synthesis.expressions.schema import Schema

# Expressions of real people are seldom the same on both sides: 70% both, 15% either side.
ONE_SIDED_SHARE = 0.3
STRENGTH_SPREAD = (0.7, 1.3)  # of each action unit
SIDE_SPREAD = (0.85, 1.15)  # of each half of the face
WEAK_SIDE = (0.0, 0.5)  # the other half in a one-sided expression
MAX_LAG = 0.25  # of the rise: how much later than the first an action unit may begin
SHARPNESS = (1.0, 1.8)  # 1 is a straight ramp
FURROWED_SHARE = 0.7


@dataclass(frozen=True)
class Movement:
    """One action unit in an expression.

    Attributes:
        number: the action unit.
        left: strength on the subject's left half, relative to the other movements.
        right: the same on the right half; unsided units take the mean of the two.
        lag: share of the rise (0 to below 1) that passes before it begins.
    """

    number: int
    left: float = 1.0
    right: float = 1.0
    lag: float = 0.0


@dataclass(frozen=True)
class Timing:
    """When an expression happens, in frames.

    Attributes:
        onset: last frame before anything moves.
        apex: first frame of the full expression.
        offset: frame where the movement back has ended; equal to `apex` when it is held.
        plateau: frames for which the apex lasts.
        rest: share of the expression that is left from `offset` on: 0 when the face returns, 1
            when the expression is held.
        sharpness: exponent of the ramps (see `ramp`).
    """

    onset: int
    apex: int
    offset: int
    plateau: int = 0
    rest: float = 0.0
    sharpness: float = 1.4

    def __post_init__(self):
        falls = self.rest < 1
        if not 0 <= self.onset < self.apex <= self.offset or (
            falls and self.apex + self.plateau >= self.offset
        ):
            raise ValueError(
                f"{self} is impossible: expected 0 <= onset < apex <= offset, and apex + plateau "
                "< offset unless the expression is held (rest=1)."
            )

    @property
    def held(self) -> bool:
        """Whether the face stays in the expression."""
        return self.rest == 1

    def course(self, n_frames: int, lag: float = 0.0) -> np.ndarray:
        """(n_frames,) float32 strength, 0 at the onset and 1 at the apex."""
        t = np.arange(n_frames)
        start = self.onset + lag * (self.apex - self.onset)
        up = ramp((t - start) / (self.apex - start), self.sharpness)
        if self.held:
            return up
        fall_begins = self.apex + self.plateau
        down = ramp((self.offset - t) / (self.offset - fall_begins), self.sharpness)
        return np.minimum(up, self.rest + (1 - self.rest) * down).astype(np.float32)


@dataclass(frozen=True)
class Expression:
    """What the face does.

    Attributes:
        movements: the action units; none for a face at rest.
        timing: when.
        peak: largest displacement at the apex, in pixels of the 224-pixel canonical crop: the
            99.7th percentile of its length over the face.
        label: the class it stands for, or None.
        shading: how much compressed skin darkens, 0 to about 0.6.
        furrows: how deep skin folds, 0 (none) to 1.
    """

    movements: tuple[Movement, ...]
    timing: Timing
    peak: float = 2.2
    label: str | None = None
    shading: float = 0.0
    furrows: float = 0.0

    @property
    def action_units(self) -> tuple[str, ...]:
        """The action units as coders write them, for example `("L4", "7")`."""
        return tuple(format_action_units([(m.number, movement_side(m))]) for m in self.movements)

    @property
    def side(self) -> str:
        """The side on which it mostly is, or "both"; empty without movements."""
        sides = {movement_side(m) for m in self.movements}
        return next(iter(sides - {"both"}), "both") if sides else ""


def ramp(share: ArrayLike, sharpness: float) -> np.ndarray:
    """Power sigmoid x^g / (x^g + (1 - x)^g) of a share clipped to 0..1; float32.

    It runs from 0 to 1, through 1/2 in the middle, the steeper there the larger g is.
    """
    x = np.clip(share, 0.0, 1.0)
    up, down = x**sharpness, (1 - x) ** sharpness
    return (up / (up + down)).astype(np.float32)


def movement_side(movement: Movement) -> Side:
    """The side a coder would write: one only where the other moves at most half as far."""
    weak, strong = sorted((movement.left, movement.right))
    if weak > 0.5 * strong or not action_unit(movement.number).sided:
        return "both"
    return "left" if movement.left > movement.right else "right"


def draw_expression(
    schema: Schema,
    label: str,
    timing: Timing,
    peak: float,
    rng: np.random.Generator,
) -> Expression:
    """Draws an expression of a class.

    Args:
        schema: the tables.
        label: one of its classes.
        timing: when it happens.
        peak: how far it moves; see `Expression`.
        rng: source of chance.
    """
    combination = schema.draw(label, rng)
    one_sided = combination.one_sided or rng.random() < ONE_SIDED_SHARE
    weak_side = rng.choice(["left", "right"]) if one_sided else None
    # The same half is the weak one for every action unit of an expression.
    weakness = rng.uniform(*WEAK_SIDE)
    lags = rng.uniform(0, MAX_LAG, len(combination.strengths))
    lags -= lags.min()  # the first to move moves at the onset
    movements = []
    for (number, strength), lag in zip(combination.strengths.items(), lags, strict=True):
        strength = strength * rng.uniform(*STRENGTH_SPREAD)
        sides = dict(zip(("left", "right"), rng.uniform(*SIDE_SPREAD, 2), strict=True))
        if weak_side is not None:
            sides[weak_side] = weakness * max(sides.values())
        left, right = (float(strength * sides[side]) for side in ("left", "right"))
        movements.append(Movement(number, left, right, float(lag)))
    shading = float(rng.uniform(0, 0.6)) if rng.random() < 0.5 else 0.0
    # Young skin hardly folds; old skin folds with the first pixel.
    furrows = float(rng.uniform(0, 1)) if rng.random() < FURROWED_SHARE else 0.0
    return Expression(tuple(movements), timing, float(peak), label, shading, furrows)
