"""The score of predictions that were made anywhere."""

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import UNSTATED, Fold, folds_hash
from mer_zoo.evaluation.oracle import selected_on_test
from mer_zoo.evaluation.predictions import Predictions, read_predictions
from mer_zoo.evaluation.result import Result
from mer_zoo.evaluation.stored import FILES
from mer_zoo.files import expanded, refuse_overwrite

TRAINING_UNSEEN = (
    "A table does not show what a system was trained on. The score is honest only if each subject was "
    "left out of the training that predicted it, and nothing was chosen on these predictions."
)


def score(predictions: str | Path, *, out: str | Path | None = None, force: bool = False) -> Result:
    """Scores a table of predictions of any system.

    Scores are functions of the pooled confusion matrix, as in `mer_zoo.evaluate`. Where the table has
    several epochs, the last one is scored. What choosing the epoch with the most hits on each test
    subject would report is in `about["test_selected"]`, and its `gain` over the score; it is not a
    score.

    Args:
        predictions: csv file with the columns `clip`, `subject`, `truth`, and either `answer` or
            `p_<class>` with the probability (0..1) of each class; optionally `epoch`, `seed`,
            `dataset` and `fold`. The `predictions.csv` that an evaluation of mer_zoo wrote is such
            a table.
        out: folder for `result.json`, `predictions.csv` (of the epoch that is scored) and
            `confusion.svg`.
        force: overwrite existing files in `out`.

    Returns:
        The result: scores, 95% intervals by subject, `by_class()`, majority, chance. Its
        `about["notes"]` says what a reader must know about the table.

    Raises:
        EvaluationError: the table cannot be used; every line that is at fault is named, ten at most.
        OutputExistsError: a file exists in `out` and `force` is false.

    Example:
        >>> import mer_zoo
        >>> result = mer_zoo.score("predictions.csv")          # doctest: +SKIP
        >>> result.uf1, result.intervals["uf1"]                # doctest: +SKIP
    """
    path = expanded(predictions)
    if out is not None:
        out = expanded(out)
        for name in FILES:
            refuse_overwrite(out / name, force)
            if os.path.realpath(out / name) == os.path.realpath(path):
                raise EvaluationError(f"The result would overwrite {path}. Choose another folder.")
    found = read_predictions(path)
    result = Result(
        clips=found.clips,
        subjects=found.subjects,
        labels=found.labels,
        folds=found.folds,
        probabilities=found.probabilities,
        class_names=found.class_names,
        seeds=found.seeds,
        about=_about(path, found),
    )
    if selected := result.about.get("test_selected"):
        best = selected["best_epoch_per_fold"]
        selected["gain"] = {name: best[name] - result.mean(name) for name in best}
    if out is not None:
        result.save(out, force)
    return result


def _about(path: Path, found: Predictions) -> dict:
    notes = [TRAINING_UNSEEN, *found.notes]
    about: dict[str, Any] = {"protocol": path.name, "split": UNSTATED, "examples": _digest(found)}
    about["folds"] = folds_hash(_groups(found.folds), found.clips)
    about["table"] = path.name
    if len(found.epochs) > 1:
        about["epoch"] = found.epochs[-1]
        about["test_selected"] = _selected_on_test(found)
        notes.append(
            f"The score is that of epoch {found.epochs[-1]}, the last of {len(found.epochs)} epochs."
        )
    if path.name == FILES[1] and os.path.isfile(path.parent / FILES[0]):
        about |= _stated_beside(path.parent, found, notes)
    return {**about, "notes": notes}


def _stated_beside(folder: Path, found: Predictions, notes: list[str]) -> dict:
    """What the result says whose predictions these are: its label must not get lost."""
    try:
        stated = Result.read(folder)
    except EvaluationError as error:
        notes.append(f"{FILES[0]} beside the table was not used: {error}")
        return {}
    if not np.array_equal(stated.predicted, found.answers[:, -1]):
        notes.append(f"{FILES[0]} beside the table is of other predictions and was not used.")
        return {}
    notes.remove(TRAINING_UNSEEN)
    kept = ("protocol", "split", "label", "test_selected", "examples", "folds", "corpus")
    return {key: stated.about[key] for key in kept if key in stated.about}


def _groups(names: np.ndarray) -> tuple[Fold, ...]:
    """Folds that test the rows of each name."""
    unique, index = np.unique(names, return_inverse=True)
    rows = np.split(np.argsort(index, kind="stable"), np.cumsum(np.bincount(index))[:-1])
    return tuple(Fold(str(name), test[:0], test) for name, test in zip(unique, rows, strict=True))


def _selected_on_test(found: Predictions) -> dict:
    """The epoch chosen on each subject, whatever the folds were."""
    subjects = _groups(found.subjects)
    records = [
        FoldRecord(
            fold=fold.name,
            seed=seed,
            clips=tuple(found.clips[fold.test].tolist()),
            labels=found.labels[fold.test],
            probabilities=found.probabilities[run][fold.test],
            fit_seconds=0.0,
            epochs=found.answers[run][:, fold.test],
        )
        for run, seed in enumerate(found.seeds)
        for fold in subjects
    ]
    return selected_on_test(found.labels, subjects, records)


def _digest(found: Predictions) -> str:
    """Of clips, subjects and ground truth: two tables of the same clips can be compared."""
    truths = np.array(found.class_names)[found.labels]
    rows = sorted(zip(found.subjects, found.clips, truths, strict=True))
    return hashlib.sha256("\n".join("\t".join(row) for row in rows).encode()).hexdigest()
