"""From the outcomes of folds to a result."""

from collections.abc import Sequence

import numpy as np

from mer_zoo.evaluation.examples import Examples
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.journal import FoldOutcome
from mer_zoo.evaluation.oracle import selected_on_test
from mer_zoo.evaluation.result import Result
from mer_zoo.evaluation.versions import versions


def pool(
    examples: Examples,
    folds: Sequence[Fold],
    outcomes: Sequence[FoldOutcome],
    *,
    plan: dict,
    seconds: float,
) -> Result:
    """Puts the outcomes of all folds together, in the row order of the examples tested.

    Args:
        examples: of the evaluation.
        folds: its folds.
        outcomes: one for each seed and fold.
        plan: what the evaluation was; becomes `Result.about`.
        seconds: how long it took.
    """
    tested = np.sort(np.concatenate([fold.test for fold in folds]))
    position = np.full(len(examples), -1)
    position[tested] = np.arange(len(tested))
    fold_names = np.empty(len(tested), dtype=object)
    probabilities = np.zeros(
        (len(plan["seeds"]), len(tested), len(examples.class_names)), np.float32
    )
    for outcome in outcomes:
        fold = next(f for f in folds if f.name == outcome.fold)
        probabilities[plan["seeds"].index(outcome.seed), position[fold.test]] = (
            outcome.probabilities
        )
        fold_names[position[fold.test]] = fold.name
    about = {
        **plan,
        **dict(examples.about),
        "fit_seconds": round(sum(o.fit_seconds for o in outcomes), 2),
        "seconds": round(seconds, 2),
        "versions": versions(plan["backend"]),
    }
    if plan["oracle"]:
        about["test_selected"] = selected_on_test(examples.labels, folds, outcomes)
    return Result(
        clips=examples.clips[tested],
        subjects=examples.subjects[tested],
        labels=examples.labels[tested],
        folds=fold_names.astype(np.str_),
        probabilities=probabilities,
        class_names=examples.class_names,
        seeds=tuple(plan["seeds"]),
        about=about,
    )
