"""Predictions of any system as a csv table, read without trusting it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.csv_table import clean_name, spelt_alike
from mer_zoo.errors import EvaluationError, shown
from mer_zoo.evaluation.prediction_rows import (
    MOST_CLASSES,
    TABLE,
    Columns,
    PredictionRow,
    find_columns,
    read_row,
)
from mer_zoo.evaluation.prediction_runs import arrange

MOST_SUBJECTS = 10_000
MOST_DATASETS = 100
MOST_COUNTS = 2_000_000
"""Seeds times subjects times squared classes: the intervals resample that many counts."""


@dataclass(frozen=True, eq=False)
class Predictions:
    """The predictions of a table: every seed and every epoch holds each of the N clips once.

    Attributes:
        clips: str `(N,)`.
        subjects: str `(N,)`, as `dataset/id`.
        folds: str `(N,)`, the column `fold`, or the subjects where there is none.
        labels: int `(N,)`, the ground truth as indices into `class_names`.
        class_names: K names: those of the probability columns in their order, or else all classes
            of the table in alphabetical order.
        seeds: at least one; `(1,)` where the table has no such column.
        epochs: ascending; `(0,)` where the table has no such column.
        answers: int8 `(seeds, epochs, N)`, indices into `class_names`.
        probabilities: float32 `(seeds, N, K)`, of the last epoch; the answer has the largest. 0 and 1
            where the table has answers only.
        notes: what a reader of the score must know about the table.
    """

    clips: np.ndarray
    subjects: np.ndarray
    folds: np.ndarray
    labels: np.ndarray
    class_names: tuple[str, ...]
    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    answers: np.ndarray
    probabilities: np.ndarray
    notes: tuple[str, ...]


def read_predictions(path: Path) -> Predictions:
    """Reads a table of predictions. `docs/scoring.md` describes its columns.

    Args:
        path: the csv file, UTF-8, separated by comma, semicolon or tab.

    Raises:
        EvaluationError: the table is missing or damaged, lacks a column, has a cell that cannot be
            used, has a clip twice in an epoch, or lacks clips in an epoch.
    """
    names, lines = TABLE.read(path)
    names = [clean_name(name) for name in names]
    lines = [(line, [clean_name(cell) for cell in cells]) for line, cells in lines]
    columns = find_columns(path, names, lines)
    TABLE.warn_of_unused(path, names, [names[place] for place in columns.classes.values()])
    rows, faults = [], []
    for line, cells in lines:
        row, wrong = read_row(columns, line, cells)
        rows.append(row)
        faults += [f"line {line}: {'; '.join(wrong)}"] if wrong else []
    TABLE.refuse_rows(path, faults, len(rows))
    classes = tuple(columns.classes) or tuple(
        sorted({n for r in rows for n in (r.truth, r.answer)})
    )
    _check_names(path, classes, rows)
    runs = arrange(path, columns, rows)
    index = {name: i for i, name in enumerate(classes)}
    answers = np.array([index[row.answer] for row in rows], dtype=np.int8)[runs.rows]
    clips = [rows[i] for i in runs.rows[0, 0]]
    notes = [*_notes_on_classes(rows), *_notes_on_people(columns, clips)]
    if columns.classes:
        probabilities = np.array([row.probabilities for row in rows])[runs.rows[:, -1]]
        notes += _notes_on_ties(columns, probabilities)
        probabilities = _with_largest(probabilities, answers[:, -1])
    else:
        probabilities = np.eye(len(classes), dtype=np.float32)[answers[:, -1]]
    found = Predictions(
        clips=np.array([row.clip[2] for row in clips]),
        subjects=np.array(["/".join(row.clip[:2]) for row in clips]),
        folds=np.array([row.fold for row in clips]),
        labels=np.array([index[row.truth] for row in clips]),
        class_names=classes,
        seeds=runs.seeds,
        epochs=runs.epochs,
        answers=answers,
        probabilities=probabilities,
        notes=tuple(notes),
    )
    _check_size(path, found)
    return found


def _check_names(path: Path, classes: Sequence[str], rows: Sequence[PredictionRow]) -> None:
    """Refuses names that differ in their spelling only, and too few or too many classes."""
    if len(classes) > MOST_CLASSES:
        raise EvaluationError(
            f"{path} has {len(classes):,} classes, expected at most {MOST_CLASSES}. The columns truth and "
            "answer hold the names of classes."
        )
    truths = sorted({row.truth for row in rows})
    if len(truths) < 2:
        raise EvaluationError(
            f"{path} has one true class only ({shown(truths[0])}); expected two or more. Every answer "
            "would be as good as any other."
        )
    people: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        people[row.clip[0]].add(row.clip[1])
    for kind, names in (
        ("class", classes),
        ("dataset", people),
        *(("subject", s) for s in people.values()),
    ):
        if alike := spelt_alike(names):
            raise EvaluationError(
                f"{path} names a {kind} {shown(alike[0])} and {shown(alike[1])}. These would count as "
                "two; write them in one way, or rename one if they are two."
            )


def _check_size(path: Path, found: Predictions) -> None:
    subjects = len(set(found.subjects.tolist()))
    if subjects < 2:
        raise EvaluationError(
            f"{path} has one subject only ({shown(str(found.subjects[0]))}); expected two or more. "
            "Without a second subject nothing can be said about new people."
        )
    seeds, classes = len(found.seeds), len(found.class_names)
    datasets = len({name.split("/")[0] for name in found.subjects.tolist()})
    if datasets > MOST_DATASETS:
        raise EvaluationError(
            f"{path} has {datasets:,} datasets, expected at most {MOST_DATASETS}. A dataset is in the "
            "column dataset, or before the slash of each subject."
        )
    if subjects > MOST_SUBJECTS or seeds * subjects * classes**2 > MOST_COUNTS:
        raise EvaluationError(
            f"{path} has {subjects:,} subjects, {classes} classes and {seeds:,} seeds; expected at most "
            f"{MOST_SUBJECTS:,} subjects, and at most {MOST_COUNTS:,} of subjects x seeds x classes x "
            "classes. Do the columns subject and seed hold what their names say?"
        )


def _notes_on_classes(rows: Iterable[PredictionRow]) -> Iterable[str]:
    answered = Counter(row.answer for row in rows)
    for name in sorted(set(answered) - {row.truth for row in rows}):
        yield (
            f"{shown(name)} is answered in {answered[name]} rows and is never the truth. Each of them "
            "is an error, and the F1 of this class, 0, counts in UF1."
        )


def _notes_on_people(columns: Columns, clips: Iterable[PredictionRow]) -> Iterable[str]:
    datasets = defaultdict(set)
    for row in clips:
        datasets[row.clip[1]].add(row.clip[0])
    shared = sorted(name for name, found in datasets.items() if len(found) > 1)
    if shared:
        listed = ", ".join(map(shown, shared[:3])) + ", ..." * (len(shared) > 3)
        yield (
            f"{len(shared)} names of subjects are in several datasets ({listed}): they count as a "
            "different person in each."
        )
    if "dataset" not in columns.places and not columns.has_datasets:
        yield "No dataset is given: equal names of subjects count as one person."


def _notes_on_ties(columns: Columns, probabilities: np.ndarray) -> Iterable[str]:
    largest = probabilities == probabilities.max(axis=2, keepdims=True)
    tied = int((largest.sum(axis=2) > 1).sum())
    if tied and "answer" not in columns.places:
        yield (
            f"In {tied} predictions two classes are equally probable; the class whose column comes "
            "first was taken."
        )


def _with_largest(probabilities: np.ndarray, answers: np.ndarray) -> np.ndarray:
    """float32, with the answer as the first largest even where rounding or a tie hides it."""
    values = probabilities.astype(np.float32)
    hidden = np.nonzero(values.argmax(axis=2) != answers)
    values[(*hidden, answers[hidden])] = np.nextafter(values[hidden].max(axis=-1), np.float32(2))
    return values
