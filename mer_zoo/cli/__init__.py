"""The command `mer-zoo`. It only parses, calls and prints; one module per group of commands."""

import sys
from typing import Annotated

import typer
from rich.text import Text

from mer_zoo import __version__
from mer_zoo.cli import (
    entries,
    evaluating,
    explaining,
    exporting,
    making,
    reading,
    scoring,
    serving,
    spotting,
    tuning,
    watching,
)
from mer_zoo.cli.common import err
from mer_zoo.errors import USER_ERROR, MerZooError
from mer_zoo.native_messages import quiet_backend_start

app = typer.Typer(
    help="Facial micro-expression recognition: a Keras 3 model zoo.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("list")(entries.list_entries)
for command in (
    entries.card,
    reading.predict,
    spotting.spot,
    watching.watch,
    reading.demo,
    explaining.explain,
    serving.app,
    entries.verify,
    entries.push,
    exporting.export,
    making.synth,
    making.train,
    making.table,
    making.finetune,
    tuning.tune,
    evaluating.evaluate,
    spotting.evaluate_spotting,
    evaluating.compare,
    evaluating.combine,
    scoring.score,
):
    app.command()(command)
app.add_typer(evaluating.datasets_app, name="datasets")
app.add_typer(evaluating.cache_app, name="cache")


@app.callback(invoke_without_command=True)
def _common(
    version: Annotated[bool, typer.Option("--version", help="Print the version and exit.")] = False,
):
    if version:
        print(f"mer-zoo {__version__}")
        raise typer.Exit


def main() -> None:
    """Entry point: user errors are one message and exit code 2, never a traceback."""
    quiet_backend_start()
    try:
        app()
    except MerZooError as error:
        name = (f"{type(error).__name__}: ", "red")
        err.print(Text.assemble(name, str(error)))  # as it is: messages may hold [brackets]
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        err.print("interrupted")
        sys.exit(130)
