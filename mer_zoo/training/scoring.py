"""Scores of already trained networks, on clips that none of them has seen."""

import time
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from mer_zoo.evaluation import Examples, Fold, Result
from mer_zoo.evaluation.examples import Fitted
from mer_zoo.evaluation.pooling import pool
from mer_zoo.evaluation.runner import Callback, make_plan
from mer_zoo.evaluation.scoring import score_fitted


def score_trained(
    networks: Mapping[int, Fitted],
    examples: Examples,
    *,
    split: str,
    fold: str,
    learner: Mapping[str, Any],
    label: str = "",
    fit_seconds: float = 0.0,
    facts: Mapping[str, Any] = MappingProxyType({}),
    callback: Callback | None = None,
) -> Result:
    """The predictions of trained networks for all examples that show an expression.

    Args:
        networks: seed -> network.
        examples: clips that no network was trained on.
        split: how the clips were separated from the training clips, for the record.
        fold: name of the only fold.
        learner: plain values that identify the networks.
        label: what a reader must know before comparing the score.
        fit_seconds: total time of all trainings, for the record.
        facts: further plain values for the record.
        callback: notified of the only fold.
    """
    started = time.perf_counter()
    everything = Fold(fold, np.zeros(0, int), np.flatnonzero(examples.is_expression))
    plan = make_plan(
        examples,
        [everything],
        split=split,
        seeds=list(networks),
        learner=learner,
        label=label,
        facts=facts,
    )
    if callback is not None:
        callback.on_begin(None, plan)
    records = []
    for seed, network in networks.items():
        seconds = fit_seconds / len(networks)
        records.append(score_fitted(network, examples, everything, seed=seed, fit_seconds=seconds))
        if callback is not None:
            callback.on_fold_end(0, records[-1])
    seconds = time.perf_counter() - started + fit_seconds
    return pool(examples, [everything], records, plan=plan, seconds=seconds)
