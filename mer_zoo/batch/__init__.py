"""Thousands of videos: read side by side, journalled, resumed, written as a table and a report."""

from mer_zoo.batch.long_videos import evaluate_spotting, score_intervals
from mer_zoo.batch.predicting import predict_many, run
from mer_zoo.batch.readers import EntryReader, Reader

__all__ = [
    "EntryReader",
    "Reader",
    "evaluate_spotting",
    "predict_many",
    "run",
    "score_intervals",
]
