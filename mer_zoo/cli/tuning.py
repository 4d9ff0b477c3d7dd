"""The command `tune`: a hyperparameter search, or a worker of one."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import Option

from mer_zoo.cli.common import (
    Ict,
    MixedPrecision,
    Photos,
    out,
    quieten_mlflow,
    roots,
    start_backend,
)

RecipeName = Annotated[
    str, typer.Argument(help="Name or .toml file of a recipe with a search table.")
]
Roots = Annotated[list[str] | None, Option(help="For real clips: folder of the recipe's dataset.")]
Trials = Annotated[int, Option(help="Total number of trials.")]
Algorithm = Annotated[str, Option(help="bayesian or random.")]
Seed = Annotated[int, Option(help="Random seed, 1 or more.")]
Folds = Annotated[int, Option(help="Inner folds per trial.")]
TrackingUri = Annotated[
    str | None,
    Option(envvar="MLFLOW_TRACKING_URI", help="MLflow's store; ./mlflow.db by default."),
]
ProjectFolder = Annotated[
    Path | None, Option(help="Folder of the search; tuner_runs/RECIPE by default.")
]
Written = Annotated[
    Path | None, Option("--write", help="Write the best trial as a recipe (.toml).")
]
Refit = Annotated[bool, Option(help="Train the best trial on all clips and register it in MLflow.")]
Loso = Annotated[
    bool, Option("--loso", help="With --root: run leave-one-subject-out with the best trial.")
]
Nested = Annotated[
    bool, Option("--nested", help="With --root: also repeat the search without each test subject.")
]
Outer = Annotated[
    str, Option(help="Outer folds of --nested: loso, or kfold-K for groups of subjects.")
]
Workers = Annotated[int, Option(help="Number of processes that train trials in parallel.")]
Listen = Annotated[
    str | None, Option(help="HOST:PORT for workers on other machines; loopback by default.")
]
Join = Annotated[
    str | None, Option("--join", help="HOST:PORT of a running search: only train trials for it.")
]
Jobs = Annotated[int, Option(help="Number of processes for images and --loso.")]


def tune(
    recipe: RecipeName,
    photos: Photos = None,
    ict: Ict = None,
    root: Roots = None,
    trials: Trials = 20,
    algorithm: Algorithm = "bayesian",
    seed: Seed = 1,
    folds: Folds = 3,
    tracking_uri: TrackingUri = None,
    project: ProjectFolder = None,
    to: Written = None,
    refit: Refit = True,
    loso: Loso = False,
    nested: Nested = False,
    outer: Outer = "loso",
    workers: Workers = 1,
    listen: Listen = None,
    joined: Join = None,
    mixed_precision: MixedPrecision = False,
    jobs: Jobs = 1,
):
    """Searches a recipe's hyperparameters (KerasTuner, MLflow). Run again to resume."""
    in_processes = workers != 1 or listen is not None
    _refuse_contradictions(photos, root, loso or nested, joined, in_processes)
    if joined:
        _end_with_supervisor()  # already while the clips are read
    loaded, source = _prepared(recipe, photos, ict, root, jobs, in_processes)
    if joined:
        _join(loaded, source, joined, tracking_uri)
        return
    from mer_zoo.cli import tables
    from tuner.searching import PROJECTS, search
    from tuner.winner import refuse_other_file

    project = project or Path(PROJECTS) / loaded.name
    refuse_other_file(to, project)
    team = _team(workers, listen, _worker_command(recipe, photos, ict, root), in_processes)
    found = search(
        loaded,
        source,
        trials=trials,
        algorithm=algorithm,
        seed=seed,
        folds=folds,
        project=project,
        tracking_uri=tracking_uri,
        mixed_precision=mixed_precision,
        team=team,
    )
    out.print(tables.trials(found))
    if to is not None:
        _write(found, to)
    if loso:
        _score(found, source, project / f"loso_trial{found.best.number}", jobs)
    if nested:
        folder = project / f"nested_{outer}_{trials}"
        _score_nested(found, source, loaded, folder, outer, trials, team)
    if refit:
        _register(found, source)
    _say_where(found.record.store)


def _refuse_contradictions(photos, root, scored, joined, in_processes) -> None:
    if (photos is None) == (not root):
        raise typer.BadParameter("Give --photos for synthetic clips, or --root for a dataset.")
    if scored and not root:
        raise typer.BadParameter(
            "--loso and --nested need --root; `mer-zoo train` scores synthetic clips."
        )
    if joined and in_processes:
        raise typer.BadParameter(
            "--join makes this process a worker; --workers and --listen belong to the chief."
        )


def _prepared(recipe, photos, ict, root, jobs, in_processes):
    """Chooses the backend, then returns the recipe and the source of its clips."""
    start_backend(watching=in_processes)
    quieten_mlflow()
    from mer_zoo import datasets
    from mer_zoo.recipes.finding import read_recipe
    from tuner.sources import CorpusClips, DatasetClips

    loaded = read_recipe(recipe)
    if root:
        real = loaded.real_section()
        dataset = datasets.load(real.dataset, roots(root), protocol=real.protocol or None)
        return loaded, DatasetClips(dataset, jobs)
    return loaded, CorpusClips(photos, jobs, ict)


def _end_with_supervisor() -> None:
    from tuner.workers.orphans import end_with_supervisor

    end_with_supervisor()


def _join(recipe, source, address: str, tracking_uri) -> None:
    from tuner.workers.worker import join

    done = join(recipe, source, address, tracking_uri=tracking_uri, progress=True)
    out.print(f"trained {done} trials for the search at {address}")


def _team(workers: int, listen: str | None, command, in_processes: bool):
    """The processes of the search; None if this process runs all trials."""
    from tuner.workers.address import Address
    from tuner.workers.supervisor import Team

    if not in_processes:
        return None
    return Team(workers, command, Address() if listen is None else Address.parse(listen))


def _write(found, file: Path) -> None:
    from tuner.winner import write

    write(found, file)
    out.print(f"wrote {file}; run it with `mer-zoo train {file} ...`")


def _score(found, source, folder: Path, jobs: int) -> None:
    from tuner.winner import score

    _print_score(score(found, source, folder=folder, jobs=jobs))


def _score_nested(found, source, recipe, folder: Path, outer: str, trials: int, team) -> None:
    from tuner.nesting import score_nested

    options = {"recipe": recipe, "folder": folder, "split": outer, "trials": trials, "team": team}
    _print_score(score_nested(found, source, **options))


def _print_score(result) -> None:
    out.print(f"{result.title}: UF1 {result.uf1:.3f} ({result.about['label']})")


def _register(found, source) -> None:
    from tuner.champion import publish

    out.print(f"registered {publish(found, source)}")


def _say_where(store) -> None:
    where = "with `mlflow ui`" if store.artifacts else "there"
    out.print(f"tracked in {store.uri}; compare the trials {where}")


def _worker_command(recipe, photos, ict, root):
    """Makes the command of a worker: this one, with `--join`."""
    clips = ["--photos", str(photos)] if photos else []
    clips += ["--ict", str(ict)] if ict else []
    for folder in root or []:
        clips += ["--root", folder]

    def command(address: str, tracking_uri: str) -> list[str]:
        told = ["--join", address, "--tracking-uri", tracking_uri]
        return [sys.executable, "-m", "mer_zoo.cli", "tune", recipe, *clips, *told]

    return command
