"""Thousands of videos: read side by side, journalled, resumed, written as a table and a report.

Names are imported when first used. A worker process unpickles its reader before it chooses a backend and
its threads, so nothing here may import Keras on import.
"""

from typing import TYPE_CHECKING

from mer_zoo.lazy import lazy_names

if TYPE_CHECKING:
    from mer_zoo.batch.long_videos import evaluate_spotting, score_intervals  # noqa: F401
    from mer_zoo.batch.predicting import predict_many, run  # noqa: F401
    from mer_zoo.batch.readers import EntryReader, Reader  # noqa: F401

_HOMES = {
    "EntryReader": "readers",
    "Reader": "readers",
    "evaluate_spotting": "long_videos",
    "predict_many": "predicting",
    "run": "predicting",
    "score_intervals": "long_videos",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
