"""The scores a card of synthetic training carries."""

import numpy as np
from scipy.stats import rankdata


def macro_f1(truth: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Unweighted mean of the classes' F1, from the pooled counts.

    Args:
        truth, predicted: class indices, int `(N,)`.
        classes: number of classes; one that appears in neither counts as 0.
    """
    values = []
    for c in range(classes):
        hits = np.sum((truth == c) & (predicted == c))
        total = np.sum(truth == c) + np.sum(predicted == c)
        values.append(2 * hits / total if total else 0.0)
    return float(np.mean(values))


def auc(positive: np.ndarray, negative: np.ndarray) -> float:
    """Area under the ROC curve: how often a positive scores above a negative, ties counting half.

    Returns NaN when either is empty.
    """
    if not len(positive) or not len(negative):
        return float("nan")
    ranks = rankdata(np.concatenate([positive, negative]))[: len(positive)]
    return float(
        (ranks.sum() - len(positive) * (len(positive) + 1) / 2) / (len(positive) * len(negative))
    )
