"""Scores of action units: each unit is a yes or no of its own.

F1 and AUC are computed once for each unit from the clips of all folds together, and averaged without
weights over the units that enough clips show. Intervals resample subjects.
"""

from dataclasses import dataclass

import numpy as np

from mer_zoo.action_units import ONE_SIDED, SIDED, UNITS, leaning, side_targets
from mer_zoo.evaluation.metrics import ScoreRow, auc
from mer_zoo.evaluation.statistics import DRAWS, bootstrap_interval

LEAST = 10
"""Clips that must show a unit for it to count in a mean."""

TRUE, FALSE, MISSED = 0, 1, 2
"""What is counted for each unit: named rightly, named wrongly, not named."""


@dataclass(frozen=True)
class UnitScore:
    """The scores of one unit, means over the seeds.

    Attributes:
        number: of the unit.
        positives: clips that show it.
        f1: binary F1, 0 to 1; NaN without a positive.
        auc: area under the ROC curve; NaN without a positive or a negative.
    """

    number: int
    positives: int
    f1: float
    auc: float


@dataclass(frozen=True)
class UnitScores:
    """The scores of all units.

    Attributes:
        units: those of each unit.
        macro_f1, mean_auc: for each seed, over the units that at least `LEAST` clips show.
        side: for each seed, share of the one-sided units (10, 12, 14) whose side is named among left,
            right and both; NaN without any.
        side_both: the same of the bilateral ones, which are those coded without a side.
        side_mean: mean of both shares, so that preferring one answer gains nothing.
        left_right: as `side`, where only left and right are told apart.
        one_sided, two_sided: how many one-sided and bilateral units there are.
        macro_f1_interval, mean_auc_interval: 95% bootstrap over subjects.
        majority: macro F1 of the more frequent answer to each unit, yes or no.
        prevalence: expected macro F1 of naming each unit at random, as often as it is shown.
        clips, subjects: how many.
    """

    units: tuple[UnitScore, ...]
    macro_f1: tuple[float, ...]
    mean_auc: tuple[float, ...]
    side: tuple[float, ...]
    side_both: tuple[float, ...]
    side_mean: tuple[float, ...]
    left_right: tuple[float, ...]
    one_sided: int
    two_sided: int
    macro_f1_interval: tuple[float, float]
    mean_auc_interval: tuple[float, float]
    majority: float
    prevalence: float
    clips: int
    subjects: int

    @property
    def counted(self) -> tuple[int, ...]:
        """The units that the means are over."""
        return tuple(unit.number for unit in self.units if unit.positives >= LEAST)

    @property
    def score_rows(self) -> tuple[ScoreRow, ...]:
        """The scores over the units, in the order of a card."""
        one, both = self.one_sided, self.two_sided
        macro = (self.clips, self.majority, self.prevalence, self.macro_f1_interval)
        rows: dict[str, tuple] = {
            "macro_f1": macro,
            "mean_auc": (self.clips, 0.5, 0.5, self.mean_auc_interval),
            "left_right": (one, 0.5, 0.5),
            "side": (one, 0.0, 1 / 3),
            "side_both": (both, 1.0, 1 / 3),
            "side_mean": (one + both, 0.5, 1 / 3),
        }
        return tuple(ScoreRow(name, getattr(self, name), *row) for name, row in rows.items())


def score_units(
    truth: np.ndarray,
    probabilities: np.ndarray,
    named: np.ndarray,
    subjects: np.ndarray,
    one_sided: np.ndarray | float = ONE_SIDED,
) -> UnitScores:
    """Scores answers about action units.

    Args:
        truth: `(N, outputs)` of 0 and 1 (`mer_zoo.action_units.OUTPUTS`).
        probabilities: `(seeds, N, outputs)`.
        named: bool `(seeds, N, units)`: the units that were named.
        subjects: `(N,)`.
        one_sided: see `mer_zoo.action_units.side_of`; broadcast to `(seeds, N)`.
    """
    shown = truth[:, : len(UNITS)] > 0
    positives = shown.sum(0)
    counted = positives >= LEAST
    counts = _counts(shown, named, subjects)
    f1 = _f1(counts.sum(1))  # (seeds, units)
    areas = np.array(
        [
            [auc(p[shown[:, k], k], p[~shown[:, k], k]) for k in range(len(UNITS))]
            for p in probabilities
        ]
    )
    limits = np.broadcast_to(one_sided, probabilities.shape[:2])
    sides = [_sides(truth, *row) for row in zip(probabilities, limits, strict=True)]
    side, side_both, left_right = np.array([shares for shares, _ in sides]).T
    single, double = sides[0][1]
    share = positives[counted] / max(len(shown), 1)
    always = np.where(share > 0.5, 2 * share / (1 + share), 0.0)
    nothing = (float("nan"),) * 2
    return UnitScores(
        units=tuple(
            UnitScore(n, int(positives[k]), float(f1[:, k].mean()), float(areas[:, k].mean()))
            for k, n in enumerate(UNITS)
        ),
        macro_f1=tuple(map(float, _mean(f1[:, counted]))),
        mean_auc=tuple(map(float, _mean(areas[:, counted]))),
        side=tuple(map(float, side)),
        side_both=tuple(map(float, side_both)),
        side_mean=tuple(map(float, (side + side_both) / 2)),
        left_right=tuple(map(float, left_right)),
        one_sided=single,
        two_sided=double,
        macro_f1_interval=(
            bootstrap_interval(counts[:, :, counted], lambda c: np.nanmean(_f1(c), axis=-1))
            if counted.any()
            else nothing
        ),
        mean_auc_interval=(
            _auc_interval(
                shown[:, counted], probabilities[..., : len(UNITS)][..., counted], subjects
            )
            if counted.any()
            else nothing
        ),
        majority=float(always.mean()) if counted.any() else 0.0,
        prevalence=float(share.mean()) if counted.any() else 0.0,
        clips=len(shown),
        subjects=len(np.unique(subjects)),
    )


def _mean(values: np.ndarray) -> np.ndarray:
    return values.mean(axis=1) if values.shape[1] else np.full(len(values), np.nan)


def _counts(shown, named, subjects) -> np.ndarray:
    """int `(seeds, subjects, units, 3)`: `TRUE`, `FALSE` and `MISSED` of each subject."""
    names, index = np.unique(subjects, return_inverse=True)
    counts = np.zeros((len(named), len(names), shown.shape[1], 3), int)
    for kind, cells in ((TRUE, named & shown), (FALSE, named & ~shown), (MISSED, ~named & shown)):
        for seed, cell in enumerate(cells):
            np.add.at(counts[seed, :, :, kind], index, cell.astype(int))
    return counts


def _f1(counts: np.ndarray) -> np.ndarray:
    """F1 of counts `(..., 3)`; NaN where a unit is neither shown nor named."""
    total = 2 * counts[..., TRUE] + counts[..., FALSE] + counts[..., MISSED]
    return np.divide(
        2.0 * counts[..., TRUE], total, out=np.full(total.shape, np.nan), where=total > 0
    )


def _sides(truth, answers, limits) -> tuple[tuple[float, float, float], tuple[int, int]]:
    """Shares of one-sided units, of bilateral units, and of left against right; how many units.

    `limits`: float `(N,)`, the leaning that each clip's units must reach to be one-sided.
    """
    hits = kept = told = single = double = 0
    for number in SIDED:
        left, right, both = side_targets(number, truth)
        lean = leaning(number, answers)
        named, one = (np.abs(lean) >= limits) & (lean != 0), left | right
        correct = np.where(left, lean > 0, lean < 0)
        hits += int((named & correct)[one].sum())
        told += int(correct[one].sum())
        kept += int((~named)[both].sum())
        single, double = single + int(one.sum()), double + int(both.sum())
    nan = float("nan")
    of_one = (hits / single, told / single) if single else (nan, nan)
    return (of_one[0], kept / double if double else nan, of_one[1]), (single, double)


def _auc_interval(shown, probabilities, subjects, draws: int = DRAWS, seed: int = 0):
    """Percentile bootstrap over subjects of the mean AUC, mean over the seeds."""
    names, index = np.unique(subjects, return_inverse=True)
    rows = np.random.default_rng(seed).integers(0, len(names), size=(draws, len(names)))
    times = np.stack([np.bincount(row, minlength=len(names)) for row in rows])[:, index]
    values = [
        _weighted_auc(p[:, k], shown[:, k], times)
        for p in probabilities
        for k in range(shown.shape[1])
    ]
    low, high = np.nanquantile(np.nanmean(values, axis=0), [0.025, 0.975])
    return float(low), float(high)


def _weighted_auc(scores: np.ndarray, shown: np.ndarray, times: np.ndarray) -> np.ndarray:
    """AUC where each clip counts so many times, `(draws,)`; ties count half."""
    _, rank = np.unique(scores, return_inverse=True)
    order = np.argsort(rank, kind="stable")
    starts = np.flatnonzero(np.diff(rank[order], prepend=-1))
    weight = times[:, order].astype(np.float64)
    of_shown = np.add.reduceat(weight * shown[order], starts, axis=1)
    of_others = np.add.reduceat(weight * ~shown[order], starts, axis=1)
    below = np.cumsum(of_others, axis=1) - of_others / 2
    pairs = of_shown.sum(1) * of_others.sum(1)
    won = (of_shown * below).sum(1)
    return np.divide(won, pairs, out=np.full(len(won), np.nan), where=pairs > 0)
