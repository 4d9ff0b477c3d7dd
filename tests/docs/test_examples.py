"""The examples in docstrings do what they show."""

import doctest
import importlib

import pytest

import mer_zoo
from mer_zoo import layers, models

MODULES = [
    "mer_zoo.clips.clip",
    "mer_zoo.evaluation.folds",
    "mer_zoo.evaluation.plan",
    "mer_zoo.modalities.registry",
    "mer_zoo.recipes.finding",
    "mer_zoo.zoo",
    "mer_zoo.zoo.registry",
    *sorted({getattr(layers, name).__module__ for name in layers.__all__}),
    *sorted({getattr(models, name).__module__ for name in ("MEGANet", "STSTNet", "LEARNet")}),
    models.OFFApexNet.__module__,
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_do_what_they_show(name):
    done = doctest.testmod(importlib.import_module(name))
    assert done.attempted > 0 and done.failed == 0


def test_every_layer_has_an_example():
    for name in layers.__all__:
        assert "Example:" in getattr(layers, name).__doc__, name
    for name in ("load", "card", "list_models"):
        assert "Example:" in getattr(mer_zoo, name).__doc__, name
