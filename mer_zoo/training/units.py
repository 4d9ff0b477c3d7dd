"""Networks of action units from rendered clips: training, calibration, thresholds, answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.action_units import UNITS, lower_outputs
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.metrics import auc
from mer_zoo.evaluation.unit_scores import UnitScores, score_units
from mer_zoo.modalities import upper_face
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.calibration import best_one_sided, best_threshold, calibrate_head
from mer_zoo.training.corpora import RenderedCorpus
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.training.publishing import Storage
from mer_zoo.training.unit_card import reliability, unit_facts, unit_metrics
from mer_zoo.zoo import cards, weights


@dataclass(frozen=True)
class UnitSeed:
    """One trained and calibrated network, and its answers about the held-out identities.

    Attributes:
        seed: of the training.
        fitted: the network, with its weights as stored.
        thresholds: probability that each of `UNITS` must reach, from validation identities.
        one_sided: see `mer_zoo.action_units.side_of`, from validation identities.
        upper_face: the least such probability while a person talks; 1 where nothing is named then.
        probabilities: float32 `(clips, outputs)`.
    """

    seed: int
    fitted: FittedNetwork
    thresholds: tuple[float, ...]
    one_sided: float
    upper_face: float
    probabilities: np.ndarray

    @property
    def named(self) -> np.ndarray:
        """bool `(clips, units)`."""
        return self.probabilities[:, : len(UNITS)] >= self.thresholds

    def score(self, test: Examples) -> UnitScores:
        """The scores of this seed alone."""
        return score_units(
            test.unit_targets,
            self.probabilities[None],
            self.named[None],
            test.subjects,
            self.one_sided,
        )


def score_seed(
    recipe: Recipe,
    corpus: RenderedCorpus,
    seed: int,
    fitted: FittedNetwork,
    state: Path,
    progress: Callable[[str], None] = print,
) -> UnitSeed:
    """Calibrates a network and applies it to the held-out identities; see `classes.score_seed`."""
    validation, test = corpus.unit_examples("validation"), corpus.unit_examples("test")
    records = corpus.records[corpus.rows("validation")]
    usual = records["clip"] < recipe.synthetic()[0].clips_per_identity  # as those of the test split
    choosing = validation.part(np.flatnonzero(usual))
    calibrate_head(fitted, choosing)
    stored = state / f"seed{seed}.{recipe.storage}.safetensors"
    weights.save(fitted.network, stored, recipe.storage)
    weights.load(fitted.network, stored)
    silent = np.flatnonzero(records["speech"] & ~validation.is_expression)
    answers = fitted.predict(choosing.images)
    thresholds = _thresholds(answers, choosing)
    one_sided = round(best_one_sided(answers, choosing.unit_targets), 4)
    upper = _upper_face(recipe, fitted, validation.images[silent])
    result = UnitSeed(seed, fitted, thresholds, one_sided, upper, fitted.predict(test.images))
    scores = result.score(test)
    progress(
        f"seed {seed}: macro F1 {scores.macro_f1[0]:.3f}, mean AUC {scores.mean_auc[0]:.3f}, side "
        f"{scores.side[0]:.3f} of one-sided units, {scores.side_both[0]:.3f} of bilateral ones (left or "
        f"right {scores.left_right[0]:.3f})"
    )
    return result


def _thresholds(answers: np.ndarray, validation: Examples) -> tuple[float, ...]:
    """The threshold of each unit that gives the highest F1."""
    shown = validation.unit_targets > 0
    return tuple(round(best_threshold(answers[:, k], shown[:, k]), 4) for k in range(len(UNITS)))


def _upper_face(recipe, fitted, silent: np.ndarray) -> float:
    """The least probability while a person talks; 1, which nothing reaches, without such training.

    A unit is then named in at most `rejection.speech` of the clips of speech without an expression,
    `silent` (images).
    """
    if not recipe.augmentation.upper_face or not len(silent):
        return 1.0
    answers = fitted.predict(np.stack([upper_face(image) for image in silent]))
    highest = answers[:, ~lower_outputs()].max(axis=1)
    return round(float(np.quantile(highest, 1 - recipe.rejection.speech)), 4)


def sections_of_seeds(recipe: Recipe, corpus: RenderedCorpus, results: list[UnitSeed]) -> dict:
    """The sections of a card, by the names of `write_entry`, after a training on rendered clips.

    Args:
        recipe: for its rejection and storage.
        corpus: that was trained on.
        results: of all seeds; the first is the seed of the weights for use.
    """
    first, test = results[0], corpus.unit_examples("test")
    answers, shown = first.probabilities[:, : len(UNITS)], test.is_expression
    highest = answers.max(axis=1)
    return {
        "rejection": cards.Rejection(
            threshold=0.0,
            min_motion=recipe.rejection.min_motion,
            auc=round(auc(highest[shown], highest[~shown]), 4),
            kept=round(float(first.named[shown].any(axis=1).mean()), 4),
            upper_face=first.upper_face,
        ),
        "metrics": unit_metrics(test, [(r.seed, r.score(test)) for r in results]),
        "storage": Storage(recipe.storage),
        "units": unit_facts(first.score(test), first.thresholds),
        "reliability": reliability(answers, test.unit_targets[:, : len(UNITS)] > 0),
        "one_sided": first.one_sided,
    }
