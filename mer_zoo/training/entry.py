"""From a recipe to a zoo folder: corpus, training, honest scores, weights, golden outputs, card."""

import dataclasses
import shutil
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from mer_zoo import models
from mer_zoo.errors import RecipeError
from mer_zoo.evaluation.confusion_picture import confusion_svg
from mer_zoo.evaluation.metrics import Scores, confusion_matrix, majority
from mer_zoo.synthesis import SCHEMAS
from mer_zoo.synthesis.schemas import NONE
from mer_zoo.tracking import Tracker, tracked
from mer_zoo.tracking.run import experiment_name
from mer_zoo.training.batches import Batches, soft_targets
from mer_zoo.training.corpora import CorpusImages, corpus_images
from mer_zoo.training.detection_score import auc
from mer_zoo.training.fitting import fit_network, predict
from mer_zoo.training.publishing import refuse_existing, write_entry
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.tracking import log_entry
from mer_zoo.zoo import cards, weights


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


def train_entry(
    recipe: Recipe,
    photos: Path,
    folder: Path,
    *,
    recipe_path: Path,
    jobs: int = 2,
    force: bool = False,
    track: bool | str | Tracker = False,
    progress=print,
) -> cards.Card:
    """Trains every seed of a recipe and writes the zoo entry of the first.

    The weights shipped are those of the first seed, whatever the scores of the seeds are; all of them
    stand on the card. Interrupted, the same call goes on where it was: the corpus is kept in the
    cache, and training after each epoch in `folder/.training`.

    Args:
        recipe: what to train.
        photos: folder of photographs, one identity each.
        folder: the zoo folder to write.
        recipe_path: where the recipe came from, for the card.
        jobs: processes that make the corpus.
        force: replace an existing entry in `folder`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The card.

    Raises:
        OutputExistsError: `folder` holds an entry and `force` is false.
        RecipeError: the recipe does not fit its schema.
        NoFaceError, ClipError: no photograph can be used.
        TrackingError, OldFileStoreError, DiskFullError: runs cannot be logged from the start.

    Warns:
        TrackingWarning: the run is incomplete in the store; the entry is not.
    """
    folder = refuse_existing(folder, force)
    corpus, training = recipe.synthetic()
    if corpus.schema not in SCHEMAS:
        raise RecipeError(f"Schema {corpus.schema!r} is unknown. Known: {', '.join(SCHEMAS)}.")
    classes = list(SCHEMAS[corpus.schema].class_names)
    state = folder / ".training"
    with tracked(track, "train") as tracker:
        data = corpus_images(recipe, photos, jobs=jobs, progress=progress)
        _begin(tracker, recipe, data, state)
        results = []
        for seed in training.seeds:
            results.append(_train_seed(recipe, data, classes, seed, state, progress, tracker))
        card = _write(recipe, recipe_path, data, classes, results, folder)
        _log(tracker, recipe, card, results[0], folder)
    shutil.rmtree(state, ignore_errors=True)
    return card


def _begin(tracker, recipe, data: CorpusImages, state):
    train, described = data.split("train"), dataclasses.asdict(recipe)
    sections = ("network", "preprocessing", "augmentation", "training")
    tracker.begin(
        experiment_name("synthetic", f"synthetic-{recipe.data.schema}"),
        recipe.name,
        params={
            "recipe": recipe.name,
            "examples": data.digest,
            "backend": keras.backend.backend(),
            "clips": len(train.labels),
            "subjects": train.identities,
            **{section: described[section] for section in sections},
        },
        tags={"mer_zoo.dataset": "synthetic", "mer_zoo.corpus": data.description},
        folder=state,
    )


def _log(tracker, recipe, card, first: SeedResult, folder):
    """The scores are the card's: those of the first seed, and of every seed."""
    for metric in card.metrics:
        of_seeds = zip(metric.seeds, metric.values, strict=True)
        tracker.metrics({f"{metric.name}/seed{seed}": value for seed, value in of_seeds})
        tracker.metrics({metric.name: metric.value})
    title = f"held-out identities, seed {first.seed}"
    tracker.write(confusion_svg(first.confusion, card.class_names, title), "confusion.svg")
    log_entry(tracker, recipe, folder, recipe.training.seeds)


def _train_seed(recipe, data: CorpusImages, classes, seed, state, progress, tracker) -> SeedResult:
    finished = state / f"seed{seed}.safetensors"
    keras.utils.set_random_seed(seed)
    network = models.build(
        recipe.network.name,
        **{
            **recipe.network.arguments,
            "input_shape": (*(recipe.preprocessing.image_size,) * 2, data.images.shape[-1]),
            "num_classes": len(classes),
        },
    )
    train = data.split("train")
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
        fit_network(
            network,
            batches,
            recipe.training,
            checkpoint=state / f"seed{seed}",
            log=tracker.epochs(seed),
            verbose=2,
        )
        weights.save(network, finished, "float32")
    # Scores are those of the weights as stored, so that the card speaks of what is loaded.
    stored = state / f"seed{seed}.float16.safetensors"
    weights.save(network, stored, "float16")
    weights.load(network, stored)
    return _score(recipe, data, classes, seed, network, progress)


def _score(recipe, data, classes, seed, network, progress):
    size = recipe.preprocessing.image_size
    validation, test = data.split("validation"), data.split("test")
    confident = predict(network, validation.images, size).max(axis=1)
    shown = np.asarray(validation.labels) != NONE
    threshold = float(np.quantile(confident[shown], 1 - recipe.rejection.keep))
    answers = predict(network, test.images, size)
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
    )
    progress(
        f"seed {seed}: macro F1 {result.macro_f1:.3f}, accuracy {result.accuracy:.3f}, "
        f"AUC of 'is there an expression' {result.auc:.3f}"
    )
    return result


def _write(recipe, recipe_path, data, classes, results, folder):
    first, train = results[0], data.split("train")
    return write_entry(
        recipe,
        recipe_path,
        first.network,
        classes,
        folder,
        rejection=cards.Rejection(
            threshold=first.threshold,
            min_motion=recipe.rejection.min_motion,
            auc=round(first.auc, 4),
            kept=round(first.kept, 4),
        ),
        trained_on=cards.TrainedOn(
            corpus=data.description,
            clips=len(train.labels),
            identities=train.identities,
            real_clips=0,
            seed=recipe.data.seed,
            digest=data.digest,
            tuned_on=recipe.card.tuned_on,
        ),
        metrics=_metrics(data, classes, results),
    )


def _metrics(data, classes, results):
    test = data.split("test")
    shown = [label for label in test.labels if label != NONE]
    truth = np.array([classes.index(label) for label in shown])
    always = majority(truth, len(classes))
    common = {
        "protocol": "held-out identities, fixed epochs",
        "split": "test",
        "identities": test.identities,
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
        metric("macro_f1", len(shown), always.uf1, 1 / len(classes)),
        metric("accuracy", len(shown), always.accuracy, 1 / len(classes)),
        metric("auc", len(test.labels), 0.5, 0.5),
    ]
