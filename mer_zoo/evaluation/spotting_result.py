"""The spotting score of a dataset of long videos: micro and macro apart, with intervals and chance.

A spotted interval is a micro-expression if it lasts at most half a second, and a macro-expression otherwise;
annotated intervals have the kind that their table says. Each kind is scored on its own, and the overall
score adds the counts of both, as in the Micro-Expression Grand Challenges (MEGC 2020 and later; He, Wang, Li
and Yap, arXiv 1912.11985). An interval that overlaps an annotated one of the other kind is thus wrong.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.spotting import (
    LEAST_IOU,
    SpottingScore,
    intersection_over_union,
    matched_intervals,
    most_pairs,
)
from mer_zoo.evaluation.statistics import bootstrap_interval

LONGEST_MICRO = 0.5
"""Seconds from onset to offset up to which a spotted interval counts as a micro-expression."""

KINDS = ("micro", "macro")
EVERY_KIND = "all"
CHANCE_DRAWS = 100
MOST_CELLS = 1_000_000
"""Most pairs of intervals whose overlaps are held in memory."""


@dataclass(frozen=True)
class SpottedVideo:
    """A long video with what is annotated and what was spotted.

    Attributes:
        name: of the video.
        subject: the person shown.
        fps: frames per second.
        first, last: numbers of the first and the last frame.
        annotated: onset and offset of the annotated intervals of each kind, frame numbers.
        spotted: onset and offset of the spotted intervals.
    """

    name: str
    subject: str
    fps: float
    first: int
    last: int
    annotated: Mapping[str, Sequence[tuple[int, int]]]
    spotted: Sequence[tuple[int, int]]

    @property
    def kinds(self) -> list[str]:
        """The kind of each spotted interval, by its duration."""
        return [kind_by_duration(onset, offset, self.fps) for onset, offset in self.spotted]

    @property
    def matched(self) -> list[bool]:
        """Whether each spotted interval found an annotated one of its kind."""
        kinds, found = np.array(self.kinds), np.zeros(len(self.spotted), bool)
        for kind in KINDS:
            found[kinds == kind] = matched_intervals(self.annotated[kind], self.of_kind(kind)) >= 0
        return found.tolist()

    def of_kind(self, kind: str) -> list[tuple[int, int]]:
        """The spotted intervals of one kind."""
        pairs = zip(self.spotted, self.kinds, strict=True)
        return [interval for interval, own in pairs if own == kind]

    def score(self, kind: str) -> SpottingScore:
        """The counts of one kind."""
        found = [own for own, hit in zip(self.kinds, self.matched, strict=True) if hit]
        pairs, spotted = found.count(kind), len(self.of_kind(kind))
        return SpottingScore(pairs, spotted - pairs, len(self.annotated[kind]) - pairs)


@dataclass(frozen=True)
class SpottingResult:
    """The score of a dataset of long videos.

    Attributes:
        dataset: its name.
        videos, subjects: how many were scored.
        scores: "micro", "macro" and "all" -> pooled counts; precision, recall and F1 follow from them.
        intervals: the same -> 95% bootstrap interval of F1 over subjects; NaN where some resample
            of the subjects has neither annotated nor spotted intervals.
        chance: the same -> mean F1 of as many intervals of the same lengths at random places of the same
            videos.
        chance_draws: over how many draws.
        about: settings, sources, and "notes" that a reader of the score must know.
    """

    dataset: str
    videos: int
    subjects: int
    scores: Mapping[str, SpottingScore]
    intervals: Mapping[str, tuple[float, float]]
    chance: Mapping[str, float]
    chance_draws: int
    about: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain values; a number that is not defined is None."""
        scores = {}
        for kind, score in self.scores.items():
            ratios = {name: getattr(score, name) for name in ("precision", "recall", "f1")}
            low_high = self.intervals[kind]
            scores[kind] = {
                "true_positives": score.true_positives,
                "false_positives": score.false_positives,
                "false_negatives": score.false_negatives,
                **{name: _defined(value) for name, value in ratios.items()},
                "f1_interval": [_defined(value) for value in low_high],
                "f1_chance": _defined(self.chance[kind]),
            }
        return {
            "dataset": self.dataset,
            "videos": self.videos,
            "subjects": self.subjects,
            "scores": scores,
            "chance_draws": self.chance_draws,
            **self.about,
        }


def kind_by_duration(onset: int, offset: int, fps: float) -> str:
    """ "micro" for an interval of at most half a second from onset to offset, otherwise "macro"."""
    return "micro" if offset - onset <= LONGEST_MICRO * fps else "macro"


def score_videos(
    dataset: str,
    videos: Sequence[SpottedVideo],
    *,
    chance_draws: int = CHANCE_DRAWS,
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
) -> SpottingResult:
    """Scores the videos of a dataset.

    Args:
        dataset: its name.
        videos: at least one.
        chance_draws: draws of random places for the baseline.
        seed: of these draws and of the bootstrap.
        about: see `SpottingResult`.

    Raises:
        EvaluationError: there are no videos, or an interval ends before it begins.
    """
    if not videos:
        raise EvaluationError("There are no videos to score; expected at least one.")
    counts = {kind: [video.score(kind) for video in videos] for kind in KINDS}
    counts[EVERY_KIND] = [one + other for one, other in zip(*counts.values(), strict=True)]
    subjects = [video.subject for video in videos]
    return SpottingResult(
        dataset=dataset,
        videos=len(videos),
        subjects=len(set(subjects)),
        scores={kind: sum(own, SpottingScore()) for kind, own in counts.items()},
        intervals={kind: _interval(own, subjects, seed) for kind, own in counts.items()},
        chance=chance_f1(videos, draws=chance_draws, seed=seed),
        chance_draws=chance_draws,
        about=dict(about or {}),
    )


def chance_f1(videos: Sequence[SpottedVideo], *, draws: int, seed: int) -> dict[str, float]:
    """Mean F1 of a spotter that knows how many intervals of which length there are, but not where.

    In each draw every spotted interval is moved to a random place of its video, all places being equally
    probable, and the score is computed as usual.

    Args:
        videos: what is scored.
        draws: how often.
        seed: of the draws.

    Returns:
        "micro", "macro" and "all" -> F1; NaN where nothing is annotated or spotted.
    """
    random = np.random.default_rng(seed)
    pairs = dict.fromkeys((*KINDS, EVERY_KIND), np.zeros(draws, int))
    whole = dict.fromkeys(pairs, 0)
    for video in videos:
        for kind in KINDS:
            annotated, spotted = video.annotated[kind], np.array(video.of_kind(kind)).reshape(-1, 2)
            found = _random_pairs(annotated, spotted, (video.first, video.last), draws, random)
            for name in (kind, EVERY_KIND):
                pairs[name] = pairs[name] + found
                whole[name] += len(annotated) + len(spotted)
    return {
        name: float((2 * pairs[name] / whole[name]).mean()) if whole[name] else float("nan")
        for name in pairs
    }


def _random_pairs(annotated, spotted, frames, draws, random) -> np.ndarray:
    """How many pairs there are in each draw, int `(draws,)`."""
    if not len(annotated) or not len(spotted):
        return np.zeros(draws, int)
    lengths = spotted[:, 1] - spotted[:, 0]
    latest = np.maximum(frames[1] - lengths, frames[0])
    onsets = random.integers(frames[0], latest + 1, size=(draws, len(spotted)))
    moved = np.stack([onsets, onsets + lengths], axis=-1)
    parts = -(-draws * len(annotated) * len(spotted) // MOST_CELLS)
    return np.concatenate(
        [_pairs(annotated, part) for part in np.array_split(moved, min(parts, draws))]
    )


def _pairs(annotated, moved) -> np.ndarray:
    """The number of pairs in each draw of moved intervals, `(draws, M, 2)`."""
    draws, count, _ = moved.shape
    fits = intersection_over_union(annotated, moved.reshape(-1, 2)) >= LEAST_IOU
    fits = fits.reshape(len(annotated), draws, count)
    pairs = fits.sum(axis=(0, 2))
    for draw in np.flatnonzero(pairs > 1):
        pairs[draw] = (most_pairs(fits[:, draw]) >= 0).sum()
    return pairs


def _interval(scores: Sequence[SpottingScore], subjects: Sequence[str], seed: int):
    """The bootstrap interval of F1 over subjects."""
    pooled = dict.fromkeys(subjects, SpottingScore())
    for subject, score in zip(subjects, scores, strict=True):
        pooled[subject] = pooled[subject] + score
    counts = np.array(
        [
            [[s.true_positives, s.false_negatives], [s.false_positives, 0]]
            for s in (pooled[subject] for subject in sorted(pooled))
        ]
    )
    return bootstrap_interval(counts[None], _f1, seed=seed)


def _f1(counts: np.ndarray) -> np.ndarray:
    """F1 of counts `(..., 2, 2)`: true positives, misses; false alarms, nothing."""
    twice = 2 * counts[..., 0, 0]
    with np.errstate(invalid="ignore"):
        return twice / (twice + counts[..., 0, 1] + counts[..., 1, 0])


def _defined(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
