"""Commands that make clips, weights and tables: synth, train, table, finetune."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mer_zoo.cli.common import (
    EntryName,
    FoldersFps,
    Force,
    Ict,
    Jobs,
    MixedPrecision,
    Photos,
    RecipeName,
    Track,
    TrackingUri,
    choose_backend,
    out,
    roots,
    start_backend,
    tracking,
)


def synth(
    photo: Annotated[Path, typer.Option(help="A photograph with a face.")],
    au: Annotated[str, typer.Option(help="Action units, such as 12, 1+2 or L4.")],
    to: Annotated[
        Path, typer.Option("--out", help="Video to write; its ground truth is written to .json.")
    ],
    seed: Annotated[
        int, typer.Option(min=0, help="Random seed: the same seed gives the same clip.")
    ] = 0,
    peak: Annotated[float, typer.Option(help="Peak motion in px of the 224 px face crop.")] = 2.5,
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 100.0,
    force: Force = False,
):
    """Renders a micro-expression clip with known ground truth from a photograph."""
    choose_backend()
    from mer_zoo import synthesis
    from mer_zoo.files import refuse_overwrite

    refuse_overwrite(to, force)
    clip = synthesis.synthesise(photo, au, seed=seed, peak=peak, fps=fps)
    ground_truth = synthesis.write_video(clip, to, force=force)
    out.print(f"wrote {to} and {ground_truth}")


def train(
    recipe: RecipeName,
    photos: Photos = None,
    ict: Ict = None,
    root: Annotated[
        list[str] | None,
        typer.Option(help="For real clips: folder of the recipe's dataset, as unpacked."),
    ] = None,
    loso: Annotated[
        bool,
        typer.Option(
            "--loso",
            help="With --root: also run leave-one-subject-out and keep the weights of its folds.",
        ),
    ] = False,
    to: Annotated[Path | None, typer.Option("--out", help="Zoo folder to write.")] = None,
    jobs: Jobs = 2,
    mixed_precision: MixedPrecision = False,
    track: Track = False,
    tracking_uri: TrackingUri = None,
    force: Force = False,
):
    """Trains a recipe on photographs or on a dataset. Run again to resume after an interruption."""
    from mer_zoo.cli import tables

    if (photos is None) == (not root):
        raise typer.BadParameter("Give --photos for synthetic clips, or --root for a dataset.")
    start_backend(watching=jobs != 1)
    from mer_zoo.recipes import Recipe, find_recipe
    from mer_zoo.training import train_on_real, train_on_synthetic

    path = find_recipe(recipe)
    loaded = Recipe.read(path)
    folder = to or Path(loaded.name)
    with tracking(track, tracking_uri) as tracked:
        options: dict[str, Any] = {
            "jobs": jobs,
            "mixed_precision": mixed_precision,
            "force": force,
            "track": tracked,
        }
        if photos is not None:
            made = train_on_synthetic(
                loaded, photos, folder, recipe_path=path, ict_file=ict, **options
            )
        else:
            made = train_on_real(loaded, roots(root or []), folder, loso=loso, **options)
        for part in tables.card(made):
            out.print(part)
        out.print(f"wrote {folder}; use it with mer_zoo.load('{folder.resolve()}')")


def table(
    spec: Annotated[
        Path, typer.Argument(help="What to compare: a .toml file as in recipes/tables.")
    ],
    photos: Annotated[Path, typer.Option(help="Folder of photographs, one identity each.")],
    work: Annotated[Path, typer.Option(help="Folder for results and training state.")],
    to: Annotated[
        Path, typer.Option("--out", help="Table to write (.csv), with .md and .svg beside it.")
    ],
    ict: Ict = None,
    jobs: Jobs = 2,
    mixed_precision: MixedPrecision = False,
    force: Force = False,
):
    """Trains and compares variants of a recipe on synthetic clips. Run again to resume."""
    start_backend(watching=jobs != 1)
    from mer_zoo.evaluation.table import write_results
    from mer_zoo.recipes.table import Table
    from mer_zoo.training.corpora import Portraits
    from mer_zoo.training.tables import make_table

    read = Table.read(spec)
    results = make_table(read, Portraits(photos, ict, jobs), work, mixed_precision=mixed_precision)
    written = write_results(results, to, read.title, force)
    out.print(f"wrote {', '.join(map(str, written))}")


def finetune(
    model: EntryName,
    clips: Annotated[
        Path,
        typer.Argument(
            help="csv (path, label, subject ...), or a folder with one subfolder per class."
        ),
    ],
    to: Annotated[Path, typer.Option("--out", help="Zoo folder to write.")],
    score: Annotated[
        bool, typer.Option(help="Run leave-one-subject-out first, for the score on the card.")
    ] = True,
    fps: FoldersFps = None,
    variants: Annotated[
        int, typer.Option(min=1, help="Training images per clip; 1 uses only the unchanged clip.")
    ] = 4,
    action_units: Annotated[
        list[str] | None,
        typer.Option(
            "--action-units",
            help="LABEL=UNITS, such as tense=4+7: also render training clips of this class on the "
            "neutral faces of your clips.",
        ),
    ] = None,
    jobs: Jobs = 1,
    mixed_precision: MixedPrecision = False,
    track: Track = False,
    tracking_uri: TrackingUri = None,
    force: Force = False,
):
    """Fine-tunes an entry on your own clips and classes. Run again to resume after an interruption."""
    from mer_zoo.cli import tables

    start_backend(watching=jobs != 1)
    from mer_zoo import datasets, training

    data = datasets.load("custom", clips, fps=fps, missing_apex="spot")
    with tracking(track, tracking_uri) as tracked:
        made = training.finetune(
            model,
            data,
            to,
            variants=variants,
            action_units=_labelled(action_units or []),
            score=score,
            jobs=jobs,
            mixed_precision=mixed_precision,
            track=tracked,
            force=force,
        )
        for part in tables.card(made.card):
            out.print(part)
        out.print(f"wrote {to}; use it with mer-zoo predict --model ./{to} VIDEO")


def _labelled(given: list[str]) -> dict[str, str]:
    """Parses the `LABEL=UNITS` options."""
    if not all("=" in text for text in given):
        raise typer.BadParameter("Give each as LABEL=UNITS, such as --action-units tense=4+7.")
    return dict(text.rsplit("=", 1) for text in given)
