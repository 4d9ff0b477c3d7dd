"""The score with the epoch chosen on the test subjects: shown beside the honest one, never instead.

Seven of ten published codes for micro-expressions do this. The figure shows how much of a published
score the reporting rule alone can contribute.
"""

from collections.abc import Sequence

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.metrics import Scores, confusion_matrix

LABEL = "test-selected: not a score, the epoch was chosen on the test subjects"


def selected_on_test(
    labels: np.ndarray, folds: Sequence[Fold], outcomes: Sequence[FoldRecord]
) -> dict:
    """Scores of the two usual rules for choosing an epoch on the test subjects.

    Pooled over the folds; means over the seeds.

    Args:
        labels: int `(N,)`.
        folds: of the evaluation.
        outcomes: records of the folds, with the classes named after each epoch.

    Returns:
        "label", and for each rule UF1, UAR and accuracy. "best_epoch_per_fold" takes the epoch with
        the most hits in every fold (the last one on a tie). "best_epoch_for_all" takes the one
        epoch with the highest pooled UF1.
    """
    tests = {fold.name: fold.test for fold in folds}
    # Not from the labels: a class that no clip of these shows is still named.
    classes = outcomes[0].probabilities.shape[1]
    per_fold, for_all = [], []
    for seed in sorted({o.seed for o in outcomes}):
        runs = [(o.fold, _epochs(o)) for o in outcomes if o.seed == seed]
        truth = np.concatenate([labels[tests[fold]] for fold, _ in runs])
        best = np.concatenate([_best_row(named, labels[tests[fold]]) for fold, named in runs])
        per_fold.append(Scores(confusion_matrix(truth, best, classes)))
        epochs = min(len(named) for _, named in runs)
        pooled = [
            Scores(
                confusion_matrix(truth, np.concatenate([named[e] for _, named in runs]), classes)
            )
            for e in range(epochs)
        ]
        for_all.append(max(pooled, key=lambda s: s.uf1))
    return {
        "label": LABEL,
        "best_epoch_per_fold": _mean(per_fold),
        "best_epoch_for_all": _mean(for_all),
    }


def _epochs(outcome: FoldRecord) -> np.ndarray:
    if outcome.epochs is None:
        raise EvaluationError(
            f"Fold {outcome.fold} has no answers after each epoch, which oracle=True chooses from. "
            "The learner's fit must call `watch` after every epoch; or leave oracle=True out."
        )
    return outcome.epochs


def _best_row(epochs, truth):
    hits = (epochs == truth).sum(axis=1)
    return epochs[len(hits) - 1 - hits[::-1].argmax()].astype(np.int64)


def _mean(scores):
    return {
        name: float(np.mean([getattr(s, name) for s in scores]))
        for name in ("uf1", "uar", "accuracy")
    }
