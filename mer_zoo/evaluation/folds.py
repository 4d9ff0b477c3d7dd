"""Splits by subject. Only "paper-10%" puts the same subjects into training and test."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.errors import EvaluationError, UnknownNameError
from mer_zoo.evaluation.examples import NEUTRAL

SPLITS = ("loso", "lodo", "kfold-K", "paper-10%")
PAPER = "paper-10%"
UNSTATED = "split not stated"
"""The split of predictions that were made elsewhere."""


@dataclass(frozen=True, eq=False)
class Fold:
    """One fold.

    Attributes:
        name: the subject, dataset or number held out.
        train, test: int arrays, rows of the examples.
    """

    name: str
    train: np.ndarray
    test: np.ndarray


def make_folds(
    split: str, subjects: ArrayLike, labels: ArrayLike, seed: int = 1
) -> tuple[Fold, ...]:
    """The folds of a split.

    Args:
        split: "loso" (leave one subject out), "kfold-K" (K groups of subjects, for instance
            "kfold-5"), "lodo" (leave one dataset out), or "paper-10%": one random tenth of the
            clips, stratified by class, as in published tables with 26 and 16 test clips. It shares
            subjects between training and test, so it cannot rank methods; it exists to reproduce
            such tables.
        subjects: str `(N,)`, as `dataset/id`.
        labels: int `(N,)`. Clips labelled `NEUTRAL` are used for training only.
        seed: of the grouping; "loso" and "lodo" draw nothing.

    Raises:
        UnknownNameError: no such split.
        EvaluationError: there are too few subjects or datasets for it.

    Example:
        >>> from mer_zoo.evaluation import make_folds
        >>> folds = make_folds("loso", ["a/1", "a/1", "a/2", "a/3"], [0, 1, 0, 1])
        >>> [(fold.name, fold.test.tolist()) for fold in folds]
        [('a/1', [0, 1]), ('a/2', [2]), ('a/3', [3])]
    """
    subjects, labels = np.asarray(subjects, dtype=np.str_), np.asarray(labels)
    if split == "loso":
        return _by_group(subjects, labels, "subject", "leave-one-subject-out")
    if split == "lodo":
        datasets = np.array([s.split("/")[0] for s in subjects])
        return _by_group(datasets, labels, "dataset", "leave-one-dataset-out")
    if split == PAPER:
        return (_single_tenth(labels, seed),)
    if split.startswith("kfold-") and split.removeprefix("kfold-").isdigit():
        return grouped_kfold(subjects, labels, int(split.removeprefix("kfold-")), seed)
    raise UnknownNameError.among("split", split, SPLITS)


def grouped_kfold(subjects: np.ndarray, labels: np.ndarray, k: int, seed: int) -> tuple[Fold, ...]:
    """K folds of whole subjects, balanced greedily by size and classes.

    Subjects are taken from the largest to the smallest (ties by the seed); each goes to the fold
    where it disturbs the balance of classes least.

    Raises:
        EvaluationError: k is below 2, or there are fewer subjects than folds.
    """
    names = np.unique(subjects)
    if not 2 <= k <= len(names):
        raise EvaluationError(
            f"{k} folds of {len(names)} subjects: expected 2 folds at least and no more than there "
            "are subjects."
        )
    # Clips without an expression are balanced as one more class.
    index = labels - labels.min()
    classes = index.max() + 1
    counts = np.stack([np.bincount(index[subjects == n], minlength=classes) for n in names])
    order = np.random.default_rng(seed).permutation(len(names))
    order = order[np.argsort(-counts[order].sum(1), kind="stable")]
    held = np.zeros((k, classes))
    fold_of = {}
    for subject in order:
        squared = ((held + counts[subject]) ** 2 - held**2).sum(1)
        empty_first = np.array([not any(f == i for f in fold_of.values()) for i in range(k)])
        remaining = len(order) - len(fold_of)
        pool = np.flatnonzero(empty_first) if remaining <= empty_first.sum() else np.arange(k)
        chosen = int(pool[squared[pool].argmin()])
        held[chosen] += counts[subject]
        fold_of[names[subject]] = chosen
    groups = np.array([f"group{fold_of[s] + 1}" for s in subjects])
    return _by_group(groups, labels, "group", "k-fold")


def check_folds(folds: Sequence[Fold], subjects: np.ndarray, split: str) -> None:
    """Raises EvaluationError if training and test share a subject, or a clip is tested twice."""
    tested = np.concatenate([fold.test for fold in folds])
    if len(set(tested.tolist())) != len(tested):
        raise EvaluationError("A clip is in the test part of two folds; it may be in one.")
    for fold in folds:
        if not len(fold.train) or not len(fold.test):
            raise EvaluationError(f"Fold {fold.name} has no clips to train on, or none to test.")
        if np.intersect1d(fold.train, fold.test).size:
            raise EvaluationError(f"Fold {fold.name} trains on clips it tests.")
        both = np.intersect1d(subjects[fold.train], subjects[fold.test])
        if both.size and split != PAPER:
            raise EvaluationError(
                f"Fold {fold.name} trains and tests on subject {both[0]}. Such scores say nothing "
                "about new people; split by subject."
            )


def folds_hash(folds: Sequence[Fold], clips: np.ndarray) -> str:
    """sha256 of the test clips of every fold, independent of the order of the rows."""
    lines = sorted(f"{fold.name}: {' '.join(sorted(clips[fold.test]))}" for fold in folds)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _by_group(groups, labels, kind: str, what: str) -> tuple[Fold, ...]:
    names = np.unique(groups)
    if len(names) < 2:
        raise EvaluationError(
            f"There is only one {kind} ({names[0]}); {what} needs two. Without a second {kind} "
            "the score says nothing about new ones."
        )
    shown = labels != NEUTRAL
    return tuple(
        Fold(str(name), np.flatnonzero(groups != name), np.flatnonzero((groups == name) & shown))
        for name in names
    )


def _single_tenth(labels, seed):
    rng = np.random.default_rng(seed)
    test = []
    for label in np.unique(labels[labels != NEUTRAL]):
        rows = rng.permutation(np.flatnonzero(labels == label))
        test.extend(rows[: max(1, round(len(rows) / 10))])
    tested = np.sort(np.array(test))
    return Fold("tenth", np.setdiff1d(np.arange(len(labels)), tested), tested)
