"""Training every seed of a recipe on synthetic clips, and scoring each on held-out identities."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.evaluation.metrics import Scores, confusion_matrix
from mer_zoo.synthesis.schemas import NONE
from mer_zoo.training.batches import Batches, soft_targets
from mer_zoo.training.corpora import CorpusImages
from mer_zoo.training.detection_score import auc
from mer_zoo.training.fitting import fit_network, predict
from mer_zoo.training.going_on import going_on
from mer_zoo.training.learner import frozen
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.starting import begin
from mer_zoo.zoo import find, weights
from mer_zoo.zoo.registry import Entry

UNCHANGED = 0.995  # share of the held-out clips that must keep their class when weights are stored


@dataclass(frozen=True)
class SeedResult:
    """One trained network and its scores on the held-out identities."""

    seed: int
    network: keras.Model
    macro_f1: float
    accuracy: float
    auc: float
    confusion: np.ndarray
    threshold: float
    kept: float
    unchanged: float


def train_seeds(
    recipe: Recipe,
    data: CorpusImages,
    classes: Sequence[str],
    state: Path,
    *,
    log: Callable = lambda seed: None,
    progress: Callable[[str], None] = print,
) -> list[SeedResult]:
    """Trains every seed of a recipe.

    Args:
        recipe: with `[data]` and `[training]`.
        data: the images of its corpus.
        classes: names of the classes, in the order of the outputs.
        state: folder that keeps finished seeds and the epochs of the one begun; the same call goes
            on with them.
        log: seed -> what `fit_network` logs its epochs to.
        progress: called with a line of text at each step.

    Raises:
        RecipeError: `state` was begun with another recipe or other clips; or stored as the recipe says,
            the weights answer otherwise too often.
        UnknownNameError, WeightsError: the recipe's start is not there, or does not fit.
    """
    going_on(state, recipe, data.digest)
    return [
        _train_seed(recipe, data, list(classes), seed, state, log, progress)
        for seed in recipe.training.seeds
    ]


def training_clips(recipe: Recipe, data: CorpusImages) -> CorpusImages:
    """The clips that are trained on: those of the training identities, of one rig if the recipe says so."""
    train, rig = data.split("train"), recipe.data.train_rig
    return train.part(np.flatnonzero(train.table["rig"] == rig)) if rig else train


def _train_seed(recipe, data: CorpusImages, classes, seed, state, log, progress) -> SeedResult:
    finished = state / f"seed{seed}.safetensors"
    keras.utils.set_random_seed(seed)
    side = recipe.preprocessing.image_size
    shape = (side, side, data.images.shape[-1])
    network = begin(recipe.network, shape, classes, recipe.start)
    train = training_clips(recipe, data)
    if finished.exists():
        weights.load(network, finished)
    else:
        batches = Batches(
            train.images,
            soft_targets(train.labels, classes, NONE, recipe.training.label_smoothing),
            image_size=recipe.preprocessing.image_size,
            modality=recipe.preprocessing.modality,
            parameters=recipe.preprocessing.parameters,
            shift=recipe.augmentation.shift,
            flip=recipe.augmentation.flip,
            batch_size=recipe.training.batch_size,
            seed=seed,
        )
        progress(
            f"seed {seed}: {len(train.labels)} training clips, {recipe.training.epochs} epochs"
        )
        with frozen(network, recipe.training.unfreeze):
            fit_network(
                network,
                batches,
                recipe.training,
                checkpoint=state / f"seed{seed}",
                log=log(seed),
                verbose=2,
            )
        weights.save(network, finished, "float32")
    before = _answers(network, data, "test", side)
    _store(recipe, network, state / f"seed{seed}.{recipe.storage}.safetensors")
    return _score(recipe, data, classes, seed, network, before, progress)


def shared_entry(recipe: Recipe) -> Entry | None:
    """The packaged entry that holds all weights of the recipe's but those of the head, if there is one."""
    if recipe.start and recipe.training.unfreeze == "head":
        entry = find(recipe.start)
        if entry.address == entry.card.name:  # what is found by this name on any machine
            return entry
    return None


def _store(recipe, network, path) -> None:
    """Gives the network its weights as stored, so that the card speaks of what is loaded."""
    shared = shared_entry(recipe)
    base = shared.tensors() if shared else None
    weights.save(network, path, recipe.storage, base)
    weights.load(network, path, base=base)


def _answers(network, data, split, side) -> np.ndarray:
    return predict(network, data.split(split).images, side)


def _score(recipe, data, classes, seed, network, before, progress):
    size = recipe.preprocessing.image_size
    validation, test = data.split("validation"), data.split("test")
    confident = _answers(network, data, "validation", size).max(axis=1)
    shown = np.asarray(validation.labels) != NONE
    threshold = float(np.quantile(confident[shown], 1 - recipe.rejection.keep))
    answers = _answers(network, data, "test", size)
    unchanged = float((answers.argmax(axis=1) == before.argmax(axis=1)).mean())
    if unchanged < UNCHANGED:
        raise RecipeError(
            f"{recipe.name}: stored as {recipe.storage}, the weights of seed {seed} give another class "
            f"to {1 - unchanged:.2%} of the held-out clips, more than {1 - UNCHANGED:.2%}. Set storage "
            f'= "float16" and call again: what was trained is kept.'
        )
    shown = np.asarray(test.labels) != NONE
    truth = np.array([classes.index(label) for label in np.asarray(test.labels)[shown]])
    chosen = answers[shown].argmax(axis=1)
    confusion = confusion_matrix(truth, chosen, len(classes))
    result = SeedResult(
        seed=seed,
        network=network,
        macro_f1=Scores(confusion).uf1,
        accuracy=float((truth == chosen).mean()),
        auc=auc(answers.max(axis=1)[shown], answers.max(axis=1)[~shown]),
        confusion=confusion,
        threshold=round(threshold, 4),
        kept=float((answers.max(axis=1)[shown] >= threshold).mean()),
        unchanged=unchanged,
    )
    progress(
        f"seed {seed}: macro F1 {result.macro_f1:.3f}, accuracy {result.accuracy:.3f}, "
        f"AUC of 'is there an expression' {result.auc:.3f}"
    )
    return result
