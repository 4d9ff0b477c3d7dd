"""Training: the runners that turn recipes into zoo folders and honest scores.

Names are imported when first used. The processes of an evaluation unpickle a `RecipeLearner` before
they choose a backend and its threads, so nothing here may import Keras on import.
"""

from typing import TYPE_CHECKING

from mer_zoo.lazy import lazy_names

if TYPE_CHECKING:
    from mer_zoo.training.corpora import Portraits  # noqa: F401
    from mer_zoo.training.evaluating import evaluate  # noqa: F401
    from mer_zoo.training.finetuning import finetune  # noqa: F401
    from mer_zoo.training.learner import RecipeLearner  # noqa: F401
    from mer_zoo.training.real import train_on_real  # noqa: F401
    from mer_zoo.training.synthetic import train_on_synthetic  # noqa: F401
    from mer_zoo.training.tables import make_table  # noqa: F401

_HOMES = {
    "Portraits": "corpora",
    "RecipeLearner": "learner",
    "evaluate": "evaluating",
    "finetune": "finetuning",
    "make_table": "tables",
    "train_on_synthetic": "synthetic",
    "train_on_real": "real",
}

__all__ = sorted(_HOMES)

__getattr__, __dir__ = lazy_names(__name__, _HOMES)
