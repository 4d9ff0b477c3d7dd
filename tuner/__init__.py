"""The search of hyperparameters: KerasTuner proposes, MLflow remembers, nothing is lost.

Names are imported when first used: the loader of a saved model lives here too, and must not need
KerasTuner or MLflow.
"""

from importlib import import_module

_HOMES = {
    "CorpusClips": "sources",
    "DatasetClips": "sources",
    "Outcome": "outcome",
    "Team": "workers.supervisor",
    "join": "workers.worker",
    "score_nested": "nesting",
    "publish": "champion",
    "score": "winner",
    "search": "searching",
    "write": "winner",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
