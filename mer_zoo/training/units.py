"""From a recipe of action units to a zoo folder: training, calibration, thresholds, scores, card."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.action_units import OUTPUTS, UNITS, lower_outputs
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.metrics import auc
from mer_zoo.evaluation.unit_scores import MeanScore, UnitScores, score_units
from mer_zoo.modalities import upper_face
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import Tracker
from mer_zoo.training.calibration import (
    best_one_sided,
    best_threshold,
    calibrate_head,
    reliability,
    unit_facts,
)
from mer_zoo.training.corpora import RenderedCorpus
from mer_zoo.training.learner import SYNTHETIC, FittedNetwork, RecipeLearner, fit_or_resume
from mer_zoo.training.publishing import Storage, log_entry, write_entry
from mer_zoo.training.synthetic import refuse_other_seeds
from mer_zoo.zoo import cards, weights

PROTOCOL = "held-out identities, fixed epochs"


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


def make_unit_entry(
    recipe: Recipe,
    recipe_path: str | Path,
    corpus: RenderedCorpus,
    folder: Path,
    state: Path,
    tracker: Tracker,
    *,
    mixed_precision: bool = False,
    progress: Callable[[str], None] = print,
) -> cards.Card:
    """Trains every seed of a recipe of action units and writes the first as a zoo entry.

    Args:
        recipe: with `task = "action units"`.
        recipe_path: where it came from, for the card.
        corpus: the recipe's, rendered.
        folder: the zoo folder to write.
        state: folder of the finished seeds and of the epochs of the current one.
        tracker: logs losses and scores.
        mixed_precision: train in bfloat16.
        progress: called with a line of text at each step.

    Returns:
        The card.
    """
    results = train_unit_seeds(
        recipe,
        corpus,
        state,
        tracker=tracker,
        mixed_precision=mixed_precision,
        progress=progress,
    )
    card = _write(recipe, recipe_path, corpus, results, folder, mixed_precision)
    for metric in card.metrics:
        of_seeds = zip(metric.seeds, metric.values, strict=True)
        tracker.metrics({f"{metric.name}/seed{seed}": value for seed, value in of_seeds})
        tracker.metrics({metric.name: metric.value})
    log_entry(tracker, recipe, folder, recipe.synthetic()[1].seeds)
    return card


def train_unit_seeds(
    recipe: Recipe,
    corpus: RenderedCorpus,
    state: Path,
    *,
    tracker: Tracker | None = None,
    mixed_precision: bool = False,
    progress: Callable[[str], None] = print,
) -> list[UnitSeed]:
    """Trains, calibrates and applies every seed of a recipe; see `train_seeds` for the arguments."""
    data, training = recipe.synthetic()
    train = corpus.unit_examples("train", data.train_rig)
    refuse_other_seeds(recipe, corpus, train, state, mixed_precision)
    learner = RecipeLearner.of(recipe, SYNTHETIC, mixed_precision=mixed_precision)
    return [
        _train_seed(recipe, learner, corpus, train, seed, state, tracker, progress)
        for seed in training.seeds
    ]


def _train_seed(recipe, learner, corpus, train, seed, state, tracker, progress) -> UnitSeed:
    fitted = fit_or_resume(learner, train, seed, state, tracker, progress)
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


def _write(recipe, recipe_path, corpus, results, folder, mixed_precision) -> cards.Card:
    from mer_zoo.training.initial_weights import pretraining

    data, _ = recipe.synthetic()
    first, train = results[0], corpus.unit_examples("train", data.train_rig)
    test = corpus.unit_examples("test")
    scores, shown = first.score(test), test.is_expression
    highest = first.probabilities[:, : len(UNITS)].max(axis=1)
    return write_entry(
        recipe,
        f"recipes/{Path(recipe_path).name}",
        first.fitted.network,
        list(OUTPUTS),
        folder,
        rejection=cards.Rejection(
            threshold=0.0,
            min_motion=recipe.rejection.min_motion,
            auc=round(auc(highest[shown], highest[~shown]), 4),
            kept=round(float(first.named.any(axis=1)[shown].mean()), 4),
            upper_face=first.upper_face,
        ),
        trained_on=cards.TrainedOn(
            corpus=corpus.description,
            clips=len(train),
            identities=len(np.unique(train.subjects)),
            real_clips=0,
            seed=data.seed,
            digest=corpus.digest,
            tuned_on=recipe.tuned_on,
            selection=recipe.selection,
            pretrained=pretraining(recipe.network, recipe.start),
        ),
        metrics=unit_metrics(test, [(r.seed, r.score(test)) for r in results]),
        storage=Storage(recipe.storage),
        units=unit_facts(scores, first.thresholds),
        reliability=reliability(
            first.probabilities[:, : len(UNITS)], test.unit_targets[:, : len(UNITS)] > 0
        ),
        one_sided=first.one_sided,
        mixed_precision=mixed_precision,
    )


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

    def metric(row: MeanScore) -> cards.Metric:
        values = [round(getattr(scores, row.name)[0], 4) for _, scores in scored]
        return cards.Metric(
            name=row.name,
            value=values[0],
            values=values,
            protocol=PROTOCOL,
            split="test",
            clips=row.clips,
            identities=len(np.unique(test.subjects)),
            seeds=[seed for seed, _ in scored],
            majority=round(row.majority, 4),
            chance=round(row.chance, 4),
            interval=[] if np.isnan(row.interval).any() else [round(v, 4) for v in row.interval],
        )

    return [metric(row) for row in first.means if measured.get(row.name, True)]
