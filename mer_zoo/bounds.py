"""The bounds on what a card may contain.

A card may come from an untrusted source, so every field has a limit. A card that exceeds a limit is
refused when it is read, before anything is downloaded, built or allocated. The limits are fixed and
generous.
"""

import math
import re
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath
from typing import Annotated
from urllib.parse import urlsplit

from mer_zoo.config import Bound
from mer_zoo.errors import shown

WEIGHT_BYTES = 256_000_000
"""Largest weight file. The largest packaged one has 24 MB."""

PARAMETERS = WEIGHT_BYTES // 2
"""Most values of a network or a weight file: as many as fit into the largest file as float16."""

FEATURES = 128_000_000
"""Most values in one feature map of one image: 512 MB. VGG19 at 1024 px makes 67 million."""

SIDE = 1024  # px, of the face and of the image
CHANNELS = 16  # of the image
CLASSES = 256
CLIPS = 1_000_000_000

DTYPES = {"float16": "float16", "float32": "float32", "int8": "float16"}
"""Storage dtype -> dtype of tensors that are not quantised: with "int8", all but large kernels."""

WEIGHTS_SUFFIX = ".safetensors"
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # escape codes of terminals, not \t and \n


@dataclass(frozen=True)
class Within(Bound):
    """A number from `least` to `most`; with `or_nan` also NaN, for "not measured"."""

    least: float
    most: float
    or_nan: bool = False

    def problem(self, value: float):
        if self.least <= value <= self.most or (self.or_nan and math.isnan(value)):
            return None
        return f"expected {self.least:,} to {self.most:,}"


@dataclass(frozen=True)
class Text(Bound):
    """`least` to `most` characters, without control characters other than tab and newline."""

    least: int
    most: int

    def problem(self, value: str):
        if not self.least <= len(value) <= self.most or (self.least and not value.strip()):
            return f"expected a text of {self.least} to {self.most:,} characters"
        return "expected a text without control characters" if _CONTROL.search(value) else None


@dataclass(frozen=True)
class Items(Bound):
    """A list of `least` to `most` items; with `distinct`, all of them different."""

    least: int
    most: int
    distinct: bool = False

    def problem(self, value: list):
        if not self.least <= len(value) <= self.most:
            return f"expected {self.least} to {self.most:,} items, found {len(value):,}"
        if self.distinct and len(set(value)) != len(value):
            return "expected items that all differ"
        return None


@dataclass(frozen=True)
class OneOf(Bound):
    """One of a few words."""

    words: tuple[str, ...]

    def problem(self, value: str):
        return None if value in self.words else f"expected one of {', '.join(self.words)}"


@dataclass(frozen=True)
class Like(Bound):
    """A text that a regular expression matches completely; `meaning` describes it."""

    pattern: str
    meaning: str

    def problem(self, value: str):
        return None if re.fullmatch(self.pattern, value) else f"expected {self.meaning}"


class FileBesideCard(Bound):
    """The name of a weight file in the card's own folder, never a path to another folder."""

    def problem(self, value: str):
        names = {PurePosixPath(value).name, PureWindowsPath(value).name}
        if names == {value} and value.endswith(WEIGHTS_SUFFIX):
            return None
        return f"expected the name of a {WEIGHTS_SUFFIX} file beside the card, without a folder"


class FetchableUrl(Bound):
    """An address that weights may be fetched from, or an empty text."""

    def problem(self, value: str):
        if not value or is_fetchable(value):
            return None
        return "expected an https:// address (http:// only on the loopback address of this machine)"


@dataclass(frozen=True)
class Arguments(Bound):
    """Named arguments: truth values, numbers, texts, and lists of them; never tables.

    A table would reach Keras' `deserialize` functions, which import whatever it names.

    Args:
        refused: names that are not allowed.
    """

    refused: tuple[str, ...] = ()

    NAMES, VALUES, DEPTH, CHARACTERS, NUMBER = 50, 500, 3, 200, 4096  # at most

    def problem(self, value: dict):
        if len(value) > self.NAMES:
            return f"expected at most {self.NAMES} arguments"
        if refused := [name for name in self.refused if name in value]:
            return f"expected no argument {refused[0]!r}"
        if sum(map(_count, value.values())) > self.VALUES:
            return f"expected at most {self.VALUES} values"
        for name, argument in value.items():
            if (
                len(name) > self.CHARACTERS
                or _CONTROL.search(name)
                or not self._is_plain(argument, self.DEPTH)
            ):
                return (
                    f"expected for {shown(name)} a truth value, a number of at most {self.NUMBER:,}, "
                    f"a text of at most {self.CHARACTERS} characters, or lists of them"
                )
        return None

    def _is_plain(self, value, depth):
        if isinstance(value, list | tuple):
            return depth > 0 and all(self._is_plain(item, depth - 1) for item in value)
        if isinstance(value, str):
            return len(value) <= self.CHARACTERS and not _CONTROL.search(value)
        return isinstance(value, int | float) and -self.NUMBER <= value <= self.NUMBER


def _count(value) -> int:
    return sum(map(_count, value)) + 1 if isinstance(value, list | tuple) else 1


def is_fetchable(url: str) -> bool:
    """Whether weights may be fetched from an address: https, or http on the loopback address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK))


# === Kinds of fields that occur more than once ===
Name = Annotated[str, Text(1, 200)]
Line = Annotated[str, Text(0, 500)]
Prose = Annotated[str, Text(0, 4000)]
Paragraphs = Annotated[list[Prose], Items(0, 100)]
Share = Annotated[float, Within(0, 1)]
MeasuredShare = Annotated[float, Within(0, 1, or_nan=True)]
Count = Annotated[int, Within(0, CLIPS)]
Seed = Annotated[int, Within(-(2**63), 2**64)]
Digest = Annotated[str, Like("[0-9a-f]{64}", "a sha256 of 64 hexadecimal digits in lower case")]
