"""Networks of action units from rendered clips: training, calibration, thresholds, answers."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.action_units import UNITS, lower_outputs
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.unit_scores import UnitScores, score_units
from mer_zoo.modalities import upper_face
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import Tracker
from mer_zoo.training.calibration import best_one_sided, best_threshold, calibrate_head
from mer_zoo.training.corpora import RenderedCorpus
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.training.seeds import fit_seeds
from mer_zoo.zoo import weights


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


def train_unit_seeds(
    recipe: Recipe,
    corpus: RenderedCorpus,
    state: Path,
    *,
    tracker: Tracker | None = None,
    mixed_precision: bool = False,
    progress: Callable[[str], None] = print,
) -> list[UnitSeed]:
    """Trains, calibrates and applies every seed of a recipe; see `fit_seeds` for the arguments."""
    seeds = fit_seeds(
        recipe, corpus, state, tracker=tracker, mixed_precision=mixed_precision, progress=progress
    )
    return [_result(recipe, fitted, corpus, seed, state, progress) for seed, fitted in seeds]


def _result(recipe, fitted, corpus, seed, state, progress) -> UnitSeed:
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
