"""What a search was told, apart from its recipe, its clips and the number of its trials."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Settings:
    """Everything that decides a trial beside its recipe and its clips; a chief hands it to workers.

    Attributes:
        algorithm: "bayesian" or "random".
        seed: of everything random, 1 or more.
        folds: inner folds of a trial.
        held_out: subjects that the winner will be tested on; no trial may see them.
        mixed_precision: the fits of trials compute in bfloat16.
    """

    algorithm: str = "bayesian"
    seed: int = 1
    folds: int = 3
    held_out: tuple[str, ...] = ()
    mixed_precision: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Plain values that give back the same."""
        return {**asdict(self), "held_out": list(self.held_out)}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Settings":
        """The inverse of `to_dict`.

        Raises:
            TypeError, KeyError: these are not the values of settings.
        """
        return cls(**{**stored, "held_out": tuple(stored["held_out"])})
