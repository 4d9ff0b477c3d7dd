"""Typed TOML: files as dataclasses. Nothing unknown, missing, mistyped or out of bounds is accepted.

Cards and recipes may come from strangers, so a file has fixed limits, and each caller says which
error its users meet.
"""

import dataclasses
import os
import tomllib
import types
import typing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from mer_zoo.errors import MerZooError, shown
from mer_zoo.files import read_at_most

FILE_BYTES = 256_000
"""Largest file. The packaged cards have 4 kB."""

DOTS = 1000  # in one line
DEPTH = 20  # of tables and lists inside each other
LARGEST = 2**64  # TOML itself promises 64 bits


class Bound:
    """One restriction on a field, given beside its type: `Annotated[int, Within(1, 10)]`."""

    def problem(self, value: Any) -> str | None:
        """What was expected instead of `value`, or None where it is allowed."""
        raise NotImplementedError


T = TypeVar("T")


@dataclass(frozen=True)
class TomlFormat:
    """A kind of file.

    Attributes:
        kind: what messages call it.
        error: raised for everything that is wrong with a file.
        advice: what to do where there is no file.
    """

    kind: str
    error: type[MerZooError]
    advice: str = "Check the path."

    def read(self, kind: type[T], path: str | Path) -> T:
        """Reads a file as the dataclass `kind`.

        Raises:
            MerZooError: `error`, if the file is missing, larger than `FILE_BYTES` or not TOML, is
                nested deeper than `DEPTH`, holds a whole number beyond 64 bits, or a field is
                unknown, missing, of the wrong type or out of the bounds in its type.
        """
        return self.parse(kind, self.read_toml(path), str(path))

    def read_toml(self, path: str | Path) -> dict:
        """The content of a file as nested dictionaries; see `read`."""
        try:
            if not os.path.isfile(path):  # unlike Path.is_file, false for a name that is too long
                wrong = "is no file" if os.path.lexists(path) else "does not exist"
                raise self.error(f"The {self.kind} {path} {wrong}. {self.advice}")
            content = read_at_most(Path(path), FILE_BYTES)
        except OSError as error:
            if isinstance(error, MerZooError):
                raise
            raise self.error(f"{path} cannot be read ({error.strerror}).") from error
        if content is None:
            raise self.error(
                f"{path} is larger than {FILE_BYTES:,} bytes, so it is no {self.kind}. Expected a few "
                "kilobytes of TOML."
            )
        # The time tomllib takes for a key grows with the square of its dots.
        if any(line.count(b".") > DOTS for line in content.splitlines()):
            raise self.error(f"{path} has a line with more than {DOTS} dots. Break the line up.")
        try:
            table = tomllib.loads(content.decode("utf-8"))
        except (ValueError, RecursionError) as error:
            raise self.error(
                f"{path} is not valid TOML: {str(error)[:200]}. Fix or regenerate it."
            ) from error
        self._check_values(table, str(path))
        return table

    def parse(self, kind: type[T], data: Any, where: str) -> T:
        """Turns nested dictionaries into the dataclass `kind`.

        Args:
            kind: a dataclass; its fields may be dataclasses, lists, and annotated with a `Bound`.
            data: as TOML gives it.
            where: begins the message of an error.

        Raises:
            MerZooError: `error`, see `read`.
        """
        if not isinstance(data, dict):
            raise self.error(f"{where}: expected a table, got {shown(data)}.")
        fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]  # of any dataclass
        hints = typing.get_type_hints(kind, include_extras=True)
        if unknown := sorted(set(data) - set(fields)):
            raise self.error(
                f"{where}: unknown field {shown(unknown[0])}. Known: {', '.join(fields)}."
            )
        required = [
            n
            for n, f in fields.items()
            if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
        ]
        if missing := [n for n in required if n not in data]:
            raise self.error(f"{where}: the field {missing[0]!r} is missing.")
        return kind(**{n: self._value(hints[n], v, f"{where}: {n}") for n, v in data.items()})

    def _check_values(self, table: dict, where: str) -> None:
        """Refuses what later code could not copy or print."""
        level: list[dict | list] = [table]
        for _ in range(DEPTH):
            items = [v for c in level for v in (c.values() if isinstance(c, dict) else c)]
            if any(isinstance(v, int) and abs(v) > LARGEST for v in items):
                raise self.error(f"{where} holds a whole number of more than 64 bits. Correct it.")
            level = [v for v in items if isinstance(v, dict | list)]
            if not level:
                return
        raise self.error(f"{where} is nested deeper than {DEPTH} levels. Flatten it.")

    def _value(self, hint, value, where: str):
        if isinstance(hint, types.UnionType):  # `X | None`: left out when there is none
            (hint,) = (kind for kind in typing.get_args(hint) if kind is not types.NoneType)
        if typing.get_origin(hint) is Annotated:
            hint, *bounds = typing.get_args(hint)
            return self._bounded(self._value(hint, value, where), bounds, where)
        if isinstance(hint, type) and dataclasses.is_dataclass(hint):
            return self.parse(hint, value, where)
        if isinstance(hint, types.GenericAlias):
            if not isinstance(value, list):
                raise self.error(f"{where}: expected a list, got {shown(value)}.")
            (item,) = typing.get_args(hint)
            return [self._value(item, v, f"{where}[{i}]") for i, v in enumerate(value)]
        if hint is float and isinstance(value, int) and not isinstance(value, bool):
            return self._as_float(value, where)
        if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
            raise self.error(f"{where}: expected {hint.__name__}, got {shown(value)}.")
        return value

    def _bounded(self, value, bounds: list[Bound], where: str):
        for bound in bounds:
            if problem := bound.problem(value):
                raise self.error(f"{where}: {problem}, got {shown(value)}.")
        return value

    def _as_float(self, value: int, where: str) -> float:
        try:
            return float(value)
        except OverflowError:
            raise self.error(f"{where}: expected a number, got one that is too large.") from None
