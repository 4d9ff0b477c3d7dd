"""Commands for real clips and scores: evaluate, datasets check, cache."""

from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import (
    SOME_FAILED,
    Force,
    Jobs,
    MixedPrecision,
    RecipeName,
    Track,
    TrackingUri,
    out,
    roots,
    start_backend,
    tracking,
)

datasets_app = typer.Typer(help="Check a dataset, or make a small fake one.", no_args_is_help=True)
cache_app = typer.Typer(help="The cache of modality images.", no_args_is_help=True)

Root = Annotated[
    list[str],
    typer.Option(
        help="Folder of the dataset. A pool (megc2019, casme2+casme3+samm) needs one for each "
        "of its datasets, such as --root casme2=PATH --root samm=PATH (see --dataset)."
    ),
]
InitialWeights = Annotated[
    str | None,
    typer.Option(
        help="Entry whose weights training starts from, by default the recipe's; '' for random weights."
    ),
]
Oracle = Annotated[
    bool,
    typer.Option(
        "--oracle", help="Also show the score with the epoch chosen on each test subject."
    ),
]


def evaluate(
    recipe: RecipeName,
    to: Annotated[Path, typer.Option("--out", help="Folder for the result.")],
    root: Root,
    dataset: Annotated[str | None, typer.Option(help="Dataset; the recipe's by default.")] = None,
    protocol: Annotated[
        str | None, typer.Option(help="Protocol: a named set of clips; the recipe's by default.")
    ] = None,
    split: Annotated[
        str,
        typer.Option(help="loso, lodo (leave one dataset out), kfold-K, paper-10% or zero-shot."),
    ] = "loso",
    seeds: Annotated[
        str | None, typer.Option(help="Training seeds, such as 1,2,3; the recipe's by default.")
    ] = None,
    start: InitialWeights = None,
    jobs: Jobs = 1,
    members: Annotated[
        int,
        typer.Option(help="Networks trained on every fold; their probabilities are averaged."),
    ] = 1,
    oracle: Oracle = False,
    mixed_precision: MixedPrecision = False,
    track: Track = False,
    tracking_uri: TrackingUri = None,
    force: Force = False,
):
    """Evaluates a recipe on real clips. Run again to resume after an interruption."""
    from mer_zoo.cli import tables

    start_backend(watching=jobs != 1)
    from mer_zoo import training
    from mer_zoo.evaluation.unit_result import UnitResult

    with tracking(track, tracking_uri) as tracked:
        result = training.evaluate(
            recipe,
            dataset,
            roots(root),
            protocol=protocol,
            split=split,
            seeds=None if seeds is None else whole_numbers(seeds),
            start=start,
            jobs=jobs,
            members=members,
            oracle=oracle,
            mixed_precision=mixed_precision,
            out=to,
            force=force,
            track=tracked,
        )
        if isinstance(result, UnitResult):
            parts, written = tables.unit_result(result), "result.json, predictions.csv"
        else:
            parts, written = tables.result(result), "result.json, predictions.csv, confusion.svg"
        for part in parts:
            out.print(part)
        out.print(f"wrote {to}: {written}")


def compare(
    folders: Annotated[list[Path], typer.Argument(help="Result folders of evaluate.")],
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Write the table (.csv), and .md and .svg beside it."),
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the figure.")] = "UF1, 95% interval, seeds",
    force: Force = False,
):
    """Compares results: scores, intervals, and paired tests against the first on the same clips."""
    from mer_zoo.cli import tables
    from mer_zoo.evaluation import Result
    from mer_zoo.evaluation.table import results_table, write_results

    names = [folder.name for folder in folders]
    results = {
        name if names.count(name) == 1 else str(folder): Result.read(folder)
        for name, folder in zip(names, folders, strict=True)
    }
    out.print(tables.results(results_table(results)))
    if to is not None:
        out.print(f"wrote {', '.join(map(str, write_results(results, to, title, force)))}")


def combine(
    folders: Annotated[list[Path], typer.Argument(help="Result folders of evaluate.")],
    to: Annotated[Path, typer.Option("--out", help="Folder for the result of the ensemble.")],
    force: Force = False,
):
    """Scores an ensemble: the mean of the probabilities in several results on the same folds."""
    from mer_zoo import evaluation
    from mer_zoo.cli import tables

    result = evaluation.combine([evaluation.Result.read(folder) for folder in folders])
    result.save(to, force)
    for part in tables.result(result):
        out.print(part)
    out.print(f"wrote {to}: result.json, predictions.csv, confusion.svg")


@datasets_app.command()
def check(
    name: Annotated[str, typer.Argument(help="casme2, samm, smic, casme3, mmew, 4dme, flow ...")],
    root: Annotated[Path, typer.Argument(help="Folder of the dataset.")],
    table: Annotated[
        Path | None, typer.Option(help="Annotation table, if it is elsewhere.")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Write all repairs and dropped clips (.csv or .txt).")
    ] = None,
):
    """Reports the clips, the table version, the protocols, and what is missing."""
    from mer_zoo import datasets

    found = datasets.inspect(name, root, table=table)
    out.print(found.to_text(), highlight=False, markup=False)
    if report is not None:
        out.print(f"report: {found.report.save(report)}")
    if not any(p.reached for p in found.protocols):
        raise typer.Exit(SOME_FAILED)


@datasets_app.command()
def fake(
    name: Annotated[
        str, typer.Argument(help="casme2, samm, smic, casme3, mmew, 4dme, flow, megc2019 ...")
    ],
    folder: Annotated[Path, typer.Argument(help="Where to write; new or empty.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other numbers and pictures.")] = 0,
    clean: Annotated[bool, typer.Option("--clean", help="Without the known quirks.")] = False,
    full: Annotated[
        bool,
        typer.Option("--full", help="As many clips as the real release, so its protocols are met."),
    ] = False,
):
    """Writes a small fake dataset: real folder tree and table layout, invented rows, drawn frames."""
    from mer_zoo.datasets.fake import fake_release

    root = fake_release(name, folder, seed=seed, clean=clean, full=full)
    if isinstance(root, dict):
        options = " ".join(f"--root {part}={path}" for part, path in root.items())
        out.print(f"wrote {len(root)} releases; read them with {options}", markup=False)
        return
    out.print(f"wrote {root}; read it with mer_zoo.datasets.load({name!r}, ...)", markup=False)


@cache_app.command("show")
def show_cache():
    """Shows where the cached images are and how full the cache is."""
    from mer_zoo.preparation import ImageStore

    store = ImageStore()
    used = store.usage()
    out.print(
        f"{store.folder}: {used.images} images, {used.bytes / 1e6:.0f} of at most "
        f"{used.limit / 1e6:.0f} MB (MER_ZOO_CACHE_MB)",
        highlight=False,
    )


@cache_app.command("clear")
def clear_cache():
    """Deletes all cached images. They are recomputed when needed."""
    from mer_zoo.preparation import ImageStore

    store = ImageStore()
    out.print(f"{store.clear()} images removed from {store.folder}", highlight=False)


def whole_numbers(text: str) -> list[int]:
    """Parses `1,2,3`."""
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(f"{text!r}: expected whole numbers, for instance 1,2,3.") from None
