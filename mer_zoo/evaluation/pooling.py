"""From the records of folds to a result."""

from collections.abc import Sequence

import numpy as np

from mer_zoo.evaluation.examples import Examples
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.oracle import selected_on_test
from mer_zoo.evaluation.plan import EvaluationPlan
from mer_zoo.evaluation.result import Result


def pool(
    examples: Examples,
    folds: Sequence[Fold],
    records: Sequence[FoldRecord],
    *,
    plan: EvaluationPlan,
    seconds: float,
) -> Result:
    """Combines the records of all folds, in the row order of the tested examples.

    Args:
        examples: of the evaluation.
        folds: its folds.
        records: one for each seed and fold.
        plan: of the evaluation; becomes `Result.about`.
        seconds: how long it took.
    """
    tested = np.sort(np.concatenate([fold.test for fold in folds]))
    position = np.full(len(examples), -1)
    position[tested] = np.arange(len(tested))
    rows = {fold.name: position[fold.test] for fold in folds}
    fold_names = np.empty(len(tested), dtype=object)
    for name, places in rows.items():
        fold_names[places] = name
    shape = (len(plan.seeds), len(tested), len(examples.class_names))
    probabilities = np.zeros(shape, np.float32)
    for record in records:
        probabilities[plan.seeds.index(record.seed), rows[record.fold]] = record.probabilities
    about = {
        **plan.to_dict(),
        **dict(examples.about),
        "fit_seconds": round(sum(record.fit_seconds for record in records), 2),
        "seconds": round(seconds, 2),
    }
    if plan.oracle:
        about["test_selected"] = selected_on_test(examples.labels, folds, records)
    return Result(
        clips=examples.clips[tested],
        subjects=examples.subjects[tested],
        labels=examples.labels[tested],
        folds=fold_names.astype(np.str_),
        probabilities=probabilities,
        class_names=examples.class_names,
        seeds=plan.seeds,
        about=about,
    )
