"""Commands that make clips, weights and tables: synth, train, table, finetune."""

from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import Force, choose_backend, out
from mer_zoo.cli.evaluating import roots
from mer_zoo.cli.tracking_options import Track, TrackingUri, tracking_told, wanted

Ict = Annotated[
    Path | None,
    typer.Option(help="The second face rig, for recipes that name it; docs/corpus.md."),
]


def synth(
    photo: Annotated[Path, typer.Option(help="A photograph with a face.")],
    au: Annotated[str, typer.Option(help="Action units, for instance 12, 1+2 or L4.")],
    to: Annotated[
        Path, typer.Option("--out", help="The video to write; its ground truth goes to .json.")
    ],
    seed: Annotated[int, typer.Option(help="Same seed, same clip.")] = 0,
    peak: Annotated[float, typer.Option(help="Peak motion, px of the 224 px face.")] = 2.5,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 100.0,
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
    recipe: Annotated[str, typer.Argument(help="Recipe: name or .toml.")],
    photos: Annotated[
        Path | None, typer.Option(help="Synthetic clips: folder of photographs, one identity each.")
    ] = None,
    ict: Ict = None,
    root: Annotated[
        list[str] | None,
        typer.Option(help="Real clips: folder of the recipe's dataset, as it was unpacked."),
    ] = None,
    loso: Annotated[
        bool, typer.Option("--loso", help="With --root: the honest score, and the fold weights.")
    ] = False,
    to: Annotated[Path | None, typer.Option("--out", help="Zoo folder to write.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    track: Track = False,
    tracking_uri: TrackingUri = None,
    force: Force = False,
):
    """Trains the weights of a recipe, on photographs or on a dataset; resumes if it was interrupted."""
    from mer_zoo.cli import tables

    if (photos is None) == (not root):
        raise typer.BadParameter("Give --photos for synthetic clips, or --root for a dataset.")
    choose_backend()
    from mer_zoo.recipes import Recipe, find_recipe
    from mer_zoo.training import train_entry, train_on_real

    path = find_recipe(recipe)
    loaded = Recipe.read(path)
    folder = to or Path(loaded.name)
    where = {
        "jobs": jobs,
        "force": force,
        "track": wanted(track, tracking_uri),
    }
    with tracking_told():
        if root:
            made = train_on_real(loaded, roots(root), folder, loso=loso, **where)
        else:
            made = train_entry(loaded, photos, folder, recipe_path=path, ict_file=ict, **where)
        for part in tables.card(made):
            out.print(part)
        out.print(f"wrote {folder}; use it with mer_zoo.load('{folder.resolve()}')")


def table(
    spec: Annotated[Path, typer.Argument(help="What to compare: a file of recipes/tables.")],
    photos: Annotated[Path, typer.Option(help="Folder of photographs, one identity each.")],
    work: Annotated[Path, typer.Option(help="Keeps results and the state of training.")],
    to: Annotated[
        Path, typer.Option("--out", help="The table (.csv), with .md and .svg beside it.")
    ],
    ict: Ict = None,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 2,
    force: Force = False,
):
    """Trains variants of a recipe on synthetic clips and compares them; resumes if it was interrupted."""
    from mer_zoo.cli import tables

    choose_backend()
    from mer_zoo.recipes.table import Table
    from mer_zoo.training.corpora import Portraits
    from mer_zoo.training.tables import make_table

    read = Table.read(spec)
    results = make_table(read, Portraits(photos, ict, jobs), work)
    written = tables.write_results(results, to, read.title, force)
    out.print(f"wrote {', '.join(map(str, written))}")


def finetune(
    model: Annotated[str, typer.Argument(help="Zoo entry, or ./local folder.")],
    clips: Annotated[
        Path, typer.Argument(help="csv (path, label, subject ...), or a folder a class.")
    ],
    to: Annotated[Path, typer.Option("--out", help="Zoo folder to write.")],
    score: Annotated[
        bool, typer.Option(help="Leave one subject out, so that the card has an honest score.")
    ] = True,
    fps: Annotated[float | None, typer.Option(help="Frames a second of folders of images.")] = None,
    variants: Annotated[
        int, typer.Option(min=1, help="Training images made of each clip; 1 for the clip as it is.")
    ] = 4,
    action_units: Annotated[
        list[str] | None,
        typer.Option(
            "--action-units",
            help="LABEL=UNITS, such as tense=4+7: render further training clips of it on the people's "
            "own neutral faces.",
        ),
    ] = None,
    jobs: Annotated[int, typer.Option(help="Processes.")] = 1,
    track: Track = False,
    tracking_uri: TrackingUri = None,
    force: Force = False,
):
    """Trains an entry on the classes of your own clips; resumes if it was interrupted."""
    from mer_zoo.cli import tables

    choose_backend()
    from mer_zoo import datasets, training

    data = datasets.load("custom", clips, fps=fps)
    tracked = wanted(track, tracking_uri)
    with tracking_told():
        made = training.finetune(
            model,
            data,
            to,
            variants=variants,
            action_units=_labelled(action_units or []),
            score=score,
            jobs=jobs,
            track=tracked,
            force=force,
        )
        for part in tables.card(made.card):
            out.print(part)
        out.print(f"wrote {to}; use it with mer-zoo predict --model ./{to} VIDEO")


def _labelled(given: list[str]) -> dict[str, str]:
    """`LABEL=UNITS` of every option."""
    if not all("=" in text for text in given):
        raise typer.BadParameter("Name the class of each: --action-units tense=4+7")
    return dict(text.rsplit("=", 1) for text in given)
