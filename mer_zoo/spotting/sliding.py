"""A stream of any length, as overlapping windows in each of which one face is seen throughout."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mer_zoo.spotting.following import FacePath, Step
from mer_zoo.spotting.views import View
from mer_zoo.spotting.windows import MARGIN_SECONDS

CORE = 6.0
"""Seconds of a window that are its own; `MARGIN_SECONDS` on either side belong to its neighbours too."""

WINDOW_SECONDS = CORE + 2 * MARGIN_SECONDS
"""Seconds that a window has at most, but for one frame."""

FEWEST_FRAMES = 5
"""Frames in a row with a face, without which no expression can be told."""


@dataclass(frozen=True)
class Window:
    """Part of a recording, with a face in every frame.

    Attributes:
        path: where the face was, margins included.
        first, last: times in seconds. This window reports the apexes between them.
        shot: number of camera cuts before it.
        views: one a frame, or None where the frames are not kept.
    """

    path: FacePath
    first: float
    last: float
    shot: int
    views: tuple[View, ...] | None = None


def sliding_windows(steps: Iterable[Step], start: int) -> Iterator[Window]:
    """Cuts the steps of a face into windows, holding about one window of them.

    A new window begins where there is no face, and where the camera cuts to another picture.

    Args:
        steps: one a frame, from `follow_steps`.
        start: index in the source of the first.
    """
    run: list[Step] = []  # the steps of the window that is being filled
    own = 0  # place in the run of the first frame that is its own
    index, shot = start - 1, 0
    for index, step in enumerate(steps, start):
        if run and (step.cut or not step.present):
            yield from _window(run, own, None, index, shot)
            run, own = [], 0
        shot += step.cut
        if not step.present:
            continue
        run.append(step)
        if step.time - run[own].time >= CORE + MARGIN_SECONDS:
            end = run[own].time + CORE
            yield from _window(run, own, end, index + 1, shot)
            own = next(i for i, s in enumerate(run) if s.time >= end)
            kept = next(i for i, s in enumerate(run) if s.time >= end - MARGIN_SECONDS)
            run, own = run[kept:], own - kept
    yield from _window(run, own, None, index + 1, shot)


def _window(run, own, end, stop, shot):
    """The window of a run that ends before frame `stop`; `end` is None where nothing follows it."""
    if len(run) >= FEWEST_FRAMES:
        path = FacePath.of(run, stop - len(run))
        views = tuple(step.view for step in run)
        kept = views if all(view is not None for view in views) else None
        yield Window(path, run[own].time, run[-1].time if end is None else end, shot, kept)
