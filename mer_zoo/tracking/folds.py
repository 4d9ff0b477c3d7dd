"""The predictions of finished folds, as the artifact `folds.json` keeps them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from mer_zoo.evaluation import Scores, confusion_matrix

FOLDS = "folds.json"


@dataclass(frozen=True, eq=False)
class FoldPredictions:
    """What one fold predicted for subjects it was not trained on.

    Attributes:
        fold: its name.
        seed: of its training; in an evaluation, of its repetition.
        clips: names of the clips, as many as rows.
        labels: int `(N,)`, indices into the class names.
        probabilities: float32 `(N, classes)`.
        fit_seconds: time spent in the learner's `fit`.
    """

    fold: str
    seed: int
    clips: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    fit_seconds: float

    @property
    def scores(self) -> Scores:
        """The scores of this fold alone."""
        return pooled([self])

    @property
    def metrics(self) -> dict[str, float]:
        """What a run shows of it, at the step of the fold."""
        return {
            "fold_uf1": self.scores.uf1,
            "fold_accuracy": self.scores.accuracy,
            "fold_fit_seconds": self.fit_seconds,
        }

    def to_dict(self) -> dict:
        """Plain values that give back the same bits."""
        return {
            "fold": self.fold,
            "seed": self.seed,
            "fit_seconds": self.fit_seconds,
            "clips": list(self.clips),
            "labels": self.labels.tolist(),
            "probabilities": self.probabilities.astype(float).tolist(),
        }

    @classmethod
    def from_dict(cls, stored: dict) -> "FoldPredictions":
        """The inverse of `to_dict`.

        Raises:
            KeyError, ValueError, TypeError: it is not one.
        """
        return cls(
            fold=stored["fold"],
            seed=stored["seed"],
            clips=tuple(stored["clips"]),
            labels=np.array(stored["labels"], dtype=np.int64),
            probabilities=np.array(stored["probabilities"], dtype=np.float32),
            fit_seconds=stored["fit_seconds"],
        )


def pooled(folds: Iterable[FoldPredictions]) -> Scores:
    """The scores of all predictions together: counts are summed first, so no fold lacks a class."""
    folds = list(folds)
    classes = folds[0].probabilities.shape[1]
    truth = np.concatenate([fold.labels for fold in folds])
    named = np.concatenate([fold.probabilities.argmax(axis=1) for fold in folds])
    return Scores(confusion_matrix(truth, named, classes))


def folds_json(class_names: Iterable[str], folds: Iterable[FoldPredictions]) -> str:
    """The text of the artifact."""
    content = {"class_names": list(class_names), "folds": [fold.to_dict() for fold in folds]}
    return json.dumps(content)


def read_folds(text: str) -> tuple[FoldPredictions, ...]:
    """The folds of such a text, in its order.

    Raises:
        KeyError, ValueError, TypeError: it is not one, or torn.
    """
    return tuple(map(FoldPredictions.from_dict, json.loads(text)["folds"]))
