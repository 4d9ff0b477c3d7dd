"""The calls that users meet say what they take: every parameter has a type, and the types are shipped."""

import inspect
from importlib.resources import files

import pytest

import mer_zoo
from mer_zoo import layers, models
from mer_zoo.zoo.classifier import MicroExpressionClassifier

FUNCTIONS = [
    getattr(mer_zoo, name) for name in mer_zoo.__all__ if inspect.isfunction(getattr(mer_zoo, name))
]
CLASSES = [
    mer_zoo.Clip,
    mer_zoo.Reading,
    MicroExpressionClassifier,
    *(getattr(layers, name) for name in layers.__all__),
    *(network for network in models.NETWORKS.values() if network.__module__.startswith("mer_zoo")),
]
METHODS = {
    method
    for kind in CLASSES
    for name, method in inspect.getmembers(kind, inspect.isfunction)
    if method.__module__.startswith("mer_zoo")
    and name not in ("fit", "get_config")
    and (name == "__init__" or not name.startswith("_"))
}


@pytest.mark.parametrize(
    "function",
    [*FUNCTIONS, *sorted(METHODS, key=lambda m: m.__qualname__)],
    ids=lambda f: f.__qualname__,
)
def test_every_parameter_has_a_type(function):
    untyped = [
        parameter.name
        for parameter in inspect.signature(function).parameters.values()
        if parameter.annotation is parameter.empty
        and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
        and parameter.name not in ("self", "cls")
    ]
    assert untyped == []


def test_the_types_are_shipped():
    assert (files("mer_zoo") / "py.typed").is_file()
