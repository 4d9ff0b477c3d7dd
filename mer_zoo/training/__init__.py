"""Training: the runners that turn recipes into zoo folders and honest scores.

Names are imported when first used. The processes of an evaluation unpickle a `RecipeLearner` before
they choose a backend and its threads, so nothing here may import Keras on import.
"""

from mer_zoo.lazy import lazy_names

_HOMES = {
    "Portraits": "corpora",
    "RecipeLearner": "learner",
    "evaluate": "evaluating",
    "finetune": "finetuning",
    "make_table": "tables",
    "train_entry": "synthetic",
    "train_on_real": "real",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
