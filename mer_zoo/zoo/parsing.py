"""TOML files as dataclasses. Nothing unknown, missing, mistyped or out of bounds is accepted."""

import dataclasses
import tomllib
import types
import typing
from pathlib import Path
from typing import Annotated

from mer_zoo.errors import CardError
from mer_zoo.zoo.bounds import CARD_BYTES, Bound, shown

DOTS = 1000  # in one line


def read_toml(path: Path) -> dict:
    """The content of a card file.

    Raises:
        CardError: the file is missing, larger than `CARD_BYTES` or not TOML.
    """
    try:
        if not path.is_file():
            raise CardError(
                f"{path} does not exist. A local zoo entry is a folder that holds card.toml and "
                "the weight file it names; `mer-zoo train` writes one."
            )
        with path.open("rb") as file:
            content = file.read(CARD_BYTES + 1)
    except OSError as error:
        raise CardError(f"{path} cannot be read ({error.strerror}).") from error
    if len(content) > CARD_BYTES:
        raise CardError(
            f"{path} is larger than {CARD_BYTES:,} bytes, so it is no card. Expected a few kilobytes "
            "of TOML."
        )
    # The time tomllib takes for a key grows with the square of its dots.
    if any(line.count(b".") > DOTS for line in content.splitlines()):
        raise CardError(f"{path} has a line with more than {DOTS} dots. Break the line up.")
    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CardError(f"{path} is not valid TOML: {error}. Fix or regenerate it.") from error


def parse(kind, data, where):
    """Turns dictionaries into the dataclass `kind`.

    Raises:
        CardError: a field is unknown, missing, of the wrong type or out of the bounds in its type.
    """
    if not isinstance(data, dict):
        raise CardError(f"{where}: expected a table, got {shown(data)}.")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind, include_extras=True)
    if unknown := sorted(set(data) - set(fields)):
        raise CardError(f"{where}: unknown field {shown(unknown[0])}. Known: {', '.join(fields)}.")
    required = [
        n
        for n, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing := [n for n in required if n not in data]:
        raise CardError(f"{where}: the field {missing[0]!r} is missing.")
    return kind(**{n: _value(hints[n], v, f"{where}: {n}") for n, v in data.items()})


def _value(hint, value, where):
    if isinstance(hint, types.UnionType):  # `X | None`: left out when there is none
        (hint,) = (kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    if typing.get_origin(hint) is Annotated:
        hint, *bounds = typing.get_args(hint)
        return _bounded(_value(hint, value, where), bounds, where)
    if dataclasses.is_dataclass(hint):
        return parse(hint, value, where)
    if isinstance(hint, types.GenericAlias):
        if not isinstance(value, list):
            raise CardError(f"{where}: expected a list, got {shown(value)}.")
        (item,) = typing.get_args(hint)
        return [_value(item, v, f"{where}[{i}]") for i, v in enumerate(value)]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return _as_float(value, where)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise CardError(f"{where}: expected {hint.__name__}, got {shown(value)}.")
    return value


def _bounded(value, bounds: list[Bound], where):
    for bound in bounds:
        if problem := bound.problem(value):
            raise CardError(f"{where}: {problem}, got {shown(value)}.")
    return value


def _as_float(value: int, where) -> float:
    try:
        return float(value)
    except OverflowError:
        raise CardError(f"{where}: expected a number, got one that is too large.") from None
