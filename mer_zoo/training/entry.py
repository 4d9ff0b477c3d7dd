"""From a recipe to a zoo folder: corpus, training, honest scores, weights, golden outputs, card."""

import dataclasses
import shutil
from pathlib import Path

import keras
import numpy as np

from mer_zoo.errors import RecipeError
from mer_zoo.evaluation.confusion_picture import confusion_svg
from mer_zoo.evaluation.metrics import majority
from mer_zoo.synthesis import SCHEMAS
from mer_zoo.synthesis.schemas import NONE
from mer_zoo.tracking import Tracker, tracked
from mer_zoo.tracking.run import experiment_name
from mer_zoo.training.corpora import CorpusImages, Portraits, corpus_images
from mer_zoo.training.publishing import Storage, refuse_existing, write_entry
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.seeds import SeedResult, shared_entry, train_seeds, training_clips
from mer_zoo.training.tracking import log_entry
from mer_zoo.zoo import cards, find


def train_entry(
    recipe: Recipe,
    photos: Path,
    folder: Path,
    *,
    recipe_path: Path,
    ict_file: Path | None = None,
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
        ict_file: the second face rig, for recipes that name it.
        jobs: processes that make the corpus.
        force: replace an existing entry in `folder`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The card.

    Raises:
        OutputExistsError: `folder` holds an entry and `force` is false.
        RecipeError: the recipe does not fit its schema, its start has seen real clips, or its storage
            changes too many answers.
        NoFaceError, ClipError: no photograph can be used.
        TrackingError, OldFileStoreError, DiskFullError: runs cannot be logged from the start.

    Warns:
        TrackingWarning: the run is incomplete in the store; the entry is not.
    """
    folder = refuse_existing(folder, force)
    corpus, _ = recipe.synthetic()
    _refuse_real_start(recipe)
    if corpus.schema not in SCHEMAS:
        raise RecipeError(f"Schema {corpus.schema!r} is unknown. Known: {', '.join(SCHEMAS)}.")
    classes = list(SCHEMAS[corpus.schema].class_names)
    state = folder / ".training"
    with tracked(track, "train") as tracker:
        data = corpus_images(recipe, Portraits(photos, ict_file, jobs), progress=progress)
        _begin(tracker, recipe, data, state)
        results = train_seeds(recipe, data, classes, state, log=tracker.epochs, progress=progress)
        card = _write(recipe, recipe_path, data, classes, results, folder)
        _log(tracker, recipe, card, results[0], folder)
    shutil.rmtree(state, ignore_errors=True)
    return card


def _refuse_real_start(recipe: Recipe) -> None:
    saw = find(recipe.start).card.trained_on.real_clips if recipe.start else 0
    if saw:
        raise RecipeError(
            f"{recipe.name} starts from {recipe.start}, which was trained on {saw} real clips; the new "
            "card would say that synthetic clips alone were seen. Start from an entry with real_clips = "
            "0, or train on real clips (--root) with real.start."
        )


def _begin(tracker, recipe, data: CorpusImages, state):
    train, described = training_clips(recipe, data), dataclasses.asdict(recipe)
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


def _write(recipe, recipe_path, data, classes, results, folder):
    first, train = results[0], training_clips(recipe, data)
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
        storage=Storage(recipe.storage, shared_entry(recipe), first.unchanged),
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
