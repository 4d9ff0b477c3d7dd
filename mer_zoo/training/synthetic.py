"""From a recipe to a zoo folder: corpus, training, honest scores, weights, golden outputs, card."""

import dataclasses
import shutil
from collections.abc import Callable
from pathlib import Path

from mer_zoo import settings
from mer_zoo.errors import RecipeError, UnknownNameError
from mer_zoo.evaluation.confusion_picture import confusion_svg
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.synthesis import SCHEMAS
from mer_zoo.tracking import Tracker, tracked
from mer_zoo.training import classes, units
from mer_zoo.training.corpora import (
    HELD_OUT,
    Portraits,
    RenderedCorpus,
    render_corpus,
    training_examples,
)
from mer_zoo.training.precision import stated
from mer_zoo.training.publishing import log_entry, trained_on, write_entry
from mer_zoo.training.resume import STATE, refuse_existing
from mer_zoo.training.seeds import fit_seeds
from mer_zoo.zoo import cards, find


def train_on_synthetic(
    recipe: Recipe,
    photos: Path,
    folder: Path,
    *,
    recipe_path: Path,
    ict_file: Path | None = None,
    jobs: int = 2,
    mixed_precision: bool = False,
    force: bool = False,
    track: bool | str | Tracker = False,
    progress: Callable[[str], None] = print,
) -> cards.Card:
    """Trains every seed of a recipe and writes the first one as a zoo entry.

    The weights written are those of the first seed, whatever the scores of the seeds are; the card
    states the scores of all seeds. After an interruption the same call resumes: the corpus is
    cached, and the state after each epoch is in `folder/.training`.

    Args:
        recipe: what to train.
        photos: folder of photographs, one identity each.
        folder: the zoo folder to write.
        recipe_path: where the recipe came from, for the card.
        ict_file: the second face rig, for recipes that name it.
        jobs: processes that render the corpus.
        mixed_precision: train in bfloat16, which pays on GPUs that compute in it. Weights, scores and the
            entry are float32; the card says how it was trained (`made_with`).
        force: replace an existing entry in `folder`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The card.

    Raises:
        OutputExistsError: `folder` holds an entry and `force` is false.
        RecipeError: the recipe does not fit its schema, its start has seen real clips, or its
            storage changes too many predictions.
        NoFaceError, ClipError: no photograph can be used.
        TrackingError, OldFileStoreError, DiskFullError: the tracking store cannot be used.

    Warns:
        TrackingWarning: the run in the store is incomplete; the entry is complete.
    """
    folder = refuse_existing(folder, force)
    data, _ = recipe.synthetic()
    _refuse_real_start(recipe)
    if data.schema not in SCHEMAS:
        raise RecipeError(str(UnknownNameError.among("label schema", data.schema, SCHEMAS)))
    state = folder / STATE
    with tracked(track, "train") as tracker:
        corpus = render_corpus(recipe, Portraits(photos, ict_file, jobs), progress=progress)
        _begin_run(tracker, recipe, corpus, state, mixed_precision)
        kind = units if recipe.of_units else classes
        seeds = fit_seeds(recipe, corpus, state, tracker, mixed_precision, progress)
        results = [kind.score_seed(recipe, corpus, *trained, state, progress) for trained in seeds]
        train = training_examples(recipe, corpus)
        card = write_entry(
            recipe,
            f"recipes/{Path(recipe_path).name}",
            results[0].fitted.network,
            list(train.class_names),
            folder,
            trained_on=trained_on(
                recipe, train, recipe.start, seed=data.seed, digest=corpus.digest
            ),
            mixed_precision=mixed_precision,
            **kind.sections_of_seeds(recipe, corpus, results),
        )
        _log(tracker, recipe, card, results[0], folder)
    shutil.rmtree(state, ignore_errors=True)
    return card


def _refuse_real_start(recipe: Recipe) -> None:
    saw = find(recipe.start).card.trained_on.real_clips_seen if recipe.start else ""
    if saw:
        raise RecipeError(
            f"{recipe.name} starts from {recipe.start}, which was trained on {saw}; the new "
            "card would say that synthetic clips alone were seen. Start from an entry with real_clips = "
            "0, or train on real clips (--root) with real.start."
        )


def _begin_run(
    tracker: Tracker, recipe: Recipe, corpus: RenderedCorpus, state: Path, mixed_precision: bool
) -> None:
    # One experiment for each schema. The protocol of the clips names seed and sizes too.
    train = dataclasses.replace(
        training_examples(recipe, corpus),
        protocol=f"synthetic-{recipe.synthetic()[0].schema}",
        about=(("dataset", "synthetic"), ("corpus", corpus.description)),
    )
    described = dataclasses.asdict(recipe)
    sections = ("network", "preprocessing", "augmentation", "training")
    tracker.begin(
        train,
        recipe.name,
        params={
            "recipe": recipe.name,
            "examples": corpus.digest,
            "backend": settings.backend(),
            **stated(mixed_precision),
            **{section: described[section] for section in sections},
        },
        folder=state,
    )


def _log(tracker, recipe, card, first, folder) -> None:
    """The scores are the card's: those of the first seed, and of every seed."""
    for metric in card.metrics:
        of_seeds = zip(metric.seeds, metric.values, strict=True)
        tracker.metrics({f"{metric.name}/seed{seed}": value for seed, value in of_seeds})
        tracker.metrics({metric.name: metric.value})
    if isinstance(first, classes.SeedResult):
        title = f"{HELD_OUT}, seed {first.seed}"
        tracker.write(confusion_svg(first.confusion, card.class_names, title), "confusion.svg")
    log_entry(tracker, recipe, folder, recipe.synthetic()[1].seeds)
