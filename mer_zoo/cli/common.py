"""What all commands share: consoles, options, progress, the choice of a backend."""

import importlib.util
import json
import logging
import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from mer_zoo.errors import MerZooError

out = Console()
err = Console(stderr=True)

SOME_FAILED = 1
USER_ERROR = 2
DEFAULT_MODEL = "meganet_casme2"

Force = Annotated[bool, typer.Option("--force", help="Overwrite existing output files.")]
ModelName = Annotated[str, typer.Option("--model", "-m", help="Zoo entry, or ./local folder.")]


def load_model(name):
    from mer_zoo import zoo

    zoo.find(name)
    choose_backend()
    with err.status(f"loading {name}"):
        return zoo.load(name)


def choose_backend() -> None:
    """Takes the first installed backend unless the user chose one (KERAS_BACKEND or keras.json)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "KERAS_BACKEND" in os.environ or "keras" in sys.modules:
        return
    try:
        folder = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
        configured = [json.loads((folder / "keras.json").read_text())["backend"]]
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


def progress_bar() -> Progress:
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=err,
        transient=True,
    )
