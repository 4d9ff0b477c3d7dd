"""The result of an evaluation: predictions first, scores from them, and everything about the run."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import metrics
from mer_zoo.evaluation.confusion_picture import confusion_svg
from mer_zoo.evaluation.folds import PAPER, UNSTATED
from mer_zoo.evaluation.metrics import ScoreRow, Scores, confusion_matrix
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.evaluation.statistics import (
    Comparison,
    bootstrap_interval,
    compare_paired,
    subject_confusions,
)
from mer_zoo.evaluation.stored import FILES, FORMAT, read_fields
from mer_zoo.files import refuse_overwrite, write_atomically


@dataclass(frozen=True, eq=False)
class Result:
    """Predictions of held-out clips, and how they were made.

    Attributes:
        clips, subjects: str `(N,)`.
        labels: int `(N,)`, indices into `class_names`.
        folds: str `(N,)`, the fold each clip was tested in.
        probabilities: float32 `(seeds, N, K)`, of the last epoch of each fold.
        class_names: K names.
        seeds: as many as the first axis of `probabilities`.
        about: plain values: those of the `EvaluationPlan` (protocol, split, digests of folds, clips and
            images, learner, backend, versions, and the `label` of a score that has one), seconds,
            and `test_selected` if it was requested.
    """

    clips: np.ndarray
    subjects: np.ndarray
    labels: np.ndarray
    folds: np.ndarray
    probabilities: np.ndarray
    class_names: tuple[str, ...]
    seeds: tuple[int, ...]
    about: dict

    @property
    def predicted(self) -> np.ndarray:
        """int `(seeds, N)`: the most probable class."""
        return self.probabilities.argmax(axis=2)

    @cached_property
    def scores(self) -> list[Scores]:
        """The pooled scores of every seed."""
        return [self._scores(row) for row in self.predicted]

    @property
    def confusion(self) -> np.ndarray:
        """Pooled confusion matrix, int `(K, K)`, summed over the seeds; rows are true classes."""
        return np.sum([s.confusion for s in self.scores], axis=0)

    @property
    def uf1(self) -> float:
        """Mean over the seeds of the pooled UF1."""
        return self.mean("uf1")

    @property
    def uar(self) -> float:
        """Mean over the seeds of the pooled UAR."""
        return self.mean("uar")

    @property
    def accuracy(self) -> float:
        """Mean over the seeds of the pooled accuracy."""
        return self.mean("accuracy")

    def mean(self, score: str) -> float:
        """Mean over the seeds of a score of `metrics.SCORE_NAMES`."""
        return float(np.mean([getattr(s, score) for s in self.scores]))

    def spread(self, score: str) -> float:
        """Standard deviation over the seeds (n - 1); NaN with one seed."""
        values = [getattr(s, score) for s in self.scores]
        return float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")

    @cached_property
    def intervals(self) -> dict[str, tuple[float, float]]:
        """95% intervals of UF1, UAR and accuracy: bootstrap over subjects of the mean over seeds."""
        confusions = self.by_subject
        functions = {
            "uf1": metrics.uf1,
            "uar": metrics.uar,
            "accuracy": lambda m: np.trace(m, axis1=-2, axis2=-1) / m.sum((-2, -1)),
        }
        return {name: bootstrap_interval(confusions, f) for name, f in functions.items()}

    @property
    def score_rows(self) -> tuple[ScoreRow, ...]:
        """The scores of `metrics.SCORE_NAMES`, each with its baselines."""
        always, random = self.majority, self.chance
        return tuple(
            ScoreRow(
                name,
                tuple(getattr(scores, name) for scores in self.scores),
                len(self.clips),
                getattr(always, name),
                getattr(random, name),
                self.intervals.get(name, ()),
            )
            for name in metrics.SCORE_NAMES
        )

    @property
    def by_subject(self) -> np.ndarray:
        """Confusion matrices, int `(seeds, subjects, K, K)`, subjects sorted."""
        return np.stack(
            [
                subject_confusions(self.labels, row, self.subjects, len(self.class_names))
                for row in self.predicted
            ]
        )

    def by_dataset(self) -> dict[str, dict[str, float]]:
        """Mean scores on the clips of each dataset, from the same pooled predictions and models."""
        datasets = np.array([s.split("/")[0] for s in self.subjects])
        return {
            str(name): self._mean_scores(np.flatnonzero(datasets == name))
            for name in np.unique(datasets)
        }

    def by_class(self) -> dict[str, dict[str, float]]:
        """For each class its clips, and mean precision, recall and F1 over the seeds."""
        rows = [s.per_class for s in self.scores]
        return {
            name: {key: float(np.mean([r[c][key] for r in rows])) for key in rows[0][c]}
            for c, name in enumerate(self.class_names)
        }

    @property
    def majority(self) -> Scores:
        """The scores of always naming the most frequent class."""
        return metrics.majority(self.labels, len(self.class_names))

    @property
    def chance(self) -> Scores:
        """The scores of naming classes at random."""
        return metrics.chance(self.labels, len(self.class_names))

    @property
    def is_subject_independent(self) -> bool:
        """Whether it is known that no subject is in both training and test."""
        return self.about["split"] not in (PAPER, UNSTATED)

    def compare(self, other: "Result", other_folds: bool = False) -> Comparison:
        """Compares with another result on the same clips, paired by subject.

        Args:
            other: the other result; a positive difference means that this one is better.
            other_folds: allow another split, such as zero-shot against LOSO.

        Raises:
            EvaluationError: the two results have different clips, labels or folds.
        """
        for key in ("examples", "folds")[: 1 if other_folds else 2]:
            if self.about[key] != other.about[key]:
                raise EvaluationError(
                    f"The two results cannot be compared: their {key} differ "
                    f"({self.about['protocol']}, {self.about['split']} against "
                    f"{other.about['protocol']}, {other.about['split']})."
                )
        return compare_paired(self.by_subject, other.by_subject)

    def to_dict(self) -> dict:
        """Scores, baselines and everything about the run, as plain values."""
        low_high = {name: list(interval) for name, interval in self.intervals.items()}
        return {
            "format": FORMAT,
            "clips": len(self.clips),
            "subjects": len(np.unique(self.subjects)),
            "class_names": list(self.class_names),
            "seeds": list(self.seeds),
            "scores": {
                name: {
                    "mean": self.mean(name),
                    "spread": None if len(self.seeds) < 2 else self.spread(name),
                    "seeds": [getattr(s, name) for s in self.scores],
                    "interval": low_high.get(name),
                }
                for name in metrics.SCORE_NAMES
            },
            "majority": self.majority.to_dict(),
            "chance": self.chance.to_dict(),
            "by_dataset": self.by_dataset(),
            "by_class": self.by_class(),
            "confusion": self.confusion.tolist(),
            "about": self.about,
        }

    def save(self, folder: str | Path, force: bool = False) -> Path:
        """Writes `result.json`, `predictions.csv` and `confusion.svg`.

        Raises:
            OutputExistsError: one of them exists and `force` is false.
        """
        folder = Path(folder)
        for name in FILES:
            refuse_overwrite(folder / name, force)
        content = (
            json.dumps(self.to_dict(), indent=1),
            self.predictions().to_csv(index=False, lineterminator="\n"),
            confusion_svg(self.confusion, self.class_names, self.title),
        )
        for name, text in zip(FILES, content, strict=True):
            write_atomically(folder / name, text.encode())
        return folder

    @classmethod
    def read(cls, folder: str | Path) -> "Result":
        """Reads a saved result; its scores are recomputed from the predictions.

        Raises:
            EvaluationError: the folder holds no result, or a damaged one, or one of another format.
        """
        return cls(**read_fields(Path(folder)))

    def predictions(self):
        """pandas.DataFrame with one row per seed and clip: seed, fold, subject, clip, label,
        predicted, and `p_<class>` for every class."""
        import pandas as pd

        names = np.array(self.class_names)
        parts = []
        for seed, probabilities in zip(self.seeds, self.probabilities, strict=True):
            columns = {
                "seed": seed,
                "fold": self.folds,
                "subject": self.subjects,
                "clip": self.clips,
                "label": names[self.labels],
                "predicted": names[probabilities.argmax(1)],
            }
            for c, name in enumerate(names):
                columns[f"p_{name}"] = probabilities[:, c]
            parts.append(pd.DataFrame(columns))
        return pd.concat(parts, ignore_index=True)

    @property
    def title(self) -> str:
        """Protocol, split, clips, subjects and seeds in one line."""
        line = (
            f"{self.about['protocol']}, {self.about['split']}: {len(self.clips)} clips, "
            f"{len(np.unique(self.subjects))} subjects, {len(self.seeds)} seed"
            + "s"
            * (len(self.seeds) > 1)
        )
        if self.about["split"] == PAPER:
            line += "; SUBJECTS SHARED, ranks nothing"
        if SAME_SUBJECTS in self.about.get("label", ""):
            line += f"; {SAME_SUBJECTS.upper()}"
        return line

    def _scores(self, predicted, rows=slice(None)):
        return Scores(confusion_matrix(self.labels[rows], predicted[rows], len(self.class_names)))

    def _mean_scores(self, rows):
        each = [self._scores(row, rows).to_dict() for row in self.predicted]
        return {key: float(np.mean([e[key] for e in each])) for key in each[0]}
