"""`mer-zoo predict --out`: many videos into one table."""

from pathlib import Path

import typer
from rich.text import Text

from mer_zoo.cli.common import SOME_FAILED, choose_backend, err, out

SHOWN_FAILURES = 10


def predict_batch(paths: list[Path], entry: str, to: Path, **options) -> None:
    """Predicts the videos and prints a summary; exit code 1 if some could not be read."""
    choose_backend()
    from mer_zoo.batch import predict_many
    from mer_zoo.cli import tables

    frame = predict_many(paths, entry, to, **options)
    failed = frame[frame["status"] == "failed"]
    out.print(tables.counts(frame["label"].value_counts().to_dict(), len(failed)))
    for row in failed.head(SHOWN_FAILURES).itertuples():
        err.print(Text.assemble((f"{row.path}: ", "red"), row.error))
    if len(failed) > SHOWN_FAILURES:
        err.print(f"and {len(failed) - SHOWN_FAILURES} more; {to} lists all of them")
    err.print(f"table: {to}")
    if options.get("report"):
        err.print(f"report: {options['report']}")
    if len(failed):
        raise typer.Exit(SOME_FAILED)
