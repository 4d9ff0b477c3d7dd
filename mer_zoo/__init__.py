"""mer_zoo: a Keras 3 model zoo for facial micro-expression recognition.

    import mer_zoo
    model = mer_zoo.load("meganet_casme2")
    reading = model.predict_video("interview.mp4")

Names are imported when first used, so that `import mer_zoo` is quick and starts no backend.
"""

from importlib import import_module
from typing import TYPE_CHECKING

__version__ = "0.1.0"

_HOMES = {
    "Clip": "mer_zoo.clips",
    "Reading": "mer_zoo.readings",
    "card": "mer_zoo.zoo",
    "evaluate": "mer_zoo.training",
    "evaluate_spotting": "mer_zoo.batch",
    "export": "mer_zoo.exporting",
    "finetune": "mer_zoo.training",
    "list_models": "mer_zoo.zoo",
    "load": "mer_zoo.zoo",
    "score": "mer_zoo.evaluation",
    "spot": "mer_zoo.spotting",
    "predict_many": "mer_zoo.batch",
    "push": "mer_zoo.zoo",
    "watch": "mer_zoo.spotting",
}
_PACKAGES = (
    "app",
    "batch",
    "clips",
    "datasets",
    "errors",
    "evaluation",
    "explain",
    "exporting",
    "faces",
    "layers",
    "modalities",
    "models",
    "preparation",
    "recipes",
    "spotting",
    "synthesis",
    "tracking",
    "training",
    "zoo",
)

__all__ = ["__version__", *_HOMES, *_PACKAGES]

if TYPE_CHECKING:
    from mer_zoo.batch import evaluate_spotting, predict_many  # noqa: F401
    from mer_zoo.clips import Clip  # noqa: F401
    from mer_zoo.evaluation import score  # noqa: F401
    from mer_zoo.exporting import export  # noqa: F401
    from mer_zoo.readings import Reading  # noqa: F401
    from mer_zoo.spotting import spot, watch  # noqa: F401
    from mer_zoo.training import evaluate, finetune  # noqa: F401
    from mer_zoo.zoo import card, list_models, load, push  # noqa: F401


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    if name in _PACKAGES:
        return import_module(f"mer_zoo.{name}")
    raise AttributeError(f"module 'mer_zoo' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
