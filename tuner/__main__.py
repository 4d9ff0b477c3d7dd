"""`python -m tuner RECIPE`: user errors are one message and exit code 2, never a traceback."""

import sys

import typer

from mer_zoo.cli.common import USER_ERROR, err
from mer_zoo.errors import MerZooError
from tuner.command import tune
from tuner.workers.orphans import end_with_supervisor


def main(arguments: list[str] | None = None, prog_name: str = "python -m tuner") -> None:
    """Runs the command.

    Args:
        arguments: by default those of the process.
        prog_name: what the help calls it.
    """
    end_with_supervisor()  # before anything is read: a worker that still reads ends with it too
    app = typer.Typer(pretty_exceptions_enable=False, rich_markup_mode="rich")
    app.command()(tune)
    try:
        app(arguments, prog_name=prog_name)
    except MerZooError as error:
        err.print(f"[red]{type(error).__name__}:[/red]", str(error), highlight=False)
        sys.exit(USER_ERROR)
    except KeyboardInterrupt:
        err.print("interrupted; the same command goes on")
        sys.exit(130)


if __name__ == "__main__":
    main()
