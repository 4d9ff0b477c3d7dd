"""Intervals and paired tests by subject, since clips of one subject are not independent."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.evaluation.metrics import uf1

DRAWS = 2000


def subject_confusions(
    labels: ArrayLike, predicted: ArrayLike, subjects: ArrayLike, classes: int
) -> np.ndarray:
    """Confusion matrix of every subject, int `(subjects, classes, classes)`, subjects sorted."""
    names, index = np.unique(subjects, return_inverse=True)
    labels, predicted = np.asarray(labels), np.asarray(predicted)
    cells = (index * classes + labels) * classes + predicted
    counts = np.bincount(cells, minlength=len(names) * classes**2)
    return counts.reshape(len(names), classes, classes)


def bootstrap_interval(
    confusions: np.ndarray,
    score: Callable[[np.ndarray], np.ndarray] = uf1,
    *,
    draws: int = DRAWS,
    level: float = 0.95,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile bootstrap over subjects, of the mean over the seeds.

    Args:
        confusions: int `(seeds, subjects, K, K)`, see `subject_confusions`.
        score: function from matrices `(..., K, K)` to scores `(...)`.
        draws: resamples of the subjects.
        level: share of the resampled scores inside the interval.
        seed: of the resampling.

    Returns:
        (low, high).
    """
    count = confusions.shape[1]
    rows = np.random.default_rng(seed).integers(0, count, size=(draws, count))
    times = np.stack([np.bincount(row, minlength=count) for row in rows])
    pooled = np.einsum("ds,nsij->dnij", times, confusions)
    values = score(pooled).mean(axis=1)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


@dataclass(frozen=True)
class Comparison:
    """A paired comparison of two results on the same clips.

    Attributes:
        difference: UF1 of the first minus UF1 of the second, mean over the seeds.
        interval: 95% bootstrap interval of the difference over subjects.
        p_value: two-sided, from a permutation test that swaps the two results' predictions by
            subject.
        subjects: number of subjects.
    """

    difference: float
    interval: tuple[float, float]
    p_value: float
    subjects: int

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"UF1 difference {self.difference:+.3f}, 95% interval {low:+.3f} to {high:+.3f}, "
            f"p = {self.p_value:.3f} (paired by subject, {self.subjects} subjects)"
        )


def compare_paired(
    first: np.ndarray, second: np.ndarray, *, draws: int = DRAWS, seed: int = 0
) -> Comparison:
    """Compares two results subject by subject.

    If the two methods are equally good, the predictions of a subject can be swapped between them.
    The p-value is the share of random swaps that give at least the observed difference.

    Args:
        first, second: int `(seeds, subjects, K, K)`, the same subjects in the same order; the
            number of seeds may differ.
        draws: number of swaps, and of resamples for the interval.
    """

    def mean_uf1(weights, confusions):  # weights (draws, subjects)
        return uf1(np.einsum("ds,nsij->dnij", weights, confusions)).mean(axis=1)

    count = first.shape[1]
    rng = np.random.default_rng(seed)
    once = np.ones((1, count), dtype=int)
    seen = float((mean_uf1(once, first) - mean_uf1(once, second))[0])
    keep = rng.integers(0, 2, size=(draws, count))
    exchanged = _exchanged(first, second, keep) - _exchanged(second, first, keep)
    p_value = (1 + np.sum(np.abs(exchanged) >= abs(seen) - 1e-12)) / (draws + 1)
    rows = rng.integers(0, count, size=(draws, count))
    times = np.stack([np.bincount(row, minlength=count) for row in rows])
    resampled = mean_uf1(times, first) - mean_uf1(times, second)
    low, high = np.quantile(resampled, [0.025, 0.975])
    return Comparison(seen, (float(low), float(high)), float(p_value), count)


def _exchanged(own, other, keep):
    """Mean UF1, over all pairs of seeds, when the subjects with `keep` 0 come from the other result."""
    values = [
        uf1(np.einsum("ds,sij->dij", keep, a) + np.einsum("ds,sij->dij", 1 - keep, b))
        for a, b in itertools.product(own, other)
    ]
    return np.mean(values, axis=0)
