"""What `mer-zoo watch` shows in the terminal."""

import time
from collections import deque
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from mer_zoo.readings.reading import UPPER_FACE

if TYPE_CHECKING:
    from mer_zoo.readings import Reading
    from mer_zoo.spotting import LiveFrame
    from mer_zoo.spotting.intervals import Interval

BARS = " ▁▂▃▄▅▆▇█"
LEAST_HEIGHT = 4.0  # pixels of motion at which the curve is full height, unless it moves more
COLUMNS = 40
SHOWN = 20.0  # seconds of the motion curve
RATE = 3.0  # seconds over which frames per second are counted
A_SECOND = 8  # refreshes


class LiveDisplay:
    """The face, the motion curve and the last reading, in place. Use it as a context manager.

    Where the output is no terminal, only the readings are printed, one line each.

    Args:
        name: of the source.
        out: console for the readings.
        err: console for everything else.
    """

    def __init__(self, name: str, out: Console, err: Console):
        self._name, self._out, self._err = name, out, err
        self._frame: LiveFrame | None = None
        self._motion: deque[tuple[float, float]] = deque()
        self._arrived: deque[float] = deque()
        self._last = Text("no expression yet", style="dim")
        self._count = 0
        self._live = Live(
            console=out,
            get_renderable=self.render,
            refresh_per_second=A_SECOND,
            transient=True,
            auto_refresh=out.is_terminal,
        )

    def __enter__(self) -> "LiveDisplay":
        if self._out.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_):
        if self._out.is_terminal:
            self._live.stop()

    def show(self, frame: "LiveFrame") -> None:
        """Takes note of a frame."""
        now = time.monotonic()
        self._arrived.append(now)
        while self._arrived[0] < now - RATE:
            self._arrived.popleft()
        self._motion += [(float(t), float(m)) for t, m in frame.motion]
        while self._motion and self._motion[0][0] < frame.time - SHOWN:
            self._motion.popleft()
        self._frame = frame

    def add(self, interval: "Interval", reading: "Reading") -> None:
        """Prints a reading."""
        self._count += 1
        self._last = line(interval, reading)
        self._out.print(self._last)

    def summary(self) -> None:
        """Prints how many frames and readings there were."""
        if self._frame is None:
            return
        frames, dropped = self._frame.index + 1, self._frame.dropped
        self._err.print(
            f"{self._name}: {_plural(self._count, 'reading')} in {_plural(frames, 'frame')}, "
            f"{self._frame.time:.1f} s; {dropped} dropped"
        )

    def render(self) -> Table:
        """What is shown now."""
        table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
        frame = self._frame
        if frame is None:
            table.add_row("source", f"{self._name}: waiting for the first frame")
            return table
        dropped = Text(f"{frame.dropped} dropped", style="red" if frame.dropped else "")
        rate = f"{frame.time:.1f} s, {self._rate():.0f} frames per second, "
        table.add_row("source", Text.assemble(f"{self._name}: ", rate, dropped))
        table.add_row("face", _place(frame))
        newest = f" {self._motion[-1][1]:.1f} px" if self._motion else ""
        table.add_row("motion", sparkline(list(self._motion), frame.time) + newest)
        table.add_row("last", self._last)
        table.add_row("", Text("Ctrl-C ends.", style="dim"))
        return table

    def _rate(self) -> float:
        arrived = list(self._arrived)
        if len(arrived) < 2:
            return 0.0
        return (len(arrived) - 1) / max(arrived[-1] - arrived[0], 1e-6)


def line(interval: "Interval", reading: "Reading") -> Text:
    """A reading in one line of at most 80 columns."""
    chance = f" {reading.probabilities[reading.label]:.2f}" if reading.expression else ""
    talks = f", talks {reading.talking:.1f}" if reading.evidence == UPPER_FACE else ""
    return Text.assemble(
        (f"{reading.label}{chance}", "bold"),
        f"  apex {interval.times[1]:.2f} s, {interval.motion:.1f} px, {reading.evidence}{talks}",
    )


def sparkline(motion: list[tuple[float, float]], now: float) -> str:
    """The motion of the last `SHOWN` seconds as `COLUMNS` characters, the newest at the right."""
    heights = [0.0] * COLUMNS
    for moment, value in motion:
        place = COLUMNS - 1 - int((now - moment) / SHOWN * COLUMNS)
        if 0 <= place < COLUMNS:
            heights[place] = max(heights[place], value)
    full = max(LEAST_HEIGHT, *heights)
    return "".join(BARS[min(round(h / full * (len(BARS) - 1)), len(BARS) - 1)] for h in heights)


def _place(frame: "LiveFrame") -> str:
    height, width = frame.image.shape[:2]
    if frame.box is None:
        return f"none in {width}x{height}"
    x0, y0, x1, y1 = (round(v) for v in frame.box)
    return f"{x1 - x0}x{y1 - y0} px at ({x0}, {y0}) of {width}x{height}"


def _plural(count: int, name: str) -> str:
    return f"{count} {name}{'' if count == 1 else 's'}"
