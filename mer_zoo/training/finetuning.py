"""Fine-tunes a zoo entry on custom clips and classes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from mer_zoo import datasets
from mer_zoo.errors import DatasetError, RecipeError, UnknownNameError
from mer_zoo.recipes.recipe import (
    Augmentation,
    CardText,
    NetworkChoice,
    Real,
    Recipe,
    RejectionRule,
    Training,
)
from mer_zoo.tracking import tracked
from mer_zoo.training.real import train_on_real
from mer_zoo.training.resume import refuse_existing
from mer_zoo.zoo import find, load
from mer_zoo.zoo.cards import Card

if TYPE_CHECKING:  # imports a backend
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

LEAST_CLIPS = 3  # of a class: one to test, two to learn from
VARIANTS = 4  # of each clip; see `mer_zoo.preparation.variants`
START = "start"
"""Folder within the one to write: the weights of a loaded classifier that training begins with."""

# For 5 to 50 clips a class. The head learns fast, the layers below it little and slowly.
DEFAULT = Training(
    epochs=15,
    head_epochs=15,
    seeds=[1],
    batch_size=16,
    learning_rate=1e-3,
    weight_decay=1e-3,
    label_smoothing=0.1,
    balance=True,
)


def finetune(
    model: "str | Path | MicroExpressionClassifier",
    data: str | Path | datasets.Dataset,
    out: str | Path,
    *,
    training: Training = DEFAULT,
    variants: int = VARIANTS,
    action_units: Mapping[str, str] | None = None,
    score: bool = True,
    jobs: int = 1,
    mixed_precision: bool = False,
    force: bool = False,
    track: bool | str = False,
    progress: Callable[[str], None] = print,
) -> "MicroExpressionClassifier":
    """Fine-tunes a zoo entry on your own clips and writes a local zoo folder.

    A new head is trained first; then all layers, or only the upper ones (`training.unfreeze`), with
    a decreasing learning rate. Rare classes are drawn as often as frequent ones. Images are shifted
    and mirrored, and are also made from variants of the clips with slightly different phases, frame
    sampling, light and noise. Scores use the unchanged clips.

    Args:
        model: name of a zoo entry (or its `./folder`), or a loaded classifier with the weights it
            has in memory. If they differ from those of a packaged entry, they are saved in
            `out/start`.
        data: csv (path, label; subject, onset, apex, offset, fps if known), folder with one
            subfolder per class, or a `mer_zoo.datasets.Dataset`. Missing phases are spotted, except an
            apex that a `Dataset` was loaded with (`missing_apex`).
        out: the zoo folder to write: weights, card, recipe, and with `score` also the predictions
            and weights of every fold. After an interruption the same call resumes.
        training: optimisation; see `mer_zoo.recipes.recipe.Training`.
        variants: training images per clip, including that of the unchanged clip. 1 uses only the
            unchanged clip; datasets of precomputed images always have 1.
        action_units: label -> action units that show it, for example `{"tense": "4+7"}`. Every
            second variant of such clips is rendered on the person's own face at the onset, which
            should be neutral. Rendered variants are used only for training.
        score: run leave-one-subject-out first, so that the card carries an honest score. This needs
            clips of at least two subjects, and weights that saw no real clips; otherwise a message
            says that there is no score. Weights changed after loading may have seen any clip.
        jobs: processes.
        mixed_precision: train in bfloat16, which pays on GPUs that compute in it. Weights, scores and the
            entry are float32; the card says how it was trained (`made_with`).
        force: replace an entry in `out`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: called with a line of text at each step.

    Returns:
        The classifier, as `mer_zoo.load(out)` returns it.

    Raises:
        DatasetError: the clips cannot be used, there is only one class, or a class has fewer than
            three clips.
        RecipeError: `training` or `variants` has an impossible value, or the entry names action units.
        OutputExistsError: `out` holds an entry and `force` is false.
        UnknownNameError: the entry does not exist.
        TrackingError, OldFileStoreError, DiskFullError: the tracking store cannot be used.

    Warns:
        TrackingWarning: the run in the store is incomplete; the entry is complete.
    """
    out = refuse_existing(Path(out), force)
    if isinstance(model, str | Path):
        start = str(model)
    else:
        from mer_zoo.training.loaded_start import keep_weights

        start = keep_weights(model, out / START)
    entry = find(start)
    if entry.card.units:
        raise RecipeError(
            f"{entry.card.name} names action units, so it cannot be fine-tuned to classes. Fine-tune an "
            "entry that names classes, such as meganet_casme2."
        )
    dataset = (
        data
        if isinstance(data, datasets.Dataset)
        else datasets.load("custom", data, missing_apex="spot")  # as `predict` does
    )
    check_clips(dataset)
    if dataset.kind == "images" and variants > 1:
        progress(f"{dataset.name} holds images, not frames: no variants are made of them.")
        variants = 1
    units = _checked_units(action_units or {}, dataset)
    recipe = finetuning_recipe(start, entry.card, out.name, training, variants, units)
    with tracked(track, "finetune") as tracker:
        train_on_real(
            recipe,
            dataset,
            out,
            loso=score and _can_be_scored(dataset, entry.card, progress),
            jobs=jobs,
            mixed_precision=mixed_precision,
            force=force,
            track=tracker,
            progress=progress,
        )
    return load(f"./{out}" if not out.is_absolute() else str(out))


def finetuning_recipe(
    start: str,
    card: Card,
    name: str,
    training: Training,
    variants: int = VARIANTS,
    action_units: Mapping[str, str] = MappingProxyType({}),
) -> Recipe:
    """The recipe of a fine-tuning: the entry's network and images, with optimisation for few clips."""
    shift = min(Augmentation.shift, (card.preprocessing.side - card.preprocessing.image_size) // 2)
    recipe = Recipe(
        name=name,
        preprocessing=card.preprocessing,
        network=NetworkChoice(card.network.name, dict(card.network.arguments)),
        augmentation=Augmentation(
            shift=max(shift, 1), variants=variants, action_units=dict(action_units)
        ),
        rejection=RejectionRule(min_motion=card.rejection.min_motion),
        real=Real("custom", "", training, start),
        selection=card.trained_on.selection,
        card=CardText(
            summary=f"{card.name} of the zoo, fine-tuned on one's own clips.",
            intended_use="What it was fine-tuned for, on people and cameras like those of its clips.",
            limits=_rendering_told(action_units),
            references=card.references,
            companion=card.companion,
        ),
    )
    recipe.check(f"fine-tuning of {card.name}")
    return recipe


def _rendering_told(action_units: Mapping[str, str]) -> list[str]:
    listed = ", ".join(f"{label}: {units}" for label, units in action_units.items())
    told = f"A part of the training images was rendered on the people's own faces ({listed})."
    return [told] if action_units else []


def _checked_units(action_units: Mapping[str, str], dataset) -> dict[str, str]:
    from mer_zoo.synthesis import parse_action_units

    for label, units in action_units.items():
        if label not in dataset.class_counts:
            raise UnknownNameError.among("class of the clips", label, dataset.class_counts)
        parse_action_units(units)  # an unknown unit is named before anything is trained
    if action_units and dataset.kind == "images":
        raise DatasetError(
            f"{dataset.name} holds images, and action units are rendered on frames. Leave "
            "action_units out."
        )
    return dict(action_units)


def check_clips(dataset: datasets.Dataset) -> None:
    """Raises DatasetError unless there are at least two classes with enough clips each."""
    counts = dataset.class_counts
    if len(counts) < 2:
        raise DatasetError(
            f"All {len(dataset)} clips are labelled {', '.join(counts)}. A classifier needs two "
            "classes at least: add clips with another label."
        )
    few = {name: n for name, n in counts.items() if n < LEAST_CLIPS}
    if few:
        listed = ", ".join(f"{name} {n}" for name, n in few.items())
        raise DatasetError(
            f"Too few clips of {listed}; each class needs {LEAST_CLIPS} at least. Add clips, or "
            "give the class the label of another one."
        )


def _can_be_scored(dataset, card, progress) -> bool:
    subjects = np.unique(dataset.subjects)
    if len(subjects) < 2:
        progress(
            f"WARNING: all clips are of one subject ({subjects[0]}), so nothing can be said about "
            "other people; the card will carry no score. Add a column subject, or clips of others."
        )
        return False
    if saw := card.trained_on.real_clips_seen:
        progress(
            f"WARNING: {card.name} was trained on {saw}, which could be of "
            "the same people; the card will carry no score."
        )
        return False
    return True
