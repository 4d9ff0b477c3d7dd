"""Training: recipes, and the runners that turn them into zoo folders and honest scores.

Names are imported when first used: the processes of an evaluation read a `RecipeLearner` before they
choose a backend and its threads, so nothing here may import Keras by itself.
"""

from importlib import import_module

_HOMES = {
    "Recipe": "recipe",
    "RecipeLearner": "learner",
    "evaluate": "evaluating",
    "find_recipe": "recipes",
    "finetune": "finetuning",
    "train_entry": "entry",
    "train_on_real": "real_entry",
}

__all__ = sorted(_HOMES)


def __getattr__(name):
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
