"""Runs in MLflow: the store, what a training or an evaluation logs, models that read raw clips.

The only room that imports MLflow, and only when a run is really tracked: names are imported when
first used.
"""

from importlib import import_module

_HOMES = {
    "FoldPredictions": "folds",
    "Store": "store",
    "TrackedRun": "run",
    "Tracker": "tracker",
    "tracked": "tracker",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
