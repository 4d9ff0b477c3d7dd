"""The search: KerasTuner proposes, folds of the training subjects score, MLflow remembers."""

import contextlib
import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import tomli_w

from mer_zoo.evaluation import Examples, Learner
from mer_zoo.evaluation.versions import versions
from mer_zoo.training.recipe import Choice, Recipe
from mer_zoo.training.recipes import read_recipe
from tuner import machine
from tuner.errors import DiskFullError, SearchRefusedError, TrackingError, TuningError
from tuner.objective import Objective
from tuner.outcome import Outcome
from tuner.packages import require_packages
from tuner.progress import progress_lines
from tuner.project import Project
from tuner.sources import Source, as_source, learner_of
from tuner.space import Space, applied, plain
from tuner.store import Store, disk_full, is_disk_full
from tuner.tracking import SearchRecord
from tuner.trial import TrialRunner

PROJECTS = "tuner_runs"


def search(
    recipe: Recipe | str | Path,
    source: Source | Examples,
    *,
    trials: int = 20,
    algorithm: str = "bayesian",
    seed: int = 1,
    folds: int = 3,
    project: str | Path | None = None,
    tracking_uri: str | None = None,
    held_out: Iterable[str] = (),
    learner: Callable[[Recipe], Learner] | None = None,
    progress: bool = True,
) -> Outcome:
    """Searches the hyperparameters of a recipe's [search] table.

    A trial is scored by the UF1 of all its inner folds together; each fold holds out whole training
    subjects. Killed at any moment, the same call goes on at the fold it was in and ends with the
    result of a search that was never killed (same seed, same backend).

    Args:
        recipe: name or path of a recipe, or a `Recipe`, with a [search] table.
        source: where the training examples come from: `CorpusClips`, `DatasetClips`, or `Examples`.
        trials: in all. Called again with more, a finished search goes on.
        algorithm: "bayesian" or "random".
        seed: of everything random, 1 or more.
        folds: inner folds of a trial.
        project: folder of the search's state; by default `tuner_runs/<name of the recipe>`.
        tracking_uri: MLflow's store; by default `mlflow.db` in the current folder.
        held_out: subjects that the winner will be tested on; an example of theirs is refused.
        learner: makes the learner of a trial's recipe; by default the recipe's own.
        progress: show bars on standard error.

    Returns:
        The outcome: the best trial's recipe, and all trials.

    Raises:
        RecipeError: the [search] table is missing, empty or impossible.
        SearchRefusedError: an algorithm, number or key that this search cannot be run with.
        LeakError: the examples hold a held-out subject.
        EvaluationError: there are fewer subjects than folds, or the weights to start with saw real
            clips.
        SearchRunningError: the same search is running already.
        ProjectError: the project folder holds another search.
        TrackingError, OldFileStoreError, DiskFullError: results cannot be kept.
        TrialsFailedError: three trials in a row, or all, could not be trained.
        MissingPackageError: KerasTuner or MLflow is not installed.
    """
    require_packages()
    from tuner.engine import Engine
    from tuner.oracles import check_choice

    check_choice(algorithm, seed, trials)
    recipe = read_recipe(recipe)
    source = as_source(source, recipe)
    space = Space(recipe, source.section)
    _check_images(space, source)
    _check_starts(space)
    project = Project(project or Path(PROJECTS) / recipe.name)
    with project.locked(), progress_lines(progress) as lines, _named_when_full():
        examples = source.examples(recipe)
        objective = Objective(examples, folds, seed, held_out)
        store = Store.at(tracking_uri)
        facts = {
            "recipe": recipe.name,
            "section": space.section,
            "algorithm": algorithm,
            "seed": seed,
            "folds": folds,
            "examples": examples.digest,
            "backend": machine.backend(),
        }
        plan = {
            **facts,
            "recipe": plain(recipe),
            "folds": objective.hash,
            "tracking_uri": store.uri,
        }
        record = SearchRecord(store, experiment_of(examples), project.begin(plan))
        _describe(record, space, facts, examples)
        learner = learner or (lambda trial: learner_of(trial, space.section))
        engine = Engine(
            space,
            project,
            TrialRunner(space, source, examples, objective, record, learner, lines),
            record.note_best,
            lines,
            algorithm=algorithm,
            seed=seed,
            trials=trials,
        )
        with _ended_as_it_ends(record):
            engine.search()
        best = engine.best
        return Outcome(
            recipe=applied(recipe, best.values),
            section=space.section,
            best=best,
            trials=engine.trials,
            predictions=record.trial(best.number, examples.class_names).finished_folds(),
            record=record,
            seed=seed,
        )


def experiment_of(examples: Examples) -> str:
    """Name of the experiment: dataset and protocol."""
    dataset = dict(examples.about).get("dataset", examples.datasets[0])
    protocol = examples.protocol
    return protocol if protocol.startswith(dataset) else f"{dataset}-{protocol}"


def _check_images(space, source):
    if space.changes_images and not source.makes_images:
        raise SearchRefusedError(
            f"{space.changes_images[0]} changes the images of the clips, but finished images were "
            "given. Leave it out of search.space, or search on clips (CorpusClips, DatasetClips)."
        )


def _check_starts(space):
    """Weights that saw real clips may have seen those a fold holds out."""
    recipe, searched = space.recipe, space.ranges.get("real.start")
    if space.section != "real.training":
        return
    for start in searched.values if isinstance(searched, Choice) else [recipe.real.start]:
        real = dataclasses.replace(recipe.real, start=start)
        learner_of(dataclasses.replace(recipe, real=real), space.section).check()


def _describe(record, space, facts, examples):
    """Everything that a reader of the runs may ask; once, for params never change."""
    run, backend = record.run, facts["backend"]
    if not run.data.params:
        run.write(json.dumps(space.to_dict(), indent=1), "search_space.json")
        run.write(tomli_w.dumps(plain(space.recipe)), "recipe.toml")
        subjects = len(np.unique(examples.subjects))
        run.log(params={**facts, "clips": len(examples), "subjects": subjects})
    tags = {f"mer_zoo.version.{name}": v for name, v in versions(backend).items()}
    commit = machine.git_commit()
    run.log(
        tags={
            **tags,
            **{f"mer_zoo.{key}": value for key, value in examples.about},
            "mer_zoo.device": machine.device(),
            **({"mlflow.source.git.commit": commit} if commit else {}),
        }
    )


@contextlib.contextmanager
def _ended_as_it_ends(record: SearchRecord) -> Iterator[None]:
    """The run of the search shows how the search ended; kill -9 leaves it running."""
    try:
        yield
    except (TrackingError, DiskFullError):
        raise  # the store is what is broken, and would only be waited for again
    except BaseException as error:
        with contextlib.suppress(TuningError):
            record.run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    record.run.end()


@contextlib.contextmanager
def _named_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error) and not isinstance(error, TuningError):
            raise disk_full(error) from error
        raise
