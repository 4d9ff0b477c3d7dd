"""The command `mer-zoo`: thin, it parses, calls and prints."""

import importlib.util
import json as json_module
import logging
import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from mer_zoo import __version__
from mer_zoo.errors import MerZooError

app = typer.Typer(
    help="Facial micro-expression recognition: a Keras 3 model zoo.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
out = Console()
err = Console(stderr=True)

SOME_FAILED = 1
USER_ERROR = 2
DEFAULT_MODEL = "meganet_casme2"


class Engine(StrEnum):
    """What runs the face models."""

    auto = "auto"
    keras = "keras"
    litert = "litert"


Force = Annotated[bool, typer.Option("--force", help="Overwrite existing output files.")]
ModelName = Annotated[str, typer.Option("--model", "-m", help="Zoo entry, or ./local folder.")]
Frame = Annotated[
    int | None, typer.Option(min=0, help="Frame index, 0-based; spotted if not given.")
]


@app.command("list")
def list_entries(pattern: Annotated[str, typer.Argument(help="Shell pattern.")] = "*"):
    """Lists the zoo entries."""
    from mer_zoo import tables, zoo

    cards = [zoo.card(name) for name in zoo.list_models(pattern)]
    out.print(tables.entries(cards))


@app.command()
def card(
    name: Annotated[str, typer.Argument(help="Zoo entry, or ./local folder.")],
    toml: Annotated[bool, typer.Option("--toml", help="Print the card file itself.")] = False,
):
    """Shows the card of an entry: what it saw, how well it does, what it must not be used for."""
    from mer_zoo import tables, zoo

    entry = zoo.find(name)
    if toml:
        print((entry.folder / "card.toml").read_text(encoding="utf-8"), end="")
    else:
        for part in tables.card(entry.card):
            out.print(part)


@app.command()
def predict(
    paths: Annotated[
        list[Path], typer.Argument(help="Videos, folders of videos or of frames, clips.csv.")
    ],
    model: ModelName = DEFAULT_MODEL,
    onset: Frame = None,
    apex: Frame = None,
    offset: Frame = None,
    start: Annotated[int, typer.Option(min=0, help="First frame to look at.")] = 0,
    stop: Annotated[int | None, typer.Option(help="Frame after the last to look at.")] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second of a folder of images.")
    ] = None,
    face: Annotated[str, typer.Option(help="'largest', or 0, 1, ... by size.")] = "largest",
    engine: Engine = Engine.auto,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, no table.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    allow_truncated: Annotated[bool, typer.Option(help="Read videos that end too early.")] = False,
    force: Force = False,
):
    """Reads videos: onset, apex, offset, label and probabilities."""
    from mer_zoo import inputs, tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    clips = inputs.expand(paths, fps)
    phases = {"onset": onset, "apex": apex, "offset": offset}
    inputs.refuse_phases_for_many(clips, phases)
    for path in (csv, report):
        if path is not None:
            refuse_overwrite(path, force)
    classifier = _load(model)
    readings, failed = [], 0
    with _progress() as bar:
        task = bar.add_task("reading", total=len(clips))
        for clip in clips:
            bar.update(task, description=clip.path.name)
            try:
                reading = clip.read(
                    classifier,
                    phases=phases,
                    start=start,
                    stop=stop,
                    fps=fps,
                    face=int(face) if face.isdigit() else face,
                    engine=engine.value,
                    allow_truncated=allow_truncated,
                )
            except MerZooError as error:
                if len(clips) == 1:
                    raise
                failed += 1
                err.print(f"[red]{clip.path.name}:[/red]", str(error), highlight=False)
            else:
                readings.append(reading)
                if json:
                    print(reading.to_json())
            bar.advance(task)
    if readings and not json:
        out.print(tables.readings(readings))
    if csv is not None:
        tables.write_csv(readings, csv, force)
    if report is not None and readings:
        err.print(f"report: {save_report(readings, report, force)}")
    if failed:
        raise typer.Exit(SOME_FAILED)


@app.command()
def demo(
    report: Annotated[Path, typer.Option(help="Where the report goes.")] = Path(
        "mer_zoo_demo.html"
    ),
    model: ModelName = DEFAULT_MODEL,
    force: Force = False,
):
    """Reads a real video and a synthetic clip of known truth, and writes a report."""
    from mer_zoo import demonstration, tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    refuse_overwrite(report, force)
    classifier = _load(model)
    with _progress() as bar:
        task = bar.add_task("a real smile (posed, not a micro-expression)", total=2)
        real = classifier.predict_video(demonstration.smile())
        bar.update(task, advance=1, description="a synthetic clip of known truth")
        truth = demonstration.synthetic_clip()
        synthetic = classifier.predict_clip(truth.with_phases())
        bar.advance(task)
    out.print(tables.readings([real, synthetic]))
    out.print(
        f"Truth of the synthetic clip: action units {'+'.join(map(str, truth.action_units))}, "
        f"onset {truth.onset}, apex {truth.apex}, offset {truth.offset}."
    )
    out.print(f"report: {save_report([real, synthetic], report, force)}")


@app.command()
def verify(
    names: Annotated[
        list[str] | None, typer.Argument(help="Entries; all when none is given.")
    ] = None,
):
    """Checks every weight file, golden output and card against the built networks."""
    from mer_zoo import tables, zoo

    _choose_backend()
    from mer_zoo.zoo.golden import verify as verify_entry

    checks, names = [], names or zoo.list_models()
    with _progress() as bar:
        task = bar.add_task("verifying", total=len(names))
        for name in names:
            bar.update(task, description=name)
            checks.append(verify_entry(name))
            bar.advance(task)
    out.print(tables.checks(checks))
    if not all(check.passed for check in checks):
        raise typer.Exit(SOME_FAILED)


@app.command()
def synth(
    photo: Annotated[Path, typer.Option(help="A photograph with a face.")],
    au: Annotated[str, typer.Option(help="Action units, for instance 12, 1+2 or L4.")],
    to: Annotated[Path, typer.Option("--out", help="The video to write; its truth goes to .json.")],
    seed: Annotated[int, typer.Option(help="Same seed, same clip.")] = 0,
    peak: Annotated[float, typer.Option(help="Peak motion, px of the 224 px face.")] = 2.5,
    fps: Annotated[float, typer.Option(help="Frames a second.")] = 100.0,
    force: Force = False,
):
    """Makes a micro-expression clip of known truth from a photograph."""
    _choose_backend()
    from mer_zoo import synthesis
    from mer_zoo.files import refuse_overwrite

    refuse_overwrite(to, force)
    clip = synthesis.synthesise(photo, au, seed=seed, peak=peak, fps=fps)
    truth = synthesis.write_video(clip, to, force=force)
    out.print(f"wrote {to} and {truth}")


@app.command()
def train(
    recipe: Annotated[Path, typer.Argument(help="Recipe file.")],
    photos: Annotated[Path, typer.Option(help="Folder of photographs, one identity each.")],
    to: Annotated[Path | None, typer.Option("--out", help="Zoo folder to write.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes that make the corpus.")] = 2,
    force: Force = False,
):
    """Regenerates a zoo entry from its recipe; interrupted, the same command goes on."""
    from mer_zoo import tables

    _choose_backend()
    from mer_zoo.training import Recipe, train_entry

    loaded = Recipe.read(recipe)
    folder = to or Path(loaded.name)
    made = train_entry(loaded, photos, folder, recipe_path=recipe, jobs=jobs, force=force)
    for part in tables.card(made):
        out.print(part)
    out.print(f"wrote {folder}; use it with mer_zoo.load('{folder.resolve()}')")


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
):
    if version:
        print(f"mer-zoo {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: user errors are one message and exit code 2, never a traceback."""
    try:
        app()
    except MerZooError as error:
        err.print(f"[red]{type(error).__name__}:[/red]", str(error), highlight=False)
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)


def _load(name):
    from mer_zoo import zoo

    zoo.find(name)
    _choose_backend()
    with err.status(f"loading {name}"):
        return zoo.load(name)


def _choose_backend() -> None:
    """Takes the first installed backend unless the user chose one (KERAS_BACKEND or keras.json)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    try:
        folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        configured = [json_module.loads((folder / "keras.json").read_text())["backend"]]
    except (OSError, ValueError, KeyError):
        configured = []
    # Keras writes keras.json by itself, naming TensorFlow, so what it names may not be installed.
    for backend in [*configured, "tensorflow", "jax", "torch"]:
        if importlib.util.find_spec(backend):
            os.environ["KERAS_BACKEND"] = backend
            return
    raise MerZooError(
        "No Keras backend is installed. Install one: pip install 'mer-zoo[tensorflow]' (or [jax], "
        "[torch])."
    )


def _progress() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
    )


if __name__ == "__main__":
    main()
