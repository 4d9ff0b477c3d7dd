"""The unbiased figure: hyperparameters chosen separately for every fold, without the subjects it scores."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Learner, Result
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold, check_folds, make_folds
from mer_zoo.evaluation.journal import Journal
from mer_zoo.evaluation.plan import NESTED
from mer_zoo.evaluation.pooling import pool
from mer_zoo.evaluation.runner import make_plan
from mer_zoo.evaluation.scoring import score_fold
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.learner import RecipeLearner
from tuner.outcome import Outcome
from tuner.searching import search
from tuner.sources import Source, TrainingPart
from tuner.winner import keep_score
from tuner.workers.supervisor import Team

FOLDS = "folds"


def score_nested(
    outcome: Outcome,
    source: Source,
    *,
    recipe: Recipe,
    folder: str | Path,
    split: str = "loso",
    trials: int | None = None,
    learner: Callable[[Recipe], Learner] | None = None,
    team: Team | None = None,
    progress: bool = True,
) -> Result:
    """Scores the whole procedure, search and training, on subjects that neither has seen.

    For every outer fold a search of its own chooses the hyperparameters on the fold's training
    subjects, a network is trained on them with what was chosen, and the fold's test subjects are
    predicted once. The score is of the procedure that led to `outcome`; the hyperparameters of the
    folds may differ from one another and from those of the winner.

    After an interruption the same call resumes: finished outer folds are read, and the search of the fold it
    was in resumes at its fold.

    Args:
        outcome: of the search on all subjects, with whose settings the inner searches run and with
            whose run in the tracking store the score is kept.
        source: the search's.
        recipe: the search's, with its [search] table.
        folder: for the inner searches, the finished outer folds and the result.
        split: the outer folds: "loso", or "kfold-K" for K groups of subjects.
        trials: of each inner search; by default as many as the search had.
        learner: see `tuner.search`.
        team: processes for the trials of the inner searches.
        progress: show bars.

    Returns:
        The result; `about["label"]` says how the hyperparameters were chosen, and
        `about["chosen"]` has those of every outer fold.

    Raises:
        EvaluationError: the split is impossible, or the folder holds another evaluation.
        TuningError: as of `tuner.search`.
    """
    folder = Path(folder)
    trials = trials or len(outcome.trials)
    examples = source.examples(recipe)
    folds = make_folds(split, examples.subjects, examples.labels, outcome.seed)
    check_folds(folds, examples.subjects, split)
    plan = make_plan(
        examples,
        folds,
        split=split,
        seeds=[outcome.seed],
        learner={
            "recipe": recipe.content,
            "settings": outcome.settings.to_dict(),
            "trials": trials,
        },
        label=NESTED,
    )
    journal = Journal(folder / FOLDS, plan)
    started = time.perf_counter()
    records, chosen = [], {}
    for number, fold in enumerate(folds):
        held_out = tuple(np.unique(examples.subjects[fold.test]).tolist())
        inner = search(
            recipe,
            TrainingPart(source, held_out),
            trials=trials,
            project=folder / f"fold{number:03d}",
            tracking_uri=outcome.record.store.uri,
            learner=learner,
            team=team,
            progress=progress,
            **{**vars(outcome.settings), "held_out": held_out},
        )
        chosen[fold.name] = inner.best.values
        record = journal.read(outcome.seed, number)
        if record is None:
            record = _score(inner, source, fold, examples, outcome.seed, learner)
            journal.write(number, record)
        records.append(record)
    seconds = time.perf_counter() - started
    result = pool(examples, folds, records, plan=plan, seconds=seconds)
    result.about["chosen"] = chosen
    keep_score(result, outcome, folder, "nested")
    return result


def _score(
    inner: Outcome, source: Source, fold: Fold, examples: Examples, seed: int, learner
) -> FoldRecord:
    """Trains with the values of the inner search's winner and predicts the test subjects once."""
    images = source.examples(inner.recipe)
    if not np.array_equal(images.clips, examples.clips):
        raise EvaluationError(
            f"With the values chosen for the fold {fold.name} other clips can be used than with the "
            "recipe's. Leave face_size out of search.space."
        )
    learner = learner or (lambda recipe: RecipeLearner.of(recipe, inner.section))
    record, _ = score_fold(learner(inner.recipe), images, fold, seed=seed)
    return record
