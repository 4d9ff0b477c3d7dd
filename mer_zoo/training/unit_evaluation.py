"""What an evaluation of action units needs: the coded clips, and thresholds for their answers."""

from dataclasses import replace

import numpy as np

from mer_zoo.action_units import OUTPUTS, UNITS, target_row
from mer_zoo.datasets import Dataset
from mer_zoo.datasets.action_units import split_action_units
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Result
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.training.calibration import best_one_sided, best_threshold
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.zoo.cards import Card

THRESHOLDS = "of the highest F1 on the held-out answers about all other subjects"


def of_card(result: Result, examples: Examples, card: Card, left_out: int) -> UnitResult:
    """The result of an entry's own weights, with the thresholds of its card.

    Args:
        result: of `mer_zoo.training.zero_shot.score_zero_shot`.
        examples: what was evaluated on.
        card: of the entry.
        left_out: clips of the dataset without a coded unit.
    """
    named = result.probabilities[..., : len(UNITS)] >= np.array([u.threshold for u in card.units])
    one_sided = np.full(named.shape[:2], card.one_sided)
    told = f"those of the card of {card.name}"
    return _unit_result(result, examples, (named, one_sided), told, left_out)


def of_held_out(result: Result, examples: Examples, left_out: int = 0) -> UnitResult:
    """The result of folds, with thresholds for every subject from the answers about the others.

    Args:
        result: of `mer_zoo.evaluation.run`.
        examples: what was evaluated on.
        left_out: clips of the dataset without a coded unit.
    """
    found = _named(result, _truth(result, examples))
    return _unit_result(result, examples, found, THRESHOLDS, left_out)


def _unit_result(result, examples, found, told, left_out) -> UnitResult:
    named, one_sided = found
    return UnitResult(
        clips=result.clips,
        subjects=result.subjects,
        folds=result.folds,
        truth=_truth(result, examples),
        probabilities=result.probabilities,
        named=named,
        one_sided=one_sided,
        seeds=result.seeds,
        thresholds=told,
        about={**result.about, "uncoded_clips_left_out": left_out},
    )


def coded_examples(
    dataset: Dataset, learner: RecipeLearner, *, jobs: int = 1, progress: bool = True
) -> Examples:
    """The examples of those clips of a dataset whose action units are known.

    Args:
        dataset: its table has action units.
        learner, jobs, progress: see `RecipeLearner.examples_of`.

    Raises:
        EvaluationError: there is none.
    """
    coded = [split_action_units(text) for text in dataset.table["aus"].tolist()]
    known = np.flatnonzero([bool(units) for units in coded])
    if not len(known):
        raise EvaluationError(
            f"No clip of {dataset.name} ({dataset.protocol}) has action units in its table, so there is "
            "nothing to score. Give a table with a column of action units such as '4+L12'."
        )
    examples = learner.examples_of(dataset.subset(known), jobs=jobs, progress=progress)
    return replace(
        examples,
        labels=np.zeros(len(known), np.int64),
        class_names=OUTPUTS,
        targets=np.stack([target_row(coded[row]) for row in known]),
    )


def _truth(result: Result, examples: Examples) -> np.ndarray:
    """The targets of the clips of a result, in its order."""
    place = {clip: row for row, clip in enumerate(examples.clips)}
    return examples.unit_targets[[place[clip] for clip in result.clips]]


def _named(result: Result, truth: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What is named, bool `(seeds, N, units)`, and the leaning of one-sided units, `(seeds, N)`.

    No subject's own units decide the thresholds of its clips.
    """
    named = np.zeros((*result.probabilities.shape[:2], len(UNITS)), bool)
    one_sided = np.zeros(named.shape[:2])
    shown = truth[:, : len(UNITS)] > 0
    for subject in np.unique(result.subjects):
        own = result.subjects == subject
        for seed, answers in enumerate(result.probabilities):
            one_sided[seed, own] = best_one_sided(answers[~own], truth[~own])
            for k in range(len(UNITS)):
                least = best_threshold(answers[~own, k], shown[~own, k])
                named[seed, own, k] = answers[own, k] >= least
    return named, one_sided
