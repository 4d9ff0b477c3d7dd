"""Runs one fold in a process. Nothing here imports Keras, which reads the environment only once."""

import os

from mer_zoo.evaluation.compilations import kept_in
from mer_zoo.evaluation.examples import Examples, Learner
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.journal import Journal
from mer_zoo.evaluation.plan import EvaluationPlan
from mer_zoo.evaluation.scoring import score_fold


def run_fold(
    journal: Journal,
    plan: EvaluationPlan,
    examples: Examples,
    learner: Learner,
    fold: Fold,
    *,
    number: int,
    seed: int,
    environment: dict[str, str],
    compiled: str | None = None,
) -> tuple[int, FoldRecord]:
    """Scores a fold and writes its record to the journal.

    Args:
        journal: of the evaluation.
        plan: of the evaluation.
        examples, learner, fold, seed: see `score_fold`.
        number: of the fold, which names its file in the journal.
        environment: variables to set first; empty if the fold runs in the caller's process.
        compiled: folder of what the folds compile (`mer_zoo.evaluation.compilations`).

    Returns:
        The number and the record.
    """
    os.environ.update(environment)
    with kept_in(compiled):
        record, fitted = score_fold(learner, examples, fold, seed=seed, oracle=plan.oracle)
    if plan.keep_weights:
        file = journal.weights_file(seed, number)
        file.parent.mkdir(parents=True, exist_ok=True)
        fitted.save(file)
    journal.write(number, record)
    return number, record
