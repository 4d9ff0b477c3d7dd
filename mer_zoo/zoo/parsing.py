"""TOML files as dataclasses. Nothing unknown, missing, mistyped or out of bounds is accepted."""

import dataclasses
import os
import tomllib
import types
import typing
from pathlib import Path
from typing import Annotated

from mer_zoo.errors import CardError, shown
from mer_zoo.files import read_at_most
from mer_zoo.zoo.bounds import CARD_BYTES, Bound

DOTS = 1000  # in one line
DEPTH = 20  # of tables and lists inside each other
LARGEST = 2**64  # TOML itself promises 64 bits


def read_toml(path: Path, kind: str = "card") -> dict:
    """The content of a card file, or of another TOML file of that size.

    Args:
        path: the file.
        kind: what to call it in messages.

    Raises:
        CardError: the file is missing, larger than `CARD_BYTES` or not TOML, is nested deeper than
            `DEPTH`, or holds a whole number beyond 64 bits.
    """
    try:
        if not os.path.isfile(path):  # unlike Path.is_file, false for a name that is too long
            raise CardError(
                f"{path} does not exist. A local zoo entry is a folder that holds card.toml and "
                "the weight file it names; `mer-zoo train` writes one."
            )
        content = read_at_most(path, CARD_BYTES)
    except OSError as error:
        raise CardError(f"{path} cannot be read ({error.strerror}).") from error
    if content is None:
        raise CardError(
            f"{path} is larger than {CARD_BYTES:,} bytes, so it is no {kind}. Expected a few "
            "kilobytes of TOML."
        )
    # The time tomllib takes for a key grows with the square of its dots.
    if any(line.count(b".") > DOTS for line in content.splitlines()):
        raise CardError(f"{path} has a line with more than {DOTS} dots. Break the line up.")
    try:
        table = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise CardError(
            f"{path} is not valid TOML: {str(error)[:200]}. Fix or regenerate it."
        ) from error
    _check_values(table, str(path))
    return table


def _check_values(table: dict, where: str) -> None:
    """Refuses what later code could not copy or print."""
    level = [table]
    for _ in range(DEPTH):
        items = [v for c in level for v in (c.values() if isinstance(c, dict) else c)]
        if any(isinstance(v, int) and abs(v) > LARGEST for v in items):
            raise CardError(f"{where} holds a whole number of more than 64 bits. Correct it.")
        level = [v for v in items if isinstance(v, dict | list)]
        if not level:
            return
    raise CardError(f"{where} is nested deeper than {DEPTH} levels. Flatten it.")


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
