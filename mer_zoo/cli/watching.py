"""The command that reads a camera, a stream or a growing file: watch."""

import contextlib
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import (
    DEFAULT_MODEL,
    Engine,
    EngineName,
    Face,
    MinMotion,
    MinScore,
    ModelName,
    err,
    face_options,
    load_model,
    out,
)


def watch(
    source: Annotated[
        str, typer.Argument(help="Camera (0 is the first), stream address, or file that may grow.")
    ],
    model: ModelName = DEFAULT_MODEL,
    csv: Annotated[
        Path | None,
        typer.Option(help="Append each reading to this CSV file, new or of an earlier watch."),
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(help="Stop after this many seconds; by default, at Ctrl-C.")
    ] = None,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Drop no frame, even if that takes longer.")
    ] = False,
    window: Annotated[
        bool, typer.Option("--window", help="Show the picture and the face in a window.")
    ] = False,
    min_motion: MinMotion = None,
    min_score: MinScore = None,
    face: Face = "largest",
    engine: Engine = EngineName.auto,
):
    """Reads a camera, a stream or a file while it runs. Ctrl-C ends it and keeps what was read."""
    from mer_zoo.clips import open_live

    options = face_options(face, engine, min_motion=min_motion, min_score=min_score)
    picture = _window(source) if window else None
    stream = open_live(source, every_frame=every_frame, seconds=seconds)
    _read(stream, load_model(model), csv, picture, options)


def _window(title: str):
    from mer_zoo.cli.live_window import LiveWindow

    return LiveWindow(title)


def _read(stream, classifier, csv, picture, options: dict) -> None:
    """Reads the stream to its end, showing and writing what is found."""
    from mer_zoo.cli.interval_csv import LiveTable
    from mer_zoo.cli.live_display import LiveDisplay

    display = LiveDisplay(stream.name, out, err)

    def on_frame(frame):
        display.show(frame)
        if picture is not None and not picture.show(frame):
            stream.stop()

    with contextlib.ExitStack() as stack:
        if picture is not None:
            stack.callback(picture.close)
        table = None
        if csv is not None:
            table = stack.enter_context(LiveTable(csv, stream.name, classifier))
        stack.enter_context(display)
        stack.enter_context(_interrupt_stops(stream))
        for interval, reading in classifier.watch(stream, on_frame=on_frame, **options):
            if table is not None:
                table.add(interval, reading, stream.dropped)
            display.add(interval, reading)
    display.summary()


@contextlib.contextmanager
def _interrupt_stops(stream) -> Iterator[None]:
    """Within the block, Ctrl-C ends the stream, so that what it gave is read; a second one interrupts."""
    previous = signal.getsignal(signal.SIGINT)

    def stop(*_):
        stream.stop()
        signal.signal(signal.SIGINT, previous)

    signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
