"""What the card of an entry of action units says: thresholds, scores and reliability."""

from collections.abc import Sequence

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.metrics import ScoreRow
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.evaluation.unit_scores import UnitScores
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.calibration import best_one_sided, best_threshold
from mer_zoo.training.corpora import HELD_OUT
from mer_zoo.zoo import cards

BINS = 10

LIMITS = (
    "Thresholds have the highest F1 on the answers about subjects that were left out. Probabilities were "
    "not calibrated again: see the reliability table, which is of the same answers.",
    "An action unit is a movement, not a feeling. Not for decisions about people.",
    "The limits that follow are those of the recipe. What they say about synthetic clips is about the "
    "weights that training started from.",
)


def sections_of_result(recipe: Recipe, result: UnitResult) -> dict:
    """The sections of a card but its metrics, by the names of `write_entry`, after a training on real clips.

    They are of the first seed, which is the seed of the weights for use.

    Args:
        recipe: its limits for "no expression" are used.
        result: of a leave-one-subject-out evaluation.
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
        "units": unit_facts(result.scores, thresholds),
        "reliability": reliability(answers[:, : len(UNITS)], moved),
        "one_sided": round(best_one_sided(answers, result.truth), 4),
    }


def unit_metrics(test: Examples, scored: list[tuple[int, UnitScores]]) -> list[cards.Metric]:
    """The metrics of a card.

    Args:
        test: the clips of the held-out identities.
        scored: seed and scores of each training, of one seed alone.
    """
    first = scored[0][1]
    sided = first.one_sided > 0
    compared = sided and first.two_sided > 0  # a network that always says "both" would be right
    measured = {"left_right": sided, "side": sided, "side_both": compared, "side_mean": compared}

    def metric(row: ScoreRow) -> cards.Metric:
        values = [round(getattr(scores, row.name)[0], 4) for _, scores in scored]
        return cards.Metric(
            name=row.name,
            value=values[0],
            values=values,
            protocol=f"{HELD_OUT}, fixed epochs",
            split="test",
            clips=row.clips,
            identities=len(np.unique(test.subjects)),
            seeds=[seed for seed, _ in scored],
            majority=round(row.majority, 4),
            chance=round(row.chance, 4),
            interval=[] if np.isnan(row.interval).any() else [round(v, 4) for v in row.interval],
        )

    return [metric(row) for row in first.score_rows if measured.get(row.name, True)]


def unit_facts(scores: UnitScores, thresholds: Sequence[float]) -> list[cards.UnitFacts]:
    """What a card says of each unit: its threshold, and the scores with the thresholds of the first seed."""
    return [
        cards.UnitFacts(
            number=unit.number,
            threshold=threshold,
            positives=unit.positives,
            f1=round(unit.f1, 4),
            auc=round(unit.auc, 4),
        )
        for unit, threshold in zip(scores.units, thresholds, strict=True)
    ]


def reliability(probabilities: np.ndarray, shown: np.ndarray) -> list[cards.ReliabilityBin]:
    """How often units had moved, by the probability that was given.

    Args:
        probabilities: float, any shape.
        shown: bool of the same shape.
    """
    p, truth = probabilities.ravel(), shown.ravel()
    place = np.minimum((p * BINS).astype(int), BINS - 1)
    return [
        cards.ReliabilityBin(
            least=round(k / BINS, 4),
            probability=round(float(p[place == k].mean()), 4) if (place == k).any() else np.nan,
            shown=round(float(truth[place == k].mean()), 4) if (place == k).any() else np.nan,
            answers=int((place == k).sum()),
        )
        for k in range(BINS)
    ]
