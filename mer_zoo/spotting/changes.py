"""All the changes of a face within a window: the strongest, then those before and after it, and so on."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from mer_zoo.spotting.motion import likeness, magnitude
from mer_zoo.spotting.phases import Phases, find_phases, mean_around, means_around

FEWEST_FRAMES = 4
"""Frames, without which there is no looking for a change."""

QUICK = 0.5
"""Seconds within which the strongest change is sought: whatever is slower the reference follows."""

NOISE_GROWTH = 0.25
"""Power of the distance in time by which frames of a face at rest differ more, beyond `QUICK`.

Measured as .22 to .28 on portraits that move seldom. Frames of a lively face differ more than this,
because they show slow expressions, which are no noise.
"""


@dataclass(frozen=True)
class Change:
    """One movement of the face.

    Attributes:
        phases: frames of the window.
        field: float32 `(cells, 2)`, displacement from onset to apex, pixels of the 224 px crop.
    """

    phases: Phases
    field: np.ndarray

    @property
    def motion(self) -> float:
        """Pixels of the 224 px crop; see `magnitude`."""
        return float(magnitude(self.field))

    def likeness(self, other: "Change") -> float:
        """Cosine between the two fields: 1 the same movement, -1 the way back."""
        return likeness(self.field, other.field)


def find_changes(fields: np.ndarray, times: np.ndarray, least: float) -> list[Change]:
    """The changes of at least `least` pixels, in the order of time.

    Args:
        fields: float32 `(T, cells, 2)` of `displacement_fields`.
        times: `(T,)` seconds.
        least: motion in pixels of the 224 px crop.
    """
    return list(_changes(fields, times, least, 0))


def noise_level(fields: np.ndarray, times: np.ndarray, seconds: float) -> float:
    """How far two frames of a window usually seem to differ, in pixels: the median over the window.

    Args:
        fields: float32 `(T, cells, 2)` of `displacement_fields`.
        times: `(T,)` seconds.
        seconds: how far apart the two frames are. Beyond `QUICK` they count as differing by what
            `NOISE_GROWTH` makes of frames `QUICK` apart, if that is less.
    """
    means, pace = means_around(fields), float(np.median(np.diff(times)))

    def usual(seconds: float) -> float:
        lag = min(max(round(seconds / pace), 2), len(means) - 1)
        return float(np.median(magnitude(means[lag:] - means[:-lag])))

    if seconds <= QUICK:
        return usual(seconds)
    return min(usual(seconds), usual(QUICK) * (seconds / QUICK) ** NOISE_GROWTH)


def _changes(fields, times, least, start) -> Iterator[Change]:
    if len(fields) < FEWEST_FRAMES:
        return
    found = find_phases(fields, times, max_rise=QUICK)
    field = mean_around(fields, found.apex) - mean_around(fields, found.onset)
    if found.apex <= found.onset or magnitude(field) < least:
        return
    # What is left of a rise or a fall beside its ends is no change of its own.
    before, after = found.onset + 1, found.offset
    yield from _changes(fields[:before], times[:before], least, start)
    onset, apex, offset = (start + p for p in (found.onset, found.apex, found.offset))
    moved = Phases(onset, apex, offset, found.held)
    yield Change(moved, field)
    yield from _changes(fields[after:], times[after:], least, start + after)
