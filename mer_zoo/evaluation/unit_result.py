"""The result of an evaluation of action units: predictions first, scores from them."""

import csv
import io
import json
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mer_zoo.action_units import OUTPUTS, UNITS
from mer_zoo.evaluation.metrics import ScoreRow
from mer_zoo.evaluation.unit_scores import UnitScores, score_units
from mer_zoo.files import refuse_overwrite, write_atomically

FILES = ("result.json", "predictions.csv")


@dataclass(frozen=True, eq=False)
class UnitResult:
    """Answers about the action units of held-out clips, and how they were made.

    Attributes:
        clips, subjects: str `(N,)`.
        folds: str `(N,)`, the fold each clip was tested in.
        truth: float32 `(N, outputs)` of 0 and 1 (`mer_zoo.action_units.OUTPUTS`).
        probabilities: float32 `(seeds, N, outputs)`.
        named: bool `(seeds, N, units)`.
        one_sided: float `(seeds, N)`, see `mer_zoo.action_units.side_of`.
        seeds: of the trainings.
        thresholds: where the thresholds of `named` come from, in words.
        about: plain values, as those of `mer_zoo.evaluation.Result`.
    """

    clips: np.ndarray
    subjects: np.ndarray
    folds: np.ndarray
    truth: np.ndarray
    probabilities: np.ndarray
    named: np.ndarray
    one_sided: np.ndarray
    seeds: tuple[int, ...]
    thresholds: str
    about: dict

    @cached_property
    def scores(self) -> UnitScores:
        """The scores of all clips together."""
        return score_units(
            self.truth, self.probabilities, self.named, self.subjects, self.one_sided
        )

    @property
    def score_rows(self) -> tuple[ScoreRow, ...]:
        """The scores over the units, each with its baselines."""
        return self.scores.score_rows

    @property
    def title(self) -> str:
        """What was evaluated, in words."""
        return (
            f"action units, {self.about['protocol']}, {self.about['split']}, {len(self.clips)} clips of "
            f"{self.scores.subjects} subjects, {len(self.seeds)} seed(s)"
        )

    def save(self, folder: str | Path, force: bool = False) -> None:
        """Writes `result.json` and `predictions.csv`.

        Raises:
            OutputExistsError: a file exists and `force` is false.
        """
        folder = Path(folder)
        for name in FILES:
            refuse_overwrite(folder / name, force)
        content = {
            "title": self.title,
            "scores": asdict(self.scores),
            "thresholds": self.thresholds,
            "seeds": list(self.seeds),
            "about": self.about,
        }
        write_atomically(folder / FILES[0], json.dumps(content, indent=1).encode())
        write_atomically(folder / FILES[1], self._table().encode())

    def _table(self) -> str:
        """One line a seed and clip: subject, coded and named units, probabilities."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        names = ("seed", "clip", "subject", "coded", "named")
        writer.writerow([*names, *(f"p_{name}" for name in OUTPUTS)])
        for seed, answers, named in zip(self.seeds, self.probabilities, self.named, strict=True):
            for row, clip in enumerate(self.clips):
                writer.writerow(
                    [
                        *(seed, clip, self.subjects[row]),
                        _listed(self.truth[row, : len(UNITS)] > 0),
                        _listed(named[row]),
                        *(f"{p:.6g}" for p in answers[row]),
                    ]
                )
        return text.getvalue()


def _listed(units: np.ndarray) -> str:
    return "+".join(str(number) for number, shown in zip(UNITS, units, strict=True) if shown)
