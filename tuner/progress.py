"""Bars and lines of a running search, on standard error."""

import contextlib
from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn


class Lines:
    """Two bars, trials and the folds of the present one, and lines above them."""

    def __init__(self, bars: Progress):
        self._bars = bars
        self._trials = bars.add_task("trials", visible=False)
        self._folds = bars.add_task("folds", visible=False)

    def say(self, text: str) -> None:
        """Prints a line, shown or not: repairs are always reported."""
        self._bars.console.print(text, markup=False, highlight=False)

    def trials(self, done: int, total: int, best: float | None) -> None:
        """Shows how many trials have ended."""
        label = "trials" if best is None else f"trials, best UF1 {best:.3f}"
        self._bars.update(
            self._trials, completed=done, total=total, description=label, visible=True
        )

    def trial(self, number: int, folds: int, done: int) -> None:
        """A trial begins, some of its folds perhaps done before."""
        label = f"folds of trial {number}"
        self._bars.update(self._folds, completed=done, total=folds, description=label, visible=True)

    def fold(self) -> None:
        """A fold has ended."""
        self._bars.advance(self._folds)


@contextlib.contextmanager
def progress_lines(shown: bool) -> Iterator[Lines]:
    """Shows the bars until the search ends."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bars:
        yield Lines(bars)
