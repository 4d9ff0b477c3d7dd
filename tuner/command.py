"""The command of a search: `python -m tuner`, and `mer-zoo tune`."""

import logging
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mer_zoo.cli.common import choose_backend, out
from mer_zoo.cli.evaluating import roots
from mer_zoo.cli.making import Ict


def tune(
    recipe: Annotated[str, typer.Argument(help="Recipe with a search table: name or .toml.")],
    photos: Annotated[
        Path | None, typer.Option(help="Synthetic clips: folder of photographs, one identity each.")
    ] = None,
    ict: Ict = None,
    root: Annotated[
        list[str] | None, typer.Option(help="Real clips: folder of the recipe's dataset.")
    ] = None,
    trials: Annotated[int, typer.Option(help="Trials in all.")] = 20,
    algorithm: Annotated[str, typer.Option(help="bayesian or random.")] = "bayesian",
    seed: Annotated[int, typer.Option(help="Of everything random; 1 or more.")] = 1,
    folds: Annotated[int, typer.Option(help="Inner folds of a trial.")] = 3,
    tracking_uri: Annotated[
        str | None,
        typer.Option(envvar="MLFLOW_TRACKING_URI", help="MLflow's store; ./mlflow.db by default."),
    ] = None,
    project: Annotated[
        Path | None, typer.Option(help="Folder of the search; tuner_runs/RECIPE by default.")
    ] = None,
    to: Annotated[
        Path | None, typer.Option("--write", help="Write the winner as this recipe (.toml).")
    ] = None,
    refit: Annotated[
        bool, typer.Option(help="Train the winner on all clips and register it in MLflow.")
    ] = True,
    loso: Annotated[
        bool, typer.Option("--loso", help="With --root: leave one subject out with the winner.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Processes for images and --loso.")] = 1,
):
    """Searches the hyperparameters of a recipe; interrupted, the same command goes on."""
    if (photos is None) == (not root):
        raise typer.BadParameter("Give --photos for synthetic clips, or --root for a dataset.")
    if loso and not root:
        raise typer.BadParameter("--loso is for --root; `mer-zoo train` scores synthetic clips.")
    choose_backend()
    _quieten()
    from mer_zoo.training.evaluating import load_dataset, real_section
    from mer_zoo.training.recipes import read_recipe
    from tuner.champion import publish
    from tuner.searching import PROJECTS, search
    from tuner.sources import CorpusClips, DatasetClips
    from tuner.winner import refuse_other_file, score, write

    loaded = read_recipe(recipe)
    project = project or Path(PROJECTS) / loaded.name
    refuse_other_file(to, project)
    if root:
        source = DatasetClips(load_dataset(real_section(loaded), root=roots(root)), jobs)
    else:
        source = CorpusClips(photos, jobs, ict)
    found = search(
        loaded,
        source,
        trials=trials,
        algorithm=algorithm,
        seed=seed,
        folds=folds,
        project=project,
        tracking_uri=tracking_uri,
    )
    out.print(_table(found))
    if to is not None:
        write(found, to)
        out.print(f"wrote {to}; run it with `mer-zoo train {to} ...`")
    if loso:
        result = score(found, source, folder=project / f"loso_trial{found.best.number}", jobs=jobs)
        out.print(f"{result.title}: UF1 {result.uf1:.3f} ({result.about['label']})")
    if refit:
        out.print(f"registered {publish(found, source)}")
    out.print(f"tracked in {found.record.store.uri}; compare the trials with `mlflow ui`")


def _table(found) -> Table:
    table = Table(title="trials, best first: what the choice was made by, no scores")
    for column in ("trial", "UF1", "values"):
        table.add_column(column)
    order = sorted(found.trials, key=lambda trial: (trial.status == "FAILED", -trial.uf1))
    for trial in order[:10]:
        values = ", ".join(f"{key.split('.')[-1]} {value}" for key, value in trial.values.items())
        uf1 = trial.status.lower() if trial.status == "FAILED" else f"{trial.uf1:.3f}"
        table.add_row(str(trial.number), uf1, values)
    return table


def _quieten() -> None:
    """MLflow's bars and logs would tear the search's bars apart; its errors reach the user anyway."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
