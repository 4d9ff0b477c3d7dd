"""Runs in MLflow: the store, what a training or an evaluation logs, models that read raw clips.

The only room that imports MLflow, and only when a run is really tracked: names are imported when
first used.
"""

from mer_zoo.lazy import lazy_names

_HOMES = {
    "Store": "store",
    "TrackedRun": "run",
    "Tracker": "tracker",
    "tracked": "tracker",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
