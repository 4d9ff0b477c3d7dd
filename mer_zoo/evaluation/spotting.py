"""The standard spotting metric: spotted intervals in long videos against annotated ones.

As the Micro-Expression Grand Challenges define it (MEGC 2020 and later; He, Wang, Li and Yap,
"Spotting Macro- and Micro-expression Intervals in Long Video Sequences", arXiv 1912.11985): an
interval is found if a spotted one overlaps it with an intersection over union of at least 0.5.
Counts are summed over all videos; precision, recall and F1 are computed once, from the sums.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mer_zoo.errors import EvaluationError

LEAST_IOU = 0.5


@dataclass(frozen=True)
class SpottingScore:
    """Counts of one or more videos; add them to pool.

    Attributes:
        true_positives: annotated intervals that were found.
        false_positives: spotted intervals that match none annotated.
        false_negatives: annotated intervals that were missed.
    """

    true_positives: int = 0
    false_positives: int = 0
    false_negatives: int = 0

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.true_positives + other.true_positives,
            self.false_positives + other.false_positives,
            self.false_negatives + other.false_negatives,
        )

    @property
    def precision(self) -> float:
        """Share of the spotted intervals that are correct, 0..1; NaN if none was spotted."""
        return _share(self.true_positives, self.true_positives + self.false_positives)

    @property
    def recall(self) -> float:
        """Share of the annotated intervals that were found, 0..1; NaN if none was annotated."""
        return _share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def f1(self) -> float:
        """2 TP / (2 TP + FP + FN), 0..1; NaN if nothing was spotted or annotated."""
        errors = self.false_positives + self.false_negatives
        return _share(2 * self.true_positives, 2 * self.true_positives + errors)


Intervals = Sequence[tuple[int, int]] | np.ndarray
"""Onset and offset of each interval, `(N, 2)`."""


def score_spotting(
    annotated: Intervals,
    spotted: Intervals,
    *,
    least_iou: float = LEAST_IOU,
) -> SpottingScore:
    """Scores the intervals of one video.

    Each interval counts once: the pairing of annotated and spotted intervals with the most pairs is
    used.

    Args:
        annotated: onset and offset of each expression, frame numbers, both included.
        spotted: the same for the spotted intervals, in any order.
        least_iou: smallest intersection over union at which two intervals match, above 0 and up to
            1.

    Raises:
        EvaluationError: an interval ends before it begins, or `least_iou` is not within 0..1.
    """
    pairs = int((matched_intervals(annotated, spotted, least_iou=least_iou) >= 0).sum())
    return SpottingScore(pairs, len(spotted) - pairs, len(annotated) - pairs)


def matched_intervals(
    annotated: Intervals, spotted: Intervals, *, least_iou: float = LEAST_IOU
) -> np.ndarray:
    """The pairs that `score_spotting` counts.

    Args:
        annotated, spotted, least_iou: see `score_spotting`.

    Returns:
        int `(len(spotted),)`: for each spotted interval the number of the annotated one that it found, or -1.

    Raises:
        EvaluationError: as for `score_spotting`.
    """
    if not 0 < least_iou <= 1:
        raise EvaluationError(f"least_iou is {least_iou}; expected more than 0 and at most 1.")
    return most_pairs(intersection_over_union(annotated, spotted) >= least_iou)


def most_pairs(fits: np.ndarray) -> np.ndarray:
    """The pairing with the most pairs.

    Args:
        fits: bool `(N, M)`, which of N things fits which of M.

    Returns:
        int `(M,)`: for each of the M the number of its partner, or -1.
    """
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import maximum_bipartite_matching

    if not fits.any():  # also where there is nothing: scipy refuses empty arrays
        return np.full(fits.shape[1], -1)
    return maximum_bipartite_matching(csr_array(fits))


def pooled_spotting(
    videos: Iterable[tuple[Intervals, Intervals]], *, least_iou: float = LEAST_IOU
) -> SpottingScore:
    """The score of many videos: counts are summed first.

    Args:
        videos: pairs of annotated and spotted intervals, one pair per video; see `score_spotting`.
        least_iou: see `score_spotting`.

    Raises:
        EvaluationError: as for `score_spotting`.
    """
    scores = (
        score_spotting(annotated, spotted, least_iou=least_iou) for annotated, spotted in videos
    )
    return sum(scores, SpottingScore())


def intersection_over_union(one: Intervals, other: Intervals) -> np.ndarray:
    """Overlap of every interval of one list with every interval of another, in frames.

    Args:
        one, other: `(N, 2)` and `(M, 2)` onset and offset, whole frame numbers, both included.

    Returns:
        float64 `(N, M)`, 0 to 1.

    Raises:
        EvaluationError: an interval ends before it begins, or is not a pair of numbers.
    """
    (a, b), (c, d) = (_checked(intervals).T for intervals in (one, other))
    common = np.minimum(b[:, None], d) - np.maximum(a[:, None], c) + 1
    common = np.maximum(common, 0)
    return common / ((b - a + 1)[:, None] + (d - c + 1) - common)


def _checked(intervals) -> np.ndarray:
    try:
        array = np.asarray(intervals, np.float64).reshape(len(intervals), 2)
    except (TypeError, ValueError):
        raise EvaluationError(
            f"{intervals!r} are no intervals; expected pairs of frame numbers, (onset, offset)."
        ) from None
    for onset, offset in array[~(array[:, 0] <= array[:, 1])]:
        raise EvaluationError(
            f"The interval from frame {onset:g} to {offset:g} ends before it begins; expected "
            "onset <= offset."
        )
    return array


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
