"""The score of telling clips with an expression from clips without one."""

import numpy as np
from scipy.stats import rankdata


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
