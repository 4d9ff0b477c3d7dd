"""The search of hyperparameters: KerasTuner proposes, MLflow remembers, nothing is lost.

Names are imported when first used: the loader of a saved model lives here too, and must not need
KerasTuner or MLflow.
"""

from mer_zoo.lazy import lazy_names

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

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
