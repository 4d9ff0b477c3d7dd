"""What an evaluation of action units on real clips puts on the card of an entry."""

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.calibration import (
    best_one_sided,
    best_threshold,
    reliability,
    unit_facts,
)
from mer_zoo.zoo import cards

LIMITS = (
    "Thresholds have the highest F1 on the answers about subjects that were left out. Probabilities were "
    "not calibrated again: see the reliability table, which is of the same answers.",
    "An action unit is a movement, not a feeling. Not for decisions about people.",
    "The limits that follow are those of the recipe. What they say about synthetic clips is about the "
    "weights that training started from.",
)


def unit_sections(recipe: Recipe, result: UnitResult) -> dict:
    """The sections of a card, by the names of `write_entry`.

    Thresholds, `one_sided` and reliability are those of the first seed, which is the seed of the
    weights for use. The scores are of all seeds, with thresholds that no clip's own subject decided.

    Args:
        recipe: for its rejection.
        result: of leaving one subject out.
    """
    answers = result.probabilities[0]
    moved = result.truth[:, : len(UNITS)] > 0
    thresholds = [round(best_threshold(answers[:, k], moved[:, k]), 4) for k in range(len(UNITS))]
    named = answers[:, : len(UNITS)] >= thresholds
    shown = moved.any(axis=1)
    return {
        "rejection": cards.Rejection(
            threshold=0.0,
            min_motion=recipe.rejection.min_motion,
            auc=float("nan"),  # as of classes: hardly a clip shows nothing
            kept=round(float(named.any(axis=1)[shown].mean()), 4) if shown.any() else float("nan"),
        ),
        "metrics": _metrics(result),
        "units": unit_facts(result.scores, thresholds),
        "reliability": reliability(answers[:, : len(UNITS)], moved),
        "one_sided": round(best_one_sided(answers, result.truth), 4),
    }


def _metrics(result: UnitResult) -> list[cards.Metric]:
    found, about = result.scores, result.about
    return [
        cards.Metric(
            name=row.name,
            value=round(float(np.mean(row.values)), 4),
            values=[round(value, 4) for value in row.values],
            protocol=about["protocol"],
            split=about["split"],
            clips=row.clips,
            identities=found.subjects,
            seeds=list(result.seeds),
            majority=round(row.majority, 4),
            chance=round(row.chance, 4),
            interval=[round(value, 4) for value in row.interval],
            label=about.get("label", ""),
        )
        for row in found.means
        if np.isfinite(row.values).all()
    ]
