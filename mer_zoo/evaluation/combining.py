"""Ensembles of different networks: the mean of what they predicted for the same held-out clips."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.result import Result

SAME = ("examples", "folds", "protocol", "split")
"""Facts in which combined results must agree, so that each subject was held out from every network."""

NEEDED = (*SAME, "learner", "images", "seconds", "fit_seconds")
"""Facts that a result of `evaluate` states."""


def combine(results: Sequence[Result]) -> Result:
    """The result of an ensemble: for every seed, the mean of the probabilities of all results.

    No weight is fitted and no network left out, so the score is as honest as theirs, if the networks were
    chosen before their scores were seen.

    Args:
        results: two or more, of the same clips, folds and seeds.

    Returns:
        A result whose `about["learner"]` lists the learners.

    Raises:
        EvaluationError: fewer than two results, one that is not of an evaluation, the same one twice, or
            they differ in clips, folds, seeds or classes.
    """
    if len(results) < 2:
        raise EvaluationError(f"An ensemble needs two results or more; {len(results)} was given.")
    first, *others = results
    for number, result in enumerate(results, 1):
        if missing := [name for name in NEEDED if name not in result.about]:
            raise EvaluationError(
                f"Result {number} ({result.about.get('protocol', 'no protocol')}) does not say its "
                f"{', '.join(missing)}. An ensemble needs results of `mer-zoo evaluate`; those of `mer-zoo "
                "score` do not say which network was held out from whom."
            )
    for other in others:
        _refuse_different(first, other)
    _refuse_repeated(results)
    every = [result.about for result in results]
    about = {name: first.about[name] for name in first.about if name != "test_selected"}
    about |= {
        "learner": {"mean_of": [facts["learner"] for facts in every]},
        "oracle": False,
        "images": [facts["images"] for facts in every],
        "seconds": round(sum(facts["seconds"] for facts in every), 2),
        "fit_seconds": round(sum(facts["fit_seconds"] for facts in every), 2),
    }
    if labels := sorted({facts["label"] for facts in every if facts.get("label")}):
        about["label"] = "; ".join(labels)
    probabilities = np.mean([_in_order(first, result) for result in results], axis=0)
    return replace(first, probabilities=probabilities.astype(np.float32), about=about)


def _refuse_different(first: Result, other: Result) -> None:
    differing = [name for name in SAME if first.about[name] != other.about[name]]
    differing += [
        name for name in ("seeds", "class_names") if getattr(first, name) != getattr(other, name)
    ]
    if sorted(first.clips.tolist()) != sorted(other.clips.tolist()):
        differing.append("clips")
    if differing:
        raise EvaluationError(
            f"The results cannot be combined: their {', '.join(differing)} differ. Evaluate all of them "
            "with the same dataset, protocol, split and seeds."
        )


def _refuse_repeated(results: Sequence[Result]) -> None:
    """A network that counts twice would be a weight, and no two networks predict the very same."""
    for (one, first), (two, second) in combinations(enumerate(results, 1), 2):
        if np.array_equal(first.probabilities, _in_order(first, second)):
            raise EvaluationError(
                f"Results {one} and {two} hold the same predictions. Give each result once."
            )


def _in_order(first: Result, result: Result) -> np.ndarray:
    """The probabilities of a result in the order of the first one's clips."""
    rows = np.argsort(result.clips)[np.argsort(np.argsort(first.clips))]
    return result.probabilities[:, rows]
