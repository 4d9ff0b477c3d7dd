"""Mutations of TOML files, for cards and recipes."""

import datetime
import random
from pathlib import Path

import tomli_w

from benchmarks.fuzzing.mutation import (
    ODD_NUMBERS,
    ODD_TEXTS,
    grow_sparse,
    mangled,
    otherwise_encoded,
    restructured,
)

VALUES = (
    *(-1, 0, 1, 2**31, 2**63, 10**30, 10**400, float("nan"), float("inf"), -1.5, 1e308, 5e-324),
    *(True, False, *ODD_TEXTS, [], [[]], [0] * 10_000, ["x"] * 300, {}, {"a": {"b": 1}}, [{}]),
    *([float("nan")], [-1], ["1", 2], [[[[[[1]]]]]], datetime.date(2020, 1, 1), "x" * 100_000),
)
LINES = (
    *("a = " + "[" * 5000, "a = " + "{a=" * 2000, ".".join("a" * 5000), '"' * 7, "'''", "a = 1" * 3),
    *(".".join("a" * 900) + " = 1", "[" + ".".join("a" * 900) + "]", "a = " + "9" * 5000, "= 1", "[["),
    *("a = 1e9999", "a = " + "[1," * 3000 + "]" * 3000, "#" + "x" * 200_000, "\x00", "a = 0o8"),
    *("a = 2020-13-40", "a = 99:99:99", "x" * 200_000 + " = 1", '"\\ud800" = 1', 'a = "\\uDFFF"'),
)  # fmt: skip


def write_changed(path: Path, table: dict, rng: random.Random) -> str:
    """Writes a mutation of `table` as TOML, and names it."""
    text = tomli_w.dumps(table, multiline_strings=True)
    draw = rng.random()
    if draw < 0.005:
        path.write_text(text, encoding="utf-8")
        grow_sparse(path)
        return "grown to gigabytes"
    if draw < 0.35:
        what, data = mangled(text.encode(), rng)
    elif draw < 0.38:
        what, data = otherwise_encoded(text + "# Zoë", rng)
    elif draw < 0.5:
        what, text = _other_text(text, rng)
        data = text.encode("utf-8", "surrogatepass")
    else:
        what, changed = restructured(table, VALUES, rng)
        data = tomli_w.dumps(changed).encode("utf-8", "surrogatepass")
    path.write_bytes(data)
    return what


def _other_text(text: str, rng: random.Random) -> tuple[str, str]:
    """A line inserted, or a number of the text replaced."""
    lines = text.splitlines()
    if rng.random() < 0.6:
        line = rng.choice(LINES)
        lines.insert(rng.randrange(len(lines) + 1), line)
        return f"inserted {line[:20]!r}", "\n".join(lines)
    with_numbers = [i for i, line in enumerate(lines) if line[-1:].isdigit()]
    at = rng.choice(with_numbers or range(len(lines)))
    number = rng.choice(ODD_NUMBERS)
    lines[at] = f"{lines[at].rpartition('=')[0]}= {number}" if "=" in lines[at] else number
    return f"number {number[:20]}", "\n".join(lines)
