"""What was found window by window, as one row of expressions that do not overlap."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from mer_zoo.spotting.changes import Change
from mer_zoo.spotting.expression import SpottedExpression
from mer_zoo.spotting.motion import WAY_BACK

WHOLE_WAY = 0.5
"""Share of an expression's motion from which on the way back has ended it."""

WITHIN = 0.25
"""Share of the motion of an expression that stayed below which what happens before its return is part
of it: large movements are measured with errors that grow with them."""

LONGEST_HELD = 30.0
"""Seconds after which the way back from an expression is no longer expected."""

AFTER = 0.5
"""Seconds after an expression within which what remains of its way back may follow."""

SLACK = 0.2
"""Seconds by which two windows may differ about the apex of one expression."""


@dataclass(frozen=True)
class Interval:
    """A candidate of a micro-expression.

    Attributes:
        onset, apex, offset: frame numbers of the source, 0-based. Of an expression that stayed
            (`held`), offset is where the face had returned, or the apex if that was not seen.
        times: seconds of these three frames.
        held: the face did not return soon after the apex.
        motion: from onset to apex, pixels of the 224 px crop (outer eye corners 109 px apart), head
            motion removed.
        score: motion over what else could look like it: how much frames as far apart usually differ
            within these seconds (see `noise_level`), and what may be left of the head's motion and of a
            blink.
        head_motion: how far the head moved from onset to apex, in the same pixels.
        eye_closure: how far the eyes closed between onset and offset, against how they are within a
            second: 0 not, 1 shut.
        eye_share: share of the movement's energy that lies about the eyes, 0 to 1. Much of it, with
            the eyes closing, would be a blink, which is not returned.
        talking: how sure it is that the person talked between onset and apex, 0..1. From .3 on
            (`mer_zoo.spotting.talking.TALKING`) the movement is that of the upper face alone.
    """

    onset: int
    apex: int
    offset: int
    times: tuple[float, float, float]
    held: bool
    motion: float
    score: float
    head_motion: float
    eye_closure: float
    eye_share: float
    talking: float

    @property
    def seconds(self) -> float:
        """From onset to offset."""
        return self.times[2] - self.times[0]


@dataclass(frozen=True)
class Found:
    """An interval, the movement itself, and the clip to read it by (None if it is not wanted)."""

    interval: Interval
    change: Change
    expression: SpottedExpression | None


class Timeline:
    """Puts movements in order: no interval twice, none for the way back from another.

    Args:
        min_score: least score of an expression. The way back from one may score less.
    """

    def __init__(self, min_score: float):
        self._min_score = min_score
        self._recent: list[Found] = []
        self._moved = -np.inf  # until when what was given moved

    def add(self, found: Found) -> None:
        """Adds a movement; those of one window come in the order of time."""
        if any(self._is_way_back(found, place) for place in range(len(self._recent))):
            return
        if found.interval.score < self._min_score:
            return
        if any(_is_within(found.interval, other.interval) for other in self._recent):
            return
        rivals = [other for other in self._recent if _overlap(found.interval, other.interval)]
        if any(other.interval.score >= found.interval.score for other in rivals):
            return
        self._recent = [other for other in self._recent if other not in rivals] + [found]
        self._recent.sort(key=lambda other: other.interval.onset)

    def settled(self, time: float) -> Iterator[tuple[Interval, SpottedExpression | None]]:
        """Gives, and forgets, the first intervals, which nothing found after `time` can change."""
        while self._recent:
            interval = self._recent[0].interval
            wait = LONGEST_HELD if _stays(interval) else AFTER
            if interval.times[2] + wait + SLACK > time:
                return
            expression = self._recent.pop(0).expression
            if expression is not None and _begins(expression) < self._moved:
                # What belongs to an earlier expression is not the beginning of this one.
                expression = replace(expression, slow_step=None)
            self._moved = max(self._moved, _moved_until(interval))
            yield interval, expression

    def _is_way_back(self, found: Found, place: int) -> bool:
        """Whether a movement leads back from an expression; the offset of one that stayed is then set."""
        earlier = self._recent[place]
        stays = _stays(earlier.interval)
        gap = found.interval.times[0] - earlier.interval.times[2]
        if not -SLACK <= gap <= (LONGEST_HELD if stays else AFTER):
            return False
        if found.change.likeness(earlier.change) > WAY_BACK:
            return False
        share = found.interval.motion / earlier.interval.motion
        if not stays:
            return share <= 1
        if share >= WHOLE_WAY:
            times = (*earlier.interval.times[:2], found.interval.times[1])
            ended = replace(earlier.interval, offset=found.interval.apex, times=times)
            self._recent[place] = replace(earlier, interval=ended)
            self._recent = [f for f in self._recent if not _is_within(f.interval, ended)]
        return True


def _stays(interval: Interval) -> bool:
    """Whether no return from an expression was seen so far."""
    return interval.held and interval.offset == interval.apex


def _is_within(one: Interval, other: Interval) -> bool:
    """Whether a movement is a small one of a face that stayed in another, whose end was seen."""
    inside = other.times[1] - SLACK <= one.times[0] and one.times[1] <= other.times[2] + SLACK
    return other.held and inside and one.motion < WITHIN * other.motion


def _begins(expression: SpottedExpression) -> float:
    """Seconds at which its slow beginning starts; infinite where it has none."""
    step = expression.slow_step
    return np.inf if step is None else float(expression.clip.times[step[0]])


def _overlap(one: Interval, other: Interval) -> bool:
    return one.times[0] <= _moved_until(other) and other.times[0] <= _moved_until(one)


def _moved_until(interval: Interval) -> float:
    """While a face stays in an expression, another may begin: only its own movement is in the way."""
    return interval.times[1 if interval.held else 2] + SLACK
