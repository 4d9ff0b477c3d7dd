"""The search: KerasTuner proposes, folds of the training subjects score, MLflow remembers."""

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import tomli_w

from mer_zoo.errors import DiskFullError, TrackingError
from mer_zoo.evaluation import Examples, Learner
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.tracking import machine
from mer_zoo.tracking.store import disk_full, is_disk_full
from tuner.errors import STOPPING
from tuner.outcome import Outcome
from tuner.packages import require_packages
from tuner.preparation import Prepared, checked_space, prepare
from tuner.progress import progress_lines
from tuner.project import Project
from tuner.records import SearchRecord
from tuner.settings import Settings
from tuner.sources import Source, as_source
from tuner.space import applied
from tuner.workers.handover import refuse_private_store
from tuner.workers.supervisor import Team

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
    mixed_precision: bool = False,
    team: Team | None = None,
    progress: bool = True,
) -> Outcome:
    """Searches the hyperparameters of a recipe's [search] table.

    A trial is scored by the UF1 of all its inner folds together; each fold holds out whole training
    subjects. Killed at any moment, the same call resumes at the fold it was in and ends with the
    result of a search that was never killed (same seed, same backend).

    Args:
        recipe: name or path of a recipe, or a `Recipe`, with a [search] table.
        source: where the training examples come from: `CorpusClips`, `DatasetClips`, or `Examples`.
        trials: in all. Called again with more, a finished search continues.
        algorithm: "bayesian" or "random".
        seed: of everything random, 1 or more.
        folds: inner folds of a trial.
        project: folder of the search's state; by default `tuner_runs/<name of the recipe>`.
        tracking_uri: MLflow's store; by default `mlflow.db` in the current folder.
        held_out: subjects that the winner will be tested on; an example of theirs is refused.
        learner: makes the learner of a trial's recipe; by default the recipe's own.
        mixed_precision: the trials' fits compute in bfloat16, see `mer_zoo.training.precision`.
        team: processes that train the trials; by default this process does.
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
        WorkersLostError: a process of the team cannot be kept alive.
        TrialsFailedError: three trials in a row, or all, could not be trained.
        MissingPackageError: KerasTuner or MLflow is not installed.
    """
    require_packages()
    from tuner.engine import SearchEngine
    from tuner.oracles import check_choice
    from tuner.workers.supervision import supervise

    check_choice(algorithm, seed, trials)
    recipe = read_recipe(recipe)
    source = as_source(source, recipe)
    space = checked_space(recipe, source)
    settings = Settings(algorithm, seed, folds, tuple(held_out), mixed_precision)
    kept = Project(Path(project or Path(PROJECTS) / recipe.name))
    with kept.locked(), progress_lines(progress) as lines, _named_when_full():
        prepared = prepare(space, source, settings, tracking_uri, learner)
        if team is not None:
            refuse_private_store(prepared.store, team.listen)
        record = prepared.record(kept.begin(prepared.plan))
        _describe(record, prepared, "workers" if team else machine.device())
        with _ended_as_it_ends(record):
            if team is not None:
                supervise(team, kept, prepared, record, lines, trials)
            engine = SearchEngine(
                space,
                kept,
                prepared.runner(record, lines),
                record.note_best,
                lines,
                algorithm=algorithm,
                seed=seed,
                trials=trials,
            )
            if team is not None:
                engine.refuse_failures()
            engine.search()
        return _outcome(recipe, prepared, record, engine)


def _outcome(recipe: Recipe, prepared: Prepared, record: SearchRecord, engine) -> Outcome:
    best, examples = engine.best, prepared.examples
    winner = record.with_selection(
        applied(recipe, best.values), best.number, examples, prepared.source.real
    )
    return Outcome(
        recipe=winner,
        section=prepared.space.section,
        best=best,
        trials=engine.trials,
        predictions=record.trial(best.number, examples.class_names).finished_folds(),
        record=record,
        settings=prepared.settings,
    )


def _describe(record, prepared, device):
    """Everything that a reader of the runs may ask; once, for params never change."""
    run, space, examples = record.run, prepared.space, prepared.examples
    if not run.data.params:
        run.write(json.dumps(space.to_dict(), indent=1), "search_space.json")
        run.write(tomli_w.dumps(space.recipe.content), "recipe.toml")
        run.log(params={**prepared.facts, "clips": len(examples), "subjects": prepared.subjects})
    held_out = prepared.settings.held_out
    run.log(
        tags={
            **machine.machine_tags(device),
            **{f"mer_zoo.{key}": value for key, value in examples.about},
            **({"mer_zoo.held_out": ", ".join(held_out)[:500]} if held_out else {}),
        }
    )


@contextlib.contextmanager
def _ended_as_it_ends(record: SearchRecord) -> Iterator[None]:
    """The run of the search shows how the search ended; kill -9 leaves it running."""
    record.run.go_on()
    try:
        yield
    except (TrackingError, DiskFullError):
        raise  # the store is what is broken, and would only be waited for again
    except BaseException as error:
        with contextlib.suppress(*STOPPING):
            record.run.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    record.run.end()


@contextlib.contextmanager
def _named_when_full() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if is_disk_full(error) and not isinstance(error, STOPPING):
            raise disk_full(error) from error
        raise
