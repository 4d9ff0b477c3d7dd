"""Honest evaluation: splits by subject, pooled scores, confidence intervals, results."""

from mer_zoo.evaluation.combining import combine
from mer_zoo.evaluation.examples import Examples, Fitted, Learner
from mer_zoo.evaluation.folds import SPLITS, Fold, folds_hash, grouped_kfold, make_folds
from mer_zoo.evaluation.interval_table import read_intervals
from mer_zoo.evaluation.metrics import Scores, confusion_matrix
from mer_zoo.evaluation.result import Result
from mer_zoo.evaluation.runner import discard, run
from mer_zoo.evaluation.score_predictions import score
from mer_zoo.evaluation.spotting import (
    SpottingScore,
    matched_intervals,
    pooled_spotting,
    score_spotting,
)
from mer_zoo.evaluation.spotting_result import SpottedVideo, SpottingResult, score_videos
from mer_zoo.evaluation.statistics import Comparison, bootstrap_interval, compare_paired

__all__ = [
    "SPLITS",
    "Comparison",
    "Examples",
    "Fitted",
    "Fold",
    "Learner",
    "Result",
    "Scores",
    "SpottedVideo",
    "SpottingResult",
    "SpottingScore",
    "bootstrap_interval",
    "combine",
    "compare_paired",
    "confusion_matrix",
    "discard",
    "folds_hash",
    "grouped_kfold",
    "make_folds",
    "matched_intervals",
    "pooled_spotting",
    "read_intervals",
    "run",
    "score",
    "score_spotting",
    "score_videos",
]
