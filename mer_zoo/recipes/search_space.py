"""The [search] section of a recipe: what a search of hyperparameters may change."""

from dataclasses import dataclass
from typing import Any

from mer_zoo.config import TomlFormat
from mer_zoo.errors import RecipeError


@dataclass(frozen=True)
class FloatRange:
    """A number from `low` to `high`; `sampling` is "linear" or "log"."""

    low: float
    high: float
    sampling: str = "linear"

    @property
    def first(self) -> float:
        """The lowest."""
        return self.low

    def nearest(self, value: float) -> float:
        """The number of the range that is nearest to `value`."""
        return min(max(value, self.low), self.high)

    def problem(self) -> str:
        """What makes the range impossible, or ""."""
        if self.sampling not in ("linear", "log"):
            return f"sampling={self.sampling!r}: expected 'linear' or 'log'"
        if not self.low < self.high:
            return f"low={self.low} must be below high={self.high}"
        return "low must be above 0 for sampling='log'" * (self.sampling == "log" and self.low <= 0)


@dataclass(frozen=True)
class IntRange:
    """A whole number from `low` to `high`, both included, in steps of `step`."""

    low: int
    high: int
    step: int = 1

    @property
    def first(self) -> int:
        """The lowest."""
        return self.low

    def nearest(self, value: int) -> int:
        """The number of the range that is nearest to `value`."""
        steps = round((min(max(value, self.low), self.high) - self.low) / self.step)
        return self.low + min(steps, (self.high - self.low) // self.step) * self.step

    def problem(self) -> str:
        """What makes the range impossible, or ""."""
        if self.step < 1:
            return f"step={self.step} must be at least 1"
        return f"low={self.low} must be below high={self.high}" * (self.low >= self.high)


@dataclass(frozen=True)
class Choice:
    """One of `values`: numbers, texts, booleans or lists."""

    values: list

    @property
    def first(self):
        """The value named first."""
        return self.values[0]

    def nearest(self, value: Any):
        """The value itself where it is one of them, else the first; tuples count as lists."""
        value = list(value) if isinstance(value, tuple) else value
        return value if value in self.values else self.first

    def problem(self) -> str:
        """What makes the choice impossible, or ""."""
        different = all(v not in self.values[:i] for i, v in enumerate(self.values))
        enough = len(self.values) >= 2 and different
        return "" if enough else "values must name at least two different ones"


RANGES = {"float": FloatRange, "int": IntRange, "choice": Choice}


@dataclass(frozen=True)
class Search:
    """What a search of hyperparameters may change.

    `space` maps dotted keys of the recipe to ranges, such as
    `"training.learning_rate" = {kind = "float", low = 1e-4, high = 1e-2, sampling = "log"}`.
    """

    space: dict

    def ranges(self, where: str = "search") -> dict[str, FloatRange | IntRange | Choice]:
        """The range of every key.

        Raises:
            RecipeError: there is none, or one is impossible.
        """
        if not self.space:
            raise RecipeError(
                f"{where}: search.space is empty, so there is nothing to choose. Give at least one "
                "key a range, or leave [search] out."
            )
        return {
            key: _range(value, f"{where}: search.space.{key!r}")
            for key, value in self.space.items()
        }


def _range(table, where):
    table = dict(table) if isinstance(table, dict) else {}
    kind = table.pop("kind", None)
    if not isinstance(kind, str) or kind not in RANGES:
        raise RecipeError(
            f"{where}: expected a table with kind = {' or '.join(map(repr, RANGES))}."
        )
    found = TomlFormat("range", RecipeError).parse(RANGES[kind], table, where)
    if problem := found.problem():
        raise RecipeError(f"{where}: {problem}.")
    return found
