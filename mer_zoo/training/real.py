"""Trains a recipe on a real dataset and writes a local zoo folder."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np

from mer_zoo import datasets, settings
from mer_zoo.errors import OutputExistsError, RecipeError
from mer_zoo.evaluation import Examples, Result, run
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.files import write_atomically
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import Tracker, tracked
from mer_zoo.tracking.evaluations import tracked_evaluation
from mer_zoo.training.calibration import rejection_of_expressions
from mer_zoo.training.learner import REAL, FittedNetwork, RecipeLearner
from mer_zoo.training.publishing import log_entry, trained_on, write_entry
from mer_zoo.training.resume import STATE, origin, refuse_existing, refuse_other_work
from mer_zoo.training.unit_card import LIMITS, sections_of_result
from mer_zoo.training.unit_evaluation import coded_examples, of_held_out
from mer_zoo.zoo import cards, find

AMBIGUOUS = (
    "The class of a micro-expression is ambiguous given the movement; a label is not a fact about feelings. "
    "Not for decisions about people."
)
RECIPE = "recipe.toml"
REFIT = "refit"
LOSO = "loso"
"""Folder within the one to write: the result, the predictions and the weights of every fold."""


def train_on_real(
    recipe: Recipe,
    root: str | Path | datasets.Dataset,
    folder: Path,
    *,
    loso: bool = False,
    jobs: int = 1,
    mixed_precision: bool = False,
    force: bool = False,
    track: bool | str | Tracker = False,
    progress: Callable[[str], None] = print,
) -> cards.Card:
    """Trains a recipe on all clips of its dataset and writes a local zoo entry.

    Weights trained on all subjects are for use, never for scores. With `loso` the honest score is
    also computed, from networks that never saw their test subject; those networks are kept. A recipe
    of action units is trained on the clips whose units are coded, and needs `loso`, since the thresholds
    of its entry come from the answers about subjects that were left out.

    Args:
        recipe: must have a [real] section.
        root: folder of the dataset, or a loaded `mer_zoo.datasets.Dataset`.
        folder: the zoo folder to write; `mer_zoo.load("./folder")` opens it.
        loso: also run leave-one-subject-out, once per seed. `folder/loso` then holds the result,
            the weights of every fold and `folds.json`, which lists the subjects that each fold left
            out. After an interruption the same call resumes at the fold, or the epoch, that was
            interrupted.
        jobs: processes.
        mixed_precision: train in bfloat16, which pays on GPUs that compute in it. Weights, scores and the
            entry are float32; the card says how it was trained (`made_with`).
        force: replace an entry in `folder`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The card; `trained_on.real_clips` counts the clips.

    Raises:
        OutputExistsError: `folder` holds an entry and `force` is false.
        RecipeError: the recipe has no [real] section, or predicts action units and `loso` is false.
        EvaluationError: the recipe predicts action units, and no clip is coded.
        DatasetError: the dataset cannot be read, or does not match the protocol.
        TrackingError, OldFileStoreError, DiskFullError: the tracking store cannot be used.

    Warns:
        TrackingWarning: the run in the store is incomplete; the entry is complete.
    """
    if recipe.of_units and not loso:
        raise RecipeError(
            f"The recipe {recipe.name} predicts action units. The thresholds of its entry come from "
            "answers about subjects that were left out: add loso=True (--loso)."
        )
    folder = refuse_existing(folder, force)
    state = folder / STATE
    if (folder / LOSO / "result.json").exists() and not (state.exists() or force):
        raise OutputExistsError(
            f"{folder / LOSO} already holds a result. Choose another --out, or say --force."
        )
    with tracked(track, "train") as tracker:
        real = recipe.real_section()
        dataset = (
            root
            if isinstance(root, datasets.Dataset)
            else datasets.load(real.dataset, root, protocol=real.protocol or None)
        )
        progress(dataset.report.to_text())
        learner = RecipeLearner.of(recipe, REAL, mixed_precision=mixed_precision)
        examples = _examples(recipe, learner, dataset, jobs, progress)
        facts = {"recipe": recipe.name, "protocol": examples.protocol, "examples": examples.digest}
        facts |= {"backend": settings.backend(), **learner.describe()}
        tracker.begin(examples, recipe.name, params=facts, folder=state)
        result = None
        if loso:
            result = _leave_one_subject_out(learner, examples, state, jobs, tracker, progress)
        network = _refit(learner, examples, state, tracker, progress).network
        if result is not None:
            _keep_folds(result, state / LOSO, folder / LOSO)
        made = {**_sections(recipe, dataset, result), "mixed_precision": mixed_precision}
        card = _write(recipe, network, dataset, examples, made, folder)
        log_entry(tracker, recipe, folder, learner.training.seeds[:1])
    shutil.rmtree(state, ignore_errors=True)
    return card


def _examples(recipe, learner, dataset, jobs, progress) -> Examples:
    if not recipe.of_units:
        return learner.examples_of(dataset, jobs=jobs)
    examples = coded_examples(dataset, learner, jobs=jobs)
    progress(f"{len(examples)} of {len(dataset)} clips have coded action units")
    return examples


def _leave_one_subject_out(
    learner, examples, state, jobs, tracker, progress
) -> Result | UnitResult:
    """The honest score. Its journal stays in `state` until the entry is written."""
    learner.check()
    progress("leaving one subject out")
    logged = tracked_evaluation(tracker, examples, part=LOSO)
    found = run(
        learner,
        examples,
        folder=state / LOSO,
        seeds=learner.training.seeds,
        jobs=jobs,
        keep_weights=True,
        callback=logged,
    )
    result = found if examples.targets is None else of_held_out(found, examples)
    logged.finished(result)
    progress(f"{result.title}: {_summary(result)}")
    return result


def _summary(result: Result | UnitResult) -> str:
    if isinstance(result, Result):
        return f"UF1 {result.uf1:.3f}"
    found = result.scores
    return (
        f"macro F1 {np.mean(found.macro_f1):.3f}, mean AUC {np.mean(found.mean_auc):.3f} over "
        f"{len(found.counted)} units"
    )


def _refit(learner, examples, state, tracker, progress) -> FittedNetwork:
    """The network for use, trained on all clips; resumed at the epoch it was in."""
    wanted = {"learner": learner.describe()}
    refuse_other_work(
        state / REFIT, {**wanted, **origin(examples.digest, examples.images_digest())}
    )
    progress(f"training on all {len(examples)} clips")
    seed = learner.training.seeds[0]
    return learner.fit_from_any_start(examples, seed, tracker=tracker, checkpoint=state / REFIT)


def _keep_folds(result: Result | UnitResult, journal: Path, folder: Path) -> None:
    """Puts the result and the weights of every fold into `folder`; the journal stays."""
    result.save(folder, force=True)
    names = sorted(np.unique(result.folds).tolist())
    kept = {}
    for seed in result.seeds:
        for number, name in enumerate(names):
            file = Path(f"seed{seed}") / f"fold{number:03d}.safetensors"
            write_atomically(folder / file, (journal / file).read_bytes())
            kept[file.as_posix()] = name
    write_atomically(folder / "folds.json", json.dumps(kept, indent=1).encode())


def _write(recipe, network, dataset, examples, made, folder) -> cards.Card:
    real = recipe.real
    before = find(real.start).card if real.start else None
    clips = dataset.licence
    write_atomically(folder / RECIPE, recipe.to_toml().encode())
    return write_entry(
        recipe,
        RECIPE,
        network,
        list(examples.class_names),
        folder,
        trained_on=_trained_on(recipe, dataset, examples, before),
        licence=clips
        if before is None or not before.trained_on.real_clips_seen
        else f"{clips}; {before.licence}",
        **made,
    )


def _sections(recipe, dataset, result: Result | UnitResult | None) -> dict:
    """The sections of the card that depend on the score and on what is predicted."""
    limits = [
        f"Trained on the clips of {dataset.name}: their licence governs what may be done with "
        "these weights, and whether they may be passed on.",
        "Trained on all subjects: a score of theirs says nothing about new people."
        + (" The metrics are of other networks, which never saw their subject." * bool(result)),
    ]
    own: tuple[str, ...]
    if isinstance(result, UnitResult):
        own, sections = LIMITS, sections_of_result(recipe, result)
    else:
        own = (AMBIGUOUS,)
        likeliest = None if result is None else result.probabilities[0].max(axis=1)
        sections = {"rejection": rejection_of_expressions(recipe.rejection, likeliest)}
    metrics = [] if result is None else _metrics(result)
    return {**sections, "metrics": metrics, "limits": [*limits, *own, *recipe.card.limits]}


def _trained_on(recipe, dataset, examples, before: cards.Card | None) -> cards.TrainedOn:
    corpus = f"{dataset.name} ({examples.protocol}, annotation {dataset.table_version})"
    seen, altered = len(examples), False
    if before is not None:
        corpus += f", beginning with {before.name}, which saw {before.trained_on.corpus}"
        seen, altered = seen + before.trained_on.real_clips, before.trained_on.altered
        corpus += " and was changed in memory afterwards" * altered
    return trained_on(
        recipe,
        examples,
        recipe.real.start,
        seed=recipe.real.training.seeds[0],
        corpus=corpus,
        real_clips=seen,
        tuned_on=[str(selection) for selection in recipe.selection],  # not the corpus' own
        altered=altered,
    )


def _metrics(result: Result | UnitResult) -> list[cards.Metric]:
    """Scores of all seeds; of action units with thresholds that no clip's own subject decided."""
    return [
        cards.Metric(
            name=row.name,
            value=round(row.mean, 4),
            values=[round(value, 4) for value in row.values],
            protocol=result.about["protocol"],
            split=result.about["split"],
            clips=row.clips,
            identities=len(np.unique(result.subjects)),
            seeds=list(result.seeds),
            majority=round(row.majority, 4),
            chance=round(row.chance, 4),
            interval=[round(value, 4) for value in row.interval],
            label=result.about.get("label", ""),
        )
        for row in result.score_rows
        if np.isfinite(row.values).all()
    ]
