"""Mutations of bytes, texts and nested values, all drawn from a `random.Random`."""

import copy
import random
from pathlib import Path

MOST_ADDED = 1 << 20  # bytes that a mutation may add to a file's content
SPARSE = 2_600_000_000  # bytes of a file that takes no space on the disk

ODD_NUMBERS = (
    *("inf", "-inf", "nan", "1e400", "-1", "0", "1e-400", "99999999999999999999", "-0.0", "0x10"),
    *("1_0", "\uff11\uff12", "1,5", "1.5", "+3", "1e3", "9" * 5000, "", "--", "2147483648"),
)
ODD_TEXTS = (
    *("", " ", "\0", "a\0b", "x" * 300, "x" * 5000, "/", "..", "../../etc/passwd", "/dev/zero"),
    *("~", "~nobody_at_all/x", ".", "con", "é", "\u202eabc", "\U0001f600", "\x1b[2J", "a\nb"),
    *("." * 2000, "=1+1", "%s%n", "{0}", "file:///etc/passwd", "\ufeff", "None", "a/b\\c", "\x85"),
)
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1", "gb18030", "cp037", "utf-7")


def mangled(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """One to three mutations of bytes: (their names, the result)."""
    names = []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        change = rng.choice(_BYTES)
        names.append(change.__name__.strip("_").replace("_", " "))
        data = change(data, rng)
    return ", ".join(names), data


def _flip_bits(data, rng):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 3, 20)) if changed else 0):
        changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def _set_bytes(data, rng):
    changed = bytearray(data)
    for _ in range(rng.choice((1, 2, 8)) if changed else 0):
        changed[rng.randrange(len(changed))] = rng.choice((0, 0xFF, 0x7F, 0x80, rng.randrange(256)))
    return bytes(changed)


def _set_a_word(data, rng):
    """Four bytes in a row become a number that is likely to be an edge: sizes, offsets, counts."""
    if len(data) < 4:
        return b""
    at = rng.randrange(len(data) - 3)
    word = rng.choice((0, 1, 0xFFFFFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFF, rng.getrandbits(32)))
    return data[:at] + word.to_bytes(4, rng.choice(("little", "big"))) + data[at + 4 :]


def _cut(data, rng):
    return data[: rng.randrange(len(data) + 1)]


def _cut_the_beginning(data, rng):
    return data[rng.randrange(min(len(data), 64) + 1) :]


def _remove_a_slice(data, rng):
    start, end = _slice(data, rng)
    return data[:start] + data[end:]


def _repeat_a_slice(data, rng):
    start, end = _slice(data, rng)
    times = min(rng.choice((1, 2, 50, 5000)), MOST_ADDED // max(end - start, 1))
    return data[:end] + data[start:end] * times + data[end:]


def _insert_nuls(data, rng):
    at = rng.randrange(len(data) + 1)
    return data[:at] + bytes(rng.choice((1, 1, 4, 1000))) + data[at:]


def _insert_noise(data, rng):
    at = rng.randrange(len(data) + 1)
    return data[:at] + rng.randbytes(rng.choice((1, 4, 200))) + data[at:]


def _zero_a_slice(data, rng):
    start, end = _slice(data, rng)
    return data[:start] + bytes(end - start) + data[end:]


def _swap_the_halves(data, rng):
    at = rng.randrange(len(data) + 1)
    return data[at:] + data[:at]


def _slice(data, rng):
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((1, 2, 10, 100, 5000)))


_BYTES = (
    *(_flip_bits, _set_bytes, _set_a_word, _cut, _cut_the_beginning, _remove_a_slice),
    *(_repeat_a_slice, _insert_nuls, _insert_noise, _zero_a_slice, _swap_the_halves),
)


def otherwise_encoded(text: str, rng: random.Random) -> tuple[str, bytes]:
    """The text in another encoding than UTF-8."""
    name = rng.choice(ENCODINGS)
    return f"written as {name}", text.encode(name, "replace")


def many_cells(rng: random.Random) -> tuple[str, bytes]:
    """Megabytes of the shortest rows and cells there are, below a header or alone."""
    header = b"path,subject,label\nSubject,Filename,OnsetFrame,ApexFrame,OffsetFrame,Action Units,Emotion\n"
    what = rng.choice((b"a\n", b"\n", b"a,", b",", b"a,b\n", b"path,", b"\r", b"1,1,1,1,1,1,1\n"))
    data = what * (rng.choice((1_000_000, 7_000_000, 30_000_000)) // len(what))
    return f"many times {what!r}", rng.choice((header, header[19:], b"")) + data


def grow_sparse(path: Path) -> None:
    """Makes a file huge with NUL bytes that take no space on the disk."""
    with path.open("r+b") as file:
        file.truncate(SPARSE)


def restructured(table: dict, values: tuple, rng: random.Random) -> tuple[str, dict]:
    """One to three values of nested dictionaries and lists replaced, removed, added or moved."""
    table, told = copy.deepcopy(table), []
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        holder, key = rng.choice(list(_places(table)) or [(table, "x")])
        name = f"{key!s:.40}"
        change = rng.choice(("replace", "replace", "replace", "remove", "add", "swap"))
        if change == "remove" and (isinstance(holder, list) or key in holder):
            del holder[key]
        elif change == "add" and isinstance(holder, dict):
            holder[rng.choice(("extra", "", "name", "a.b", "x" * 300, "\x1b"))] = rng.choice(values)
        elif change == "swap":
            other, far = rng.choice(list(_places(table)) or [(table, "x")])
            holder[key] = copy.deepcopy(other[far]) if far in _keys(other) else 0
        else:
            holder[key] = copy.deepcopy(rng.choice(values))
        told.append(f"{change} {name}")
    return ", ".join(told), table


def _keys(holder):
    return holder if isinstance(holder, dict) else range(len(holder))


def _places(value):
    """Every (container, key) in nested dictionaries and lists."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(items):
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)
