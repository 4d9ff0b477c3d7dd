"""The command of a search: `python -m tuner`, and `mer-zoo tune`."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from mer_zoo.cli.common import choose_backend, out
from mer_zoo.cli.evaluating import roots
from mer_zoo.cli.making import Ict
from mer_zoo.cli.tracking import quieten
from tuner.devices import set_defaults


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
    nested: Annotated[
        bool,
        typer.Option("--nested", help="With --root: also search anew without each test subject."),
    ] = False,
    outer: Annotated[
        str, typer.Option(help="Outer folds of --nested: loso, or kfold-K for groups of subjects.")
    ] = "loso",
    workers: Annotated[int, typer.Option(help="Processes that train trials side by side.")] = 1,
    listen: Annotated[
        str | None,
        typer.Option(help="HOST:PORT for workers of other machines; loopback by default."),
    ] = None,
    joined: Annotated[
        str | None,
        typer.Option("--join", help="HOST:PORT of a search: only train trials for it."),
    ] = None,
    mixed_precision: Annotated[
        bool, typer.Option("--mixed-precision", help="The trials' fits compute in bfloat16.")
    ] = False,
    jobs: Annotated[int, typer.Option(help="Processes for images and --loso.")] = 1,
):
    """Searches the hyperparameters of a recipe; interrupted, the same command goes on."""
    if (photos is None) == (not root):
        raise typer.BadParameter("Give --photos for synthetic clips, or --root for a dataset.")
    if (loso or nested) and not root:
        raise typer.BadParameter(
            "--loso and --nested are for --root; `mer-zoo train` scores synthetic clips."
        )
    in_processes = workers != 1 or listen is not None
    if joined and in_processes:
        raise typer.BadParameter(
            "--join makes this a worker; --workers and --listen are the chief's."
        )
    choose_backend()
    set_defaults(os.environ.get("KERAS_BACKEND", ""), watching=in_processes)
    quieten()
    from mer_zoo.training.evaluating import load_dataset
    from mer_zoo.training.recipes import read_recipe
    from tuner.champion import publish
    from tuner.nesting import score_nested
    from tuner.searching import PROJECTS, search
    from tuner.sources import CorpusClips, DatasetClips
    from tuner.winner import refuse_other_file, score, write
    from tuner.workers.address import Address
    from tuner.workers.supervisor import Team
    from tuner.workers.worker import join

    loaded = read_recipe(recipe)
    project = project or Path(PROJECTS) / loaded.name
    if not joined:
        refuse_other_file(to, project)
    if root:
        source = DatasetClips(load_dataset(loaded.real_section(), roots(root)), jobs)
    else:
        source = CorpusClips(photos, jobs, ict)
    if joined:
        done = join(loaded, source, joined, tracking_uri=tracking_uri, progress=True)
        out.print(f"trained {done} trials for the search at {joined}")
        return
    team = None
    if in_processes:
        address = Address() if listen is None else Address.parse(listen)
        team = Team(workers, _worker_command(recipe, photos, ict, root), address)
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
    out.print(_table(found))
    if to is not None:
        write(found, to)
        out.print(f"wrote {to}; run it with `mer-zoo train {to} ...`")
    if loso:
        result = score(found, source, folder=project / f"loso_trial{found.best.number}", jobs=jobs)
        out.print(f"{result.title}: UF1 {result.uf1:.3f} ({result.about['label']})")
    if nested:
        folder = project / f"nested_{outer}_{trials}"
        result = score_nested(
            found, source, recipe=loaded, folder=folder, split=outer, trials=trials, team=team
        )
        out.print(f"{result.title}: UF1 {result.uf1:.3f} ({result.about['label']})")
    if refit:
        out.print(f"registered {publish(found, source)}")
    store = found.record.store
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
        return [sys.executable, "-m", "tuner", recipe, *clips, *told]

    return command


def _table(found) -> Table:
    table = Table(
        title="trials, best first: what the choice was made by, no scores",
        caption=f"UF1 of always naming the commonest class {found.majority.uf1:.3f}, "
        f"of naming classes at random {found.chance.uf1:.3f}",
    )
    for column in ("trial", "UF1", "values"):
        table.add_column(column)
    order = sorted(found.trials, key=lambda trial: (trial.status == "FAILED", -trial.uf1))
    for trial in order[:10]:
        values = ", ".join(f"{key.split('.')[-1]} {value}" for key, value in trial.values.items())
        uf1 = trial.status.lower() if trial.status == "FAILED" else f"{trial.uf1:.3f}"
        table.add_row(str(trial.number), uf1, values)
    return table
