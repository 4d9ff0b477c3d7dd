"""The bar of long work in a library call, on standard error."""

import contextlib
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress_bar(name: str, total: int, done: int, *, shown: bool) -> Iterator[Callable[[], None]]:
    """Shows how many of `total` are done and how long the rest will take.

    Args:
        name: what is counted.
        total: how many there are.
        done: how many were done before.
        shown: false shows nothing.

    Yields:
        A function to call after each.
    """
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn(name), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), disable=not shown) as bar:
        task = bar.add_task(name, total=total, completed=done)
        yield lambda: bar.advance(task)
