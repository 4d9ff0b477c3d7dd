"""Onset, apex and offset from displacement fields.

Method.
(1) The strongest change: of all pairs of frames at most `MAX_RISE` apart, the two whose fields differ
most (if that was the fall, it is turned over). Where it is known how far the lips are apart, a change in
which they close is left out: a face at rest has closed lips, so it is the end of an expression.
(2) The trace: every field projected on that change, about 0 before the expression and 1 at its height.
(3) Onset and apex: the raised cosine from a constant level to a constant level that fits the trace
best around its rise (least squares).
(4) Offset: the same fit, backwards in time, around the fall. An expression that does not begin to fall
within `MAX_PLATEAU` of the apex counts as held: its offset is its apex, since the image of a
micro-expression would dilute it.
"""

from dataclasses import dataclass

import numpy as np

from mer_zoo.spotting.lips import closing, parting
from mer_zoo.spotting.motion import magnitude

MAX_RISE = 1.5
"""Longest time from onset to apex considered, in seconds. Micro-expressions take less than 0.3."""

MAX_PLATEAU = 0.5
"""Longest time at full strength, in seconds, before an expression counts as held."""

HALF = 0.5  # of the trace: above is the expression, below is not
HEIGHT = 0.75  # of the trace: what belongs to the apex's level
MAX_CANDIDATES = 64  # onsets and apexes tried in the fit
APART = 3  # frames from which on onset and apex share no neighbour


@dataclass(frozen=True)
class Phases:
    """Frame indices of one expression; `held`: it had not returned soon after the apex."""

    onset: int
    apex: int
    offset: int
    held: bool


def find_phases(
    fields: np.ndarray,
    times: np.ndarray,
    given: tuple[int | None, int | None, int | None] = (None, None, None),
    max_rise: float = MAX_RISE,
    lips: np.ndarray | None = None,
) -> Phases:
    """Spots the strongest expression.

    Args:
        fields: float32 `(T, cells, 2)` of `displacement_fields`, T at least 2.
        times: `(T,)` seconds, strictly increasing.
        given: onset, apex and offset where known, None where not.
        max_rise: the longest time in seconds between the two frames of the strongest change. A lower
            value keeps a slow drift of the face from hiding a quick expression.
        lips: `(T,)`, the "lips" of `mer_zoo.spotting.talking.mouth_courses`, where known. Used where
            neither onset nor apex is given.

    Returns:
        The phases; given ones are kept as they are.
    """
    onset, apex, offset = given
    if onset is not None and apex is not None and offset is not None:
        return Phases(onset, apex, offset, held=apex == offset)
    trace, before, after = _trace(fields, times, onset, apex, offset, max_rise, lips)
    if apex is None or onset is None:
        found = _rise(trace, times, before, after)
        onset = found[0] if onset is None else onset
        apex = found[1] if apex is None else apex
        if offset is not None:
            apex = min(apex, offset)
        onset = min(onset, apex)
    held = False
    if offset is None:
        offset, held = _fall(trace, times, apex)
    return Phases(int(onset), int(apex), int(offset), held)


def motion_curve(fields: np.ndarray, onset: int, apex: int | None = None) -> np.ndarray:
    """Motion of every frame relative to the onset, float32 `(T,)`, pixels of the 224 px crop.

    Args:
        fields: `(T, cells, 2)` of `displacement_fields`.
        onset: the frame that others are compared with, and its neighbours, which lower the noise.
        apex: where it is given and near, the onset is compared without its neighbours.
    """
    near = apex is not None and apex - onset < APART
    rest = fields[onset] if near else mean_around(fields, onset)
    return magnitude(fields - rest).astype(np.float32)


def peak_motion(fields: np.ndarray, onset: int, apex: int) -> float:
    """Motion from onset to apex, pixels of the 224 px crop.

    Neighbouring frames lower the noise, unless onset and apex are so near that they share them. Of two
    frames, onset and apex alone, nothing would be left.
    """
    if apex - onset < APART:
        return float(magnitude(fields[apex] - fields[onset]))
    return float(magnitude(mean_around(fields, apex) - mean_around(fields, onset)))


def mean_around(fields: np.ndarray, index: int) -> np.ndarray:
    """The field of a frame and its neighbours on average, float32 `(cells, 2)`: less noise."""
    return fields[max(0, index - 1) : index + 2].mean(axis=0)


def means_around(fields: np.ndarray) -> np.ndarray:
    """`mean_around` of every frame, float32 `(T, cells, 2)`."""
    means = fields.copy()
    if len(fields) > 1:
        means[1:] += fields[:-1]
        means[1:-1] += fields[2:]
        means[0] += fields[1]
        means[1:-1] /= 3
        means[[0, -1]] /= 2
    return means


def _trace(fields, times, onset, apex, offset, max_rise, lips):
    """The trace, and the pair of frames it is built on."""
    flat = _smoothed(fields.reshape(len(fields), -1))
    products = np.einsum("ik,jk->ij", flat, flat)  # why not BLAS: see `spotting.motion`
    energy = np.diag(products)
    change = energy[:, None] + energy[None, :] - 2 * products
    lag = times[None, :] - times[:, None]
    allowed = (lag > 0) & (lag <= max(max_rise, np.diff(times).min()))
    first, last = onset or 0, len(fields) - 1 if offset is None else offset
    allowed[:first] = allowed[:, last + 1 :] = False
    if onset is not None:
        allowed[onset + 1 :] = False
    if apex is not None:
        allowed[:, :apex] = allowed[:, apex + 1 :] = False
    free = onset is None and apex is None
    if free and lips is not None:
        allowed &= ~closing(lips, times)
    if not allowed.any():
        before, after = first, (last if apex is None else apex)
    else:
        before, after = np.unravel_index(np.argmax(np.where(allowed, change, -1)), change.shape)
    direction = flat[after] - flat[before]
    length = float(direction @ direction)
    trace = np.einsum("tk,k->t", flat - flat[before], direction) / (length if length > 0 else 1.0)
    certain = lips is not None and parting(lips)[before, after]  # whatever is most frequent
    if free and not certain:
        return _rise_first(trace.astype(np.float64), times, int(before), int(after))
    return trace.astype(np.float64), int(before), int(after)


def _rise_first(trace, times, before, after):
    """Turns the trace over when the strongest change was the fall.

    It was when the face had looked before the change as it did after it, and looked so most of the
    time: what is most frequent is the face at rest.
    """
    recent = (np.arange(len(trace)) < before) & (times[before] - times <= MAX_RISE)
    if np.sum(recent & (trace >= HALF)) < 2 or np.mean(trace >= HALF) <= 0.5:
        return trace, before, after
    rest = int(np.argmax(np.where(recent, trace, -np.inf)))
    return 1 - trace, rest, before


def _smoothed(rows):
    """Binomial smoothing over three frames, against camera noise."""
    padded = np.concatenate([rows[:1], rows, rows[-1:]])
    return 0.25 * padded[:-2] + 0.5 * padded[1:-1] + 0.25 * padded[2:]


def _rise(trace, times, before, after):
    """Onset and apex of the rise between the frames `before` and `after`."""
    crossing = before + int(np.argmax(trace[before : after + 1] >= HALF))
    low = crossing
    while low > 0 and trace[low - 1] < HALF and times[crossing] - times[low - 1] <= MAX_RISE:
        low -= 1
    high = crossing
    while (
        high + 1 < len(trace)
        and times[high + 1] - times[crossing] <= MAX_RISE
        and (trace[high + 1] >= HEIGHT or high + 1 <= after)
    ):
        high += 1
    return _fit_ramp(trace, times, low, crossing, high)


def _fall(trace, times, apex):
    """Offset, and whether the expression counts as held."""
    lasting = times - times[apex]
    below = np.flatnonzero((np.arange(len(trace)) > apex) & (trace < HALF))
    if not len(below):
        return apex, True
    crossing = int(below[0])
    end = crossing
    while (
        end + 1 < len(trace)
        and trace[end + 1] < HALF
        and lasting[end + 1] - lasting[crossing] <= (MAX_RISE)
    ):
        end += 1
    backwards, reversed_times = trace[::-1], -times[::-1]
    last = len(trace) - 1
    offset, fall_begins = _fit_ramp(
        backwards, reversed_times, last - end, last - crossing + 1, last - apex
    )
    offset, fall_begins = last - offset, last - fall_begins
    if lasting[fall_begins] > MAX_PLATEAU:
        return apex, True
    return max(offset, apex), False


def _fit_ramp(trace, times, low, crossing, high):
    """Start and end of the raised cosine that fits `trace[low : high + 1]` best.

    The start is sought in low..crossing - 1, the end in crossing..high.
    """
    starts = _candidates(low, max(crossing - 1, low))
    ends = _candidates(min(max(crossing, low + 1), high), high)
    t, y = times[low : high + 1], trace[low : high + 1]
    y = y - y.mean()
    best, best_error = (low, high), np.inf
    for start in starts:
        span = np.maximum(times[ends] - times[start], 1e-9)
        share = np.clip((t[None, :] - times[start]) / span[:, None], 0, 1)
        ramp = 0.5 - 0.5 * np.cos(np.pi * share)
        covered = ramp @ y  # the mean of y is 0, so the ramp need not be centred
        spread = (ramp**2).sum(1) - len(y) * ramp.mean(1) ** 2
        error = y @ y - covered**2 / np.maximum(spread, 1e-12)
        error = np.where(ends > start, error, np.inf)
        if error.min() < best_error:
            best_error, best = error.min(), (int(start), int(ends[np.argmin(error)]))
    return best


def _candidates(low, high):
    return np.unique(
        np.linspace(low, high, min(high - low + 1, MAX_CANDIDATES)).round().astype(int)
    )
