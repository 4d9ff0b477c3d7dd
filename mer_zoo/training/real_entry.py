"""Weights from the real thing: a recipe and a dataset become a local zoo folder."""

import json
import shutil
from pathlib import Path

import numpy as np

from mer_zoo.datasets import Dataset
from mer_zoo.errors import OutputExistsError
from mer_zoo.evaluation import Result, discard, run
from mer_zoo.evaluation.metrics import SCORE_NAMES
from mer_zoo.tracking import Tracker, machine, tracked
from mer_zoo.tracking.evaluations import TrackedEvaluation, sizes
from mer_zoo.tracking.run import experiment_of
from mer_zoo.training.evaluating import examples_of, load_dataset, real_section
from mer_zoo.training.learner import RecipeLearner
from mer_zoo.training.publishing import refuse_existing, write_entry
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.tracking import log_entry
from mer_zoo.zoo import cards, find

LOSO = "loso"
STATE = ".training"  # in the folder to write: what an interrupted call goes on from


def train_on_real(
    recipe: Recipe,
    root,
    folder: Path,
    *,
    recipe_path: Path,
    loso: bool = False,
    jobs: int = 1,
    force: bool = False,
    track: bool | str | Tracker = False,
    progress=print,
) -> cards.Card:
    """Trains a recipe on all clips of its dataset and writes a local zoo entry.

    Weights trained on all subjects are for use, never for scores. With `loso` the honest score is
    computed as well, from networks that never saw their test subject, and those networks are kept.

    Args:
        recipe: has a [real] section.
        root: folder of the dataset, or a loaded `mer_zoo.datasets.Dataset`.
        folder: the zoo folder to write; `mer_zoo.load("./folder")` opens it.
        recipe_path: where the recipe came from, for the card.
        loso: also leave one subject out, once a seed; `folder/loso` then holds the result, the
            weights of every fold and `folds.json`, which says who was left out of which.
            Interrupted, the same call goes on with the next fold.
        jobs: processes.
        force: replace an entry in `folder`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The card; `trained_on.real_clips` counts the clips.

    Raises:
        OutputExistsError: `folder` holds an entry and `force` is false.
        RecipeError: the recipe has no [real] section.
        DatasetError: the dataset cannot be read, or is not what the protocol says.
        TrackingError, OldFileStoreError, DiskFullError: runs cannot be logged from the start.

    Warns:
        TrackingWarning: the run is incomplete in the store; the entry is not.
    """
    folder = refuse_existing(folder, force)
    if loso and (folder / LOSO / "result.json").exists() and not force:
        raise OutputExistsError(
            f"{folder / LOSO} already holds a result. Choose another --out, or say --force."
        )
    with tracked(track, "train") as tracker:
        return _train(recipe, root, folder, recipe_path, loso, jobs, force, progress, tracker)


def _train(recipe, root, folder, recipe_path, loso, jobs, force, progress, tracker):
    real = real_section(recipe)
    given = isinstance(root, Dataset)
    dataset = load_dataset(real, root if given else None, None if given else root)
    progress(dataset.report.to_text())
    examples = examples_of(dataset, recipe, jobs=jobs)
    learner = RecipeLearner.of(recipe, real.training, real.start)
    state = folder / STATE
    tracker.begin(
        experiment_of(examples),
        recipe.name,
        params={
            "recipe": recipe.name,
            "protocol": examples.protocol,
            "examples": examples.digest,
            "backend": machine.backend(),
            **sizes(examples),
            **learner.describe(),
        },
        tags={f"mer_zoo.{key}": value for key, value in examples.about},
        folder=state,
    )
    result = None
    if loso:
        learner.check()
        progress("leaving one subject out")
        journal = state / LOSO
        follower = TrackedEvaluation(tracker, examples, part=LOSO)
        result = run(
            learner,
            examples,
            folder=journal,
            seeds=real.training.seeds,
            jobs=jobs,
            keep_weights=True,
            follower=follower,
        )
        _keep_folds(result, journal, folder / LOSO, force)
        follower.finished(result)
        progress(f"{result.title}: UF1 {result.uf1:.3f}")
    progress(f"training on all {len(examples)} clips")
    fitted = learner.fit_for_use(examples, real.training.seeds[0], tracker=tracker)
    before = find(real.start).card.trained_on if real.start else None
    card = write_entry(
        recipe,
        recipe_path,
        fitted.network,
        list(examples.class_names),
        folder,
        trained_on=cards.TrainedOn(
            corpus=f"{dataset.name} ({examples.protocol}, annotation {dataset.table_version})"
            + (f", beginning with {real.start}, which saw {before.corpus}" if before else ""),
            clips=len(examples),
            identities=len(np.unique(examples.subjects)),
            real_clips=len(examples) + (before.real_clips if before else 0),
            seed=real.training.seeds[0],
            digest=examples.digest,
            tuned_on=[],
        ),
        rejection=_rejection(recipe, result),
        metrics=[] if result is None else _metrics(result),
        limits=[
            f"Trained on the clips of {dataset.name}: their licence governs what may be done with "
            "these weights, and whether they may be passed on.",
            "Trained on all subjects: a score of theirs says nothing about new people."
            + (" The metrics are of other networks, which never saw their subject." * loso),
            "The class of a micro-expression is ambiguous given the movement; a label is not a "
            "fact about feelings. Not for decisions about people.",
        ],
    )
    log_entry(tracker, recipe, folder, real.training.seeds[:1])
    shutil.rmtree(state, ignore_errors=True)
    return card


def _keep_folds(result: Result, journal: Path, folder: Path, force: bool) -> None:
    result.save(folder, force)
    names = sorted(np.unique(result.folds).tolist())
    kept = {}
    for seed in result.seeds:
        for number, name in enumerate(names):
            source = journal / f"seed{seed}" / f"fold{number:03d}.safetensors"
            target = folder / f"seed{seed}" / source.name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)
            kept[f"seed{seed}/{source.name}"] = name
    (folder / "folds.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    discard(journal)


def _rejection(recipe, result):
    """The threshold that keeps the wanted share of held-out clips; without held-out clips, none."""
    nan = float("nan")
    threshold = kept = nan
    if result is not None:
        likeliest = result.probabilities[0].max(axis=1)
        threshold = float(np.quantile(likeliest, 1 - recipe.rejection.keep))
        kept = float((likeliest >= threshold).mean())
    return cards.Rejection(
        threshold=0.0 if np.isnan(threshold) else round(threshold, 4),
        min_motion=recipe.rejection.min_motion,
        auc=nan,  # a dataset of micro-expressions has no clips without one
        kept=kept,
    )


def _metrics(result: Result) -> list[cards.Metric]:
    return [
        cards.Metric(
            name=name,
            value=round(result.mean(name), 4),
            values=[round(getattr(s, name), 4) for s in result.scores],
            protocol=result.about["protocol"],
            split=result.about["split"],
            clips=len(result.clips),
            identities=len(np.unique(result.subjects)),
            seeds=list(result.seeds),
            majority=round(getattr(result.majority, name), 4),
            chance=round(getattr(result.chance, name), 4),
            interval=[round(v, 4) for v in result.intervals.get(name, ())],
        )
        for name in SCORE_NAMES
    ]
