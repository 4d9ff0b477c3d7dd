"""Options of commands that can log to MLflow, and the message when logging failed."""

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from typing import Annotated

import typer

from mer_zoo.cli.common import SOME_FAILED, err
from mer_zoo.errors import TrackingWarning

Track = Annotated[
    bool, typer.Option("--track", help="Log the run in MLflow: ./mlflow.db, artifacts in ./mlruns.")
]
TrackingUri = Annotated[
    str | None,
    typer.Option(
        help="MLflow's store: a database or a server. Implies --track. With only --track, "
        "MLFLOW_TRACKING_URI may name it."
    ),
]


def wanted(track: bool, tracking_uri: str | None) -> bool | str:
    """The value for `track=`."""
    if tracking_uri or track:
        quieten()
    return tracking_uri or track


def quieten() -> None:
    """Silences MLflow's bars, links and logs, which would break our bars; errors still reach the user."""
    os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
    os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "CRITICAL")  # it sets its loggers when imported
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextlib.contextmanager
def tracking_told() -> Iterator[None]:
    """Reports what could not be logged to MLflow, and then ends the command with exit code 1."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", TrackingWarning)
        yield
    missing = [w for w in caught if issubclass(w.category, TrackingWarning)]
    for warning in (w for w in caught if w not in missing):
        warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
    for warning in missing:
        err.print("[yellow]TrackingWarning:[/yellow]", str(warning.message), highlight=False)
    if missing:
        raise typer.Exit(SOME_FAILED)
