"""Networks of classes from rendered clips: training, thresholds, scores, and what a card says of them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.evaluation import Examples, Scores, confusion_matrix
from mer_zoo.evaluation.metrics import auc, majority
from mer_zoo.modalities import upper_face
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.training.corpora import HELD_OUT, RenderedCorpus
from mer_zoo.training.learner import FittedNetwork
from mer_zoo.training.publishing import Storage
from mer_zoo.zoo import cards, find, weights
from mer_zoo.zoo.registry import Entry

UNCHANGED = 0.995
"""Share of the held-out clips that must keep their class when weights are stored."""


@dataclass(frozen=True)
class SeedResult:
    """One trained network, with its weights as stored, and its scores on held-out identities.

    Attributes:
        seed: of the training.
        fitted: the network.
        macro_f1, accuracy: of the clips with an expression.
        auc: of the largest probability as a detector of expressions.
        confusion: int `(K, K)`, rows are true classes.
        threshold: largest probability that an expression must reach, from validation identities.
        upper_face: the same where the upper face alone is read.
        kept: share of the held-out expressions that reach `threshold`.
        unchanged: share of the held-out clips whose class storing the weights did not change.
    """

    seed: int
    fitted: FittedNetwork
    macro_f1: float
    accuracy: float
    auc: float
    confusion: np.ndarray
    threshold: float
    upper_face: float
    kept: float
    unchanged: float


def score_seed(
    recipe: Recipe,
    corpus: RenderedCorpus,
    seed: int,
    fitted: FittedNetwork,
    state: Path,
    progress: Callable[[str], None] = print,
) -> SeedResult:
    """Scores a network on the held-out identities, with its weights as they are stored.

    Args:
        recipe: of the training.
        corpus: that it was trained on.
        seed, fitted: of `mer_zoo.training.seeds.fit_seeds`; the network gets the stored weights.
        state: folder for the stored weights.
        progress: called with a line of text.

    Raises:
        RecipeError: storing the weights as the recipe says changes too many predictions.
    """
    test = corpus.examples("test")
    before = fitted.predict(test.images).argmax(axis=1)
    _store(recipe, fitted.network, state / f"seed{seed}.{recipe.storage}.safetensors")
    answers = fitted.predict(test.images)
    unchanged = float((answers.argmax(axis=1) == before).mean())
    if unchanged < UNCHANGED:
        raise RecipeError(
            f"{recipe.name}: stored as {recipe.storage}, the weights of seed {seed} give another class "
            f"to {1 - unchanged:.2%} of the held-out clips, more than {1 - UNCHANGED:.2%}. Set storage "
            f'= "float16" and call again: what was trained is kept.'
        )
    threshold, upper = (round(v, 4) for v in choose_thresholds(recipe, fitted, corpus))
    shown, highest = test.is_expression, answers.max(axis=1)
    truth, chosen = test.labels[shown], answers[shown].argmax(axis=1)
    confusion = confusion_matrix(truth, chosen, len(test.class_names))
    result = SeedResult(
        seed=seed,
        fitted=fitted,
        macro_f1=Scores(confusion).uf1,
        accuracy=float((truth == chosen).mean()),
        auc=auc(highest[shown], highest[~shown]),
        confusion=confusion,
        threshold=threshold,
        upper_face=upper,
        kept=float((highest[shown] >= threshold).mean()),
        unchanged=unchanged,
    )
    progress(
        f"seed {seed}: macro F1 {result.macro_f1:.3f}, accuracy {result.accuracy:.3f}, "
        f"AUC of 'is there an expression' {result.auc:.3f}"
    )
    return result


def choose_thresholds(
    recipe: Recipe, fitted: FittedNetwork, corpus: RenderedCorpus
) -> tuple[float, float]:
    """The largest probability an expression must reach: in the whole face, and in the upper face.

    Chosen on the validation identities. The first lets `rejection.keep` of the micro-expressions
    pass; either names at most `rejection.speech` of the speech without an expression. The second is
    1, which nothing reaches, unless the network was trained on upper faces.

    Raises:
        NoFaceError: no identity is in the validation split.
        RecipeError: a share of speech is asked for, and no validation clip is one of speech.
    """
    validation, rule = corpus.examples("validation"), recipe.rejection
    data, _ = recipe.synthetic()
    records = corpus.records[corpus.rows("validation")]
    usual = validation.is_expression & (records["clip"] < data.clips_per_identity)
    spoken = ~validation.is_expression & records["speech"]
    asked = rule.speech < 1 or recipe.augmentation.upper_face > 0
    if asked and not spoken.any():
        raise RecipeError(
            f"{recipe.name}: rejection.speech and augmentation.upper_face need clips of speech "
            "among the validation identities, and there are none. Give more photographs, or set "
            "data.talking_clips = 6."
        )
    highest = fitted.predict(validation.images).max(axis=1)
    threshold = np.quantile(highest[usual], 1 - rule.keep)
    if rule.speech < 1:
        threshold = max(threshold, np.quantile(highest[spoken], 1 - rule.speech))
    if not recipe.augmentation.upper_face:
        return float(threshold), 1.0
    upper = np.stack([upper_face(image) for image in validation.images[spoken]])
    return float(threshold), float(np.quantile(fitted.predict(upper).max(axis=1), 1 - rule.speech))


def shared_entry(recipe: Recipe) -> Entry | None:
    """The packaged entry that holds all weights of the network except the head, or None."""
    if recipe.start and recipe.synthetic()[1].unfreeze == "head":
        entry = find(recipe.start)
        if entry.address == entry.card.name:  # what is found by this name on any machine
            return entry
    return None


def _store(recipe, network, path) -> None:
    """Gives the network its weights as stored, so that the card describes what is loaded."""
    shared = shared_entry(recipe)
    base = shared.tensors() if shared else None
    weights.save(network, path, recipe.storage, base)
    weights.load(network, path, base=base)


def sections_of_seeds(recipe: Recipe, corpus: RenderedCorpus, results: list[SeedResult]) -> dict:
    """The sections of the card that depend on the scores, by the names of `write_entry`."""
    first = results[0]
    return {
        "rejection": cards.Rejection(
            threshold=first.threshold,
            min_motion=recipe.rejection.min_motion,
            auc=round(first.auc, 4),
            kept=round(first.kept, 4),
            upper_face=first.upper_face,
            steps=recipe.rejection.steps,
        ),
        "metrics": _metrics(corpus.examples("test"), results),
        "storage": Storage(recipe.storage, shared_entry(recipe), first.unchanged),
    }


def _metrics(test: Examples, results: list[SeedResult]) -> list[cards.Metric]:
    truth, classes = test.labels[test.is_expression], len(test.class_names)
    always = majority(truth, classes)
    common: dict[str, Any] = {
        "protocol": f"{HELD_OUT}, fixed epochs",
        "split": "test",
        "identities": len(np.unique(test.subjects)),
        "seeds": [r.seed for r in results],
    }

    def metric(name, clips, baseline, chance):
        values = [round(getattr(r, name), 4) for r in results]
        return cards.Metric(
            name=name,
            value=values[0],
            values=values,
            clips=clips,
            majority=round(float(baseline), 4),
            chance=round(chance, 4),
            **common,
        )

    return [
        metric("macro_f1", len(truth), always.uf1, 1 / classes),
        metric("accuracy", len(truth), always.accuracy, 1 / classes),
        metric("auc", len(test), 0.5, 0.5),
    ]
