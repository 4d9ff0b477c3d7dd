"""Shared by all commands: consoles, options, progress, the choice of a backend, the runs in MLflow."""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.console import Console
from typer import Argument, BadParameter, Exit, Option

from mer_zoo.devices import set_defaults
from mer_zoo.errors import TrackingWarning
from mer_zoo.settings import choose_backend

if TYPE_CHECKING:
    from rich.progress import Progress

out = Console()
err = Console(stderr=True)

SOME_FAILED = 1
DEFAULT_MODEL = "meganet_casme2"

Force = Annotated[bool, Option("--force", help="Overwrite existing output files.")]
ModelName = Annotated[
    str, Option("--model", "-m", help="Zoo entry, ./local folder or hf://org/repo@revision.")
]
EntryName = Annotated[str, Argument(help="Zoo entry, or ./local folder.")]
RecipeName = Annotated[str, Argument(help="Name of a recipe, or a .toml file.")]
Ict = Annotated[
    Path | None,
    Option(help="File of the second face rig, for recipes that name it (docs/corpus.md)."),
]
Photos = Annotated[
    Path | None, Option(help="For synthetic clips: folder of photographs, one identity each.")
]
MixedPrecision = Annotated[
    bool,
    Option(
        "--mixed-precision",
        help="Train in bfloat16, on GPUs that support it; weights stay float32.",
    ),
]
Jobs = Annotated[int, Option(help="Number of processes; -1 for one per core.")]
Track = Annotated[
    bool, Option("--track", help="Log the run in MLflow: ./mlflow.db, artifacts in ./mlruns.")
]
TrackingUri = Annotated[
    str | None,
    Option(
        help="MLflow's store: a database or a server. Implies --track. With only --track, "
        "MLFLOW_TRACKING_URI may name it."
    ),
]

Start = Annotated[int, Option(min=0, help="First frame to use, 0-based.")]
Stop = Annotated[int | None, Option(help="Frame after the last one to use.")]
Fps = Annotated[
    float | None,
    Option(help="Frames per second of a folder of images, or of a video instead of its own."),
]
FoldersFps = Annotated[
    float | None,
    Option(help="Frames per second of folders of images. Videos keep their own times."),
]
FewFps = Annotated[
    float | None,
    Option(
        help="Frames per second of folders of images, or of one video without --out. Other videos keep "
        "their own times."
    ),
]
Face = Annotated[str, Option(help="Which face: 'largest', or 0, 1, ... by size.")]
AllowTruncated = Annotated[bool, Option(help="Accept truncated videos.")]
EngineName = StrEnum("EngineName", ["auto", "keras", "litert"])
"""What runs the face models."""
Engine = Annotated[
    EngineName, Option(help="What runs the face networks; auto takes LiteRT if it is installed.")
]
MinMotion = Annotated[
    float | None,
    Option(min=0, help="Minimum motion, in pixels of the 224 px face crop; 0.6 by default."),
]
MinScore = Annotated[
    float | None,
    Option(
        min=0, help="Minimum score: motion relative to noise, head motion and blinks; 3 by default."
    ),
]


def start_backend(*, watching: bool = False) -> None:
    """Chooses the backend of a command that trains, and how it takes the memory of GPUs.

    Args:
        watching: see `mer_zoo.devices.set_defaults`.
    """
    choose_backend()
    set_defaults(os.environ.get("KERAS_BACKEND"), watching=watching)


def quieten_mlflow() -> None:
    """Silences MLflow's bars, links and logs, which would break our bars; errors still reach the user."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")  # it sets its loggers when imported
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextlib.contextmanager
def tracking(track: bool, uri: str | None) -> Iterator[bool | str]:
    """Gives the value for `track=`. In the end, exit code 1 where something could not be logged."""
    if uri or track:
        quieten_mlflow()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrackingWarning)
        yield uri or track
    missing = [w for w in caught if issubclass(w.category, TrackingWarning)]
    for warning in (w for w in caught if w not in missing):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    for warning in missing:
        err.print("[yellow]TrackingWarning:[/yellow]", str(warning.message), highlight=False)
    if missing:
        raise Exit(SOME_FAILED)


def face_options(face: str, engine: EngineName, **limits: float | None) -> dict:
    """The options of the functions that follow a face; a limit of None leaves their default."""
    given = {name: limit for name, limit in limits.items() if limit is not None}
    return {"face": int(face) if face.isdigit() else face, "engine": engine.value, **given}


def roots(given: list[str]):
    """One folder, or one folder per database name (`casme2=PATH`)."""
    if len(given) == 1 and "=" not in given[0]:
        return Path(given[0])
    if not all("=" in text for text in given):
        raise BadParameter(
            "Give one folder, or name each: --root casme2=PATH --root samm=PATH --root smic=PATH."
        )
    return {name: Path(path) for name, path in (text.split("=", 1) for text in given)}


def load_model(name: str | Path):
    from mer_zoo import zoo

    entry = zoo.find(name)
    choose_backend()
    with err.status(f"loading {name}"):
        return zoo.load(entry.folder)


def progress_bar() -> "Progress":
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,  # a file would get an empty line
    )
