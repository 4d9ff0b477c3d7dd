"""The record of a fold: what a network predicted for clips it was not trained on."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from mer_zoo.evaluation.metrics import Scores, confusion_matrix

RECORDS = "folds.json"
"""The name of a file of many records."""


@dataclass(frozen=True, eq=False)
class FoldRecord:
    """The predictions of one fold of one seed.

    Attributes:
        fold: name of the fold.
        seed: of the run; in a search, of the fold's training.
        clips: names of the test clips, N.
        labels: int `(N,)`, indices into the class names.
        probabilities: float32 `(N, classes)`, after the last epoch.
        fit_seconds: time spent in the learner's `fit`.
        epochs: int8 `(epochs, N)`, the class named after each epoch, used only for the score
            labelled test-selected; None if that was not requested.
    """

    fold: str
    seed: int
    clips: tuple[str, ...]
    labels: np.ndarray
    probabilities: np.ndarray
    fit_seconds: float
    epochs: np.ndarray | None = None

    @property
    def scores(self) -> Scores:
        """The scores of this fold."""
        return pooled_scores([self])

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics that a tracked run logs for this fold."""
        return {
            "fold_uf1": self.scores.uf1,
            "fold_accuracy": self.scores.accuracy,
            "fold_fit_seconds": self.fit_seconds,
        }

    def to_dict(self) -> dict:
        """Plain values; `from_dict` gives back the same bits."""
        return {
            "fold": self.fold,
            "seed": self.seed,
            "fit_seconds": self.fit_seconds,
            "clips": list(self.clips),
            "labels": self.labels.tolist(),
            "probabilities": self.probabilities.astype(float).tolist(),
            **({} if self.epochs is None else {"epochs": self.epochs.tolist()}),
        }

    @classmethod
    def from_dict(cls, stored: dict) -> "FoldRecord":
        """The inverse of `to_dict`.

        Raises:
            KeyError, ValueError, TypeError: `stored` is not such a dictionary.
        """
        epochs = stored.get("epochs")
        return cls(
            fold=stored["fold"],
            seed=stored["seed"],
            clips=tuple(stored["clips"]),
            labels=np.array(stored["labels"], dtype=np.int64),
            probabilities=np.array(stored["probabilities"], dtype=np.float32),
            fit_seconds=stored["fit_seconds"],
            epochs=None if epochs is None else np.array(epochs, dtype=np.int8),
        )


def pooled_scores(records: Iterable[FoldRecord]) -> Scores:
    """The scores of all predictions pooled: counts are summed first, so no fold lacks a class."""
    records = list(records)
    classes = records[0].probabilities.shape[1]
    truth = np.concatenate([record.labels for record in records])
    named = np.concatenate([record.probabilities.argmax(axis=1) for record in records])
    return Scores(confusion_matrix(truth, named, classes))


def records_json(class_names: Iterable[str], records: Iterable[FoldRecord]) -> str:
    """Many records as the text of one file."""
    content = {"class_names": list(class_names), "folds": [r.to_dict() for r in records]}
    return json.dumps(content)


def read_records(text: str) -> tuple[FoldRecord, ...]:
    """The records of such a text, in its order.

    Raises:
        KeyError, ValueError, TypeError: the text is not of this form, or is incomplete.
    """
    return tuple(map(FoldRecord.from_dict, json.loads(text)["folds"]))


def likeliest(records: Sequence[FoldRecord]) -> np.ndarray:
    """float32 `(clips,)`: the largest probability of every clip while it was held out."""
    return np.concatenate([record.probabilities.max(axis=1) for record in records])
