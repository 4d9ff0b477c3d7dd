"""The examples in docstrings and in the specification do what they show."""

import doctest
import importlib

import pytest

import mer_zoo
from mer_zoo import layers, models
from tests.docs.pages import ROOT, blocks

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


def test_the_worked_example_of_the_specification_gives_these_numbers():
    page = ROOT / "docs" / "specification.md"
    session = "\n".join(blocks(page, "pycon"))
    example = doctest.DocTestParser().get_doctest(session, {}, page.name, str(page), 0)
    done = doctest.DocTestRunner().run(example)
    assert done.attempted > 10 and done.failed == 0
