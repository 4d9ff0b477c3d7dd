"""Evaluating a recipe on real clips: `mer_zoo.evaluate`."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from mer_zoo import datasets
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Result, discard, run
from mer_zoo.evaluation.result import FILES
from mer_zoo.evaluation.unit_result import FILES as UNIT_FILES
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.files import refuse_overwrite
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.recipes.recipe import Real, Recipe
from mer_zoo.tracking import Tracker, tracked
from mer_zoo.tracking.evaluations import tracked_evaluation
from mer_zoo.training.ensemble import EnsembleLearner
from mer_zoo.training.learner import REAL, RecipeLearner
from mer_zoo.training.unit_evaluation import coded_examples, of_card, of_held_out
from mer_zoo.training.zero_shot import ZERO_SHOT, score_zero_shot
from mer_zoo.zoo import find

JOURNAL = "folds"


def evaluate(
    recipe: Recipe | str | Path,
    dataset: str | datasets.Dataset | None = None,
    root: str | Path | Mapping | None = None,
    *,
    protocol: str | None = None,
    split: str = "loso",
    seeds: Iterable[int] | None = None,
    start: str | None = None,
    jobs: int = 1,
    threads: int = 1,
    members: int = 1,
    oracle: bool = False,
    mixed_precision: bool = False,
    out: str | Path | None = None,
    force: bool = False,
    track: bool | str | Tracker = False,
    progress: bool = True,
) -> Result | UnitResult:
    """Scores a recipe on real clips by training it from scratch on every fold.

    The test part of a fold is predicted once, after the last epoch. No argument can use it for
    validation, early stopping or the choice of a checkpoint. `oracle=True` also reports the score
    of such a choice, under its own label.

    Args:
        recipe: name of a recipe of this project (`"meganet_casme2"`), path of one, or a `Recipe`.
        dataset: name for `mer_zoo.datasets.load`, or a loaded `Dataset`; by default the recipe's.
        root: folder of the dataset (for a pool one for each dataset).
        protocol: named set of clips; by default the recipe's if the dataset is the recipe's too.
            Without a protocol, all clips of the dataset.
        split: "loso", "lodo", "kfold-K" or "paper-10%"; see `mer_zoo.evaluation.make_folds`. Or
            "zero-shot": no training; the entry named by `start` predicts with its own weights.
        seeds: by default the recipe's.
        start: zoo entry whose weights the training of every fold starts from; "" for random
            weights; by default the recipe's. Entries that were trained on real clips are refused.
        jobs: processes; each trains one fold at a time.
        threads: threads of each process, if there are several processes.
        members: networks that are trained on every fold with different seeds. The score is that of the
            mean of their probabilities for each image and its mirror image; 1 for a single network,
            which sees the image as it is.
        oracle: also compute the test-selected scores.
        mixed_precision: train in bfloat16, which pays on GPUs that compute in it. Weights and predictions
            are float32; the record says how the networks were trained.
        out: folder for `result.json`, `predictions.csv` and, for classes, `confusion.svg`. Until the
            end it also keeps the finished folds; without `out` they are in the cache folder. In both
            cases the same call resumes after an interruption.
        force: replace a result in `out`.
        track: log to MLflow: True for the default store, or the URI of one; see
            `mer_zoo.tracking.tracked`.
        progress: show bars on standard error.

    Returns:
        The result: pooled scores, intervals, baselines, predictions. Of a recipe of action units a
        `UnitResult`, over the clips whose units are coded; it has no `oracle`.

    Raises:
        DatasetError: the dataset cannot be read, or does not match the protocol.
        EvaluationError: the split is impossible or not honest.
        RecipeError: the recipe has no section for training on real clips.
        OutputExistsError: `out` holds a result and `force` is false.
        TrackingError, OldFileStoreError, DiskFullError: the tracking store cannot be used.

    Warns:
        TrackingWarning: the run in the store is incomplete; the result is complete.
    """
    recipe = read_recipe(recipe)
    real = recipe.real_section()
    if out is not None:
        for name in UNIT_FILES if recipe.of_units else FILES:
            refuse_overwrite(Path(out) / name, force)
    data = _loaded(real, dataset, root, protocol)
    _refuse_contradictions(recipe, members, split, oracle, mixed_precision)
    member = RecipeLearner.of(recipe, REAL, start, mixed_precision=mixed_precision)
    member.check()
    journal = None if out is None else Path(out) / JOURNAL
    with tracked(track, "evaluate") as tracker:
        if recipe.of_units:
            examples = coded_examples(data, member, jobs=jobs, progress=progress)
        else:
            examples = member.examples_of(data, jobs=jobs, progress=progress)
        facts = {"recipe": recipe.name}
        logged = tracked_evaluation(tracker, examples, name=recipe.name, params=facts)
        if split == ZERO_SHOT:
            found = score_zero_shot(member.start, examples, recipe.preprocessing, logged)
        else:
            found = run(
                member if members == 1 else EnsembleLearner(member, members),
                examples,
                folder=journal,
                split=split,
                seeds=member.training.seeds if seeds is None else seeds,
                jobs=jobs,
                threads=threads,
                oracle=oracle,
                callback=logged,
                progress=progress,
            )
        left_out = len(data) - len(examples)
        result = _of_units(found, examples, member, left_out) if recipe.of_units else found
        if out is not None:
            result.save(out, force)
        logged.finished(result)
        tracker.write(recipe.to_toml(), "recipe.toml")
    if journal is not None:
        discard(journal)
    return result


def _refuse_contradictions(
    recipe: Recipe, members: int, split: str, oracle: bool, mixed_precision: bool
) -> None:
    """Raises EvaluationError for options that do not go together."""
    if mixed_precision and split == ZERO_SHOT:
        raise EvaluationError(
            f"mixed_precision is for training, and the split {ZERO_SHOT} trains nothing. Leave it out."
        )
    without = {
        f"the split {ZERO_SHOT}": split == ZERO_SHOT,
        "oracle": oracle,
        "a recipe of action units": recipe.of_units,
    }
    refused = [name for name, given in without.items() if given]
    if members != 1 and refused:
        raise EvaluationError(
            f"members is {members}, but there are no ensembles with {' or '.join(refused)}. Set members "
            "to 1."
        )
    if oracle and recipe.of_units:
        raise EvaluationError(
            f"The recipe {recipe.name} predicts action units, of which there is no test-selected score: "
            "leave out oracle."
        )


def _of_units(
    found: Result, examples: Examples, member: RecipeLearner, left_out: int
) -> UnitResult:
    if found.about["split"] == ZERO_SHOT:
        return of_card(found, examples, find(member.start).card, left_out)
    return of_held_out(found, examples, left_out)


def _loaded(
    real: Real,
    dataset: str | datasets.Dataset | None,
    root: str | Path | Mapping | None,
    protocol: str | None,
) -> datasets.Dataset:
    """The dataset that was asked for, see `evaluate`."""
    if isinstance(dataset, datasets.Dataset):
        return dataset
    name = dataset or real.dataset
    if root is None:
        raise EvaluationError(
            f"Where is {name}? Give root=... (--root on the command line), the folder of its "
            "release as it was unpacked."
        )
    if protocol is None and name == real.dataset:
        protocol = real.protocol or None
    return datasets.load(name, root, protocol=protocol)
