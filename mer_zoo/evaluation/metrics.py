"""Scores. The pooled confusion matrix comes first; every score is a function of it.

UF1 and UAR as MEGC 2019 defines them: counts are summed over all folds, then F1 and recall are
computed once for each class and averaged without weights. A fold that lacks a class therefore
creates neither a zero nor a NaN.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class Scores:
    """The scores of one confusion matrix.

    Attributes:
        confusion: int `(K, K)`; rows are true classes, columns predicted ones.
    """

    confusion: np.ndarray

    @property
    def clips(self) -> int:
        return int(self.confusion.sum())

    @property
    def uf1(self) -> float:
        """Unweighted mean of the classes' F1, 0..1; classes neither true nor predicted are left out."""
        return float(uf1(self.confusion))

    @property
    def uar(self) -> float:
        """Unweighted mean of the classes' recall, 0..1; classes without a clip are left out."""
        return float(uar(self.confusion))

    @property
    def accuracy(self) -> float:
        """Share of the clips that were classified correctly, 0..1."""
        return float(np.trace(self.confusion) / max(self.confusion.sum(), 1))

    @property
    def weighted_f1(self) -> float:
        """Mean of the classes' F1 weighted by their clips, 0..1."""
        truth = self.confusion.sum(1)
        return float(np.nansum(class_f1(self.confusion) * truth) / max(truth.sum(), 1))

    @property
    def per_class(self) -> list[dict[str, float]]:
        """For each class: clips, precision, recall and F1; NaN where undefined."""
        hits = self.confusion.diagonal().astype(float)
        truth, named = self.confusion.sum(1), self.confusion.sum(0)
        f1 = class_f1(self.confusion)
        return [
            {
                "clips": int(truth[c]),
                "precision": float(hits[c] / named[c]) if named[c] else float("nan"),
                "recall": float(hits[c] / truth[c]) if truth[c] else float("nan"),
                "f1": float(f1[c]),
            }
            for c in range(len(self.confusion))
        ]

    def to_dict(self) -> dict[str, float]:
        """uf1, uar, accuracy, weighted_f1 and the number of clips."""
        return {
            "uf1": self.uf1,
            "uar": self.uar,
            "accuracy": self.accuracy,
            "weighted_f1": self.weighted_f1,
            "clips": self.clips,
        }


@dataclass(frozen=True)
class ScoreRow:
    """One score of an evaluation, with its trivial baselines.

    Attributes:
        name: "uf1", "macro_f1" ...
        values: for each seed; NaN where nothing can be scored.
        clips: clips, or units with or without a side, that it is over.
        majority: its value if always the more frequent answer is given.
        chance: its expected value if answers are given at random.
        interval: 95% bootstrap over subjects; empty where there is none.
    """

    name: str
    values: tuple[float, ...]
    clips: int
    majority: float
    chance: float
    interval: tuple[float, ...] = ()

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return float(np.mean(self.values))


SCORE_NAMES = ("uf1", "uar", "accuracy", "weighted_f1")


def confusion_matrix(truth: ArrayLike, predicted: ArrayLike, classes: int) -> np.ndarray:
    """Counts, int `(classes, classes)`; rows are true classes, columns predicted ones."""
    flat = np.asarray(truth) * classes + np.asarray(predicted)
    return np.bincount(flat, minlength=classes * classes).reshape(classes, classes)


def class_f1(confusion: np.ndarray) -> np.ndarray:
    """F1 of each class, float `(..., K)`, of `(..., K, K)`; NaN if neither true nor predicted."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    total = confusion.sum(-1) + confusion.sum(-2)
    return np.divide(2 * hits, total, out=np.full(hits.shape, np.nan), where=total > 0)


def uf1(confusion: np.ndarray) -> np.ndarray:
    """UF1 of matrices `(..., K, K)`, float `(...)`."""
    return np.nanmean(class_f1(confusion), axis=-1)


def uar(confusion: np.ndarray) -> np.ndarray:
    """UAR of matrices `(..., K, K)`, float `(...)`."""
    hits = np.diagonal(confusion, axis1=-2, axis2=-1)
    truth = confusion.sum(-1)
    recall = np.divide(hits, truth, out=np.full(hits.shape, np.nan), where=truth > 0)
    return np.nanmean(recall, axis=-1)


def majority(labels: ArrayLike, classes: int) -> Scores:
    """The scores of always naming the most frequent class of `labels`."""
    labels = np.asarray(labels)
    always = np.full_like(labels, np.bincount(labels).argmax())
    return Scores(confusion_matrix(labels, always, classes))


def chance(labels: ArrayLike, classes: int) -> Scores:
    """The expected scores of random predictions in which all classes are equally likely."""
    counts = np.bincount(labels, minlength=classes).astype(float)
    return Scores(np.repeat(counts[:, None] / classes, classes, axis=1))


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half.

    Args:
        positive, negative: scores of the positive and of the negative clips.

    Returns:
        0..1, or NaN when either is empty.
    """
    from scipy.stats import rankdata

    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float(
        (ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))
    )
