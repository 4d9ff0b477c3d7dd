"""Shared by all commands: consoles, options, progress, the choice of a backend."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from mer_zoo.settings import choose_backend

if TYPE_CHECKING:
    from rich.progress import Progress

out = Console()
err = Console(stderr=True)

SOME_FAILED = 1
DEFAULT_MODEL = "meganet_casme2"

Force = Annotated[bool, typer.Option("--force", help="Overwrite existing output files.")]
ModelName = Annotated[
    str, typer.Option("--model", "-m", help="Zoo entry, ./local folder or hf://org/repo@revision.")
]

MinMotion = Annotated[
    float | None, typer.Option(min=0, help="Minimum motion, in pixels of the 224 px face crop.")
]
MinScore = Annotated[
    float | None,
    typer.Option(min=0, help="Minimum score: motion relative to noise, head motion and blinks."),
]
Face = Annotated[str, typer.Option(help="'largest', or 0, 1, ... by size.")]


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
