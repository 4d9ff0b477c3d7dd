"""The command `score`: predictions that were made anywhere."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mer_zoo.cli.common import Force, out


def score(
    predictions: Annotated[
        Path,
        typer.Argument(
            help="csv: clip, subject, truth, and answer or p_<class>; optionally epoch, seed, "
            "dataset, fold."
        ),
    ],
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Folder for result.json, predictions.csv and confusion.svg."),
    ] = None,
    force: Force = False,
):
    """Scores predictions of any system: pooled UF1, UAR, accuracy, intervals by subject, baselines."""
    from mer_zoo import evaluation
    from mer_zoo.cli import tables

    result = evaluation.score(predictions, out=to, force=force)
    for part in (*tables.result(result), tables.classes(result)):
        out.print(part)
    for note in result.about["notes"]:
        out.print(Text(f"note: {note}"))
    if to is not None:
        out.print(f"wrote {to}: result.json, predictions.csv, confusion.svg", markup=False)
