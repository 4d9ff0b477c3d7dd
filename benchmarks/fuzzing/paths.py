"""Paths that no file has, and things that are no regular files, given to every public reader."""

import os
import random
from pathlib import Path

from benchmarks.fuzzing.case import Case, Kind, WrongAnswer

NAMES = {
    "too long": "x" * 300,
    "too long in all": "/".join(["x" * 200] * 30),
    "NUL": "a\0b",
    "escape code": "a\x1b[2J",
    "surrogate": "a\udcff",
    "below a file": "file/a",
    "unknown user": "~nobody_at_all",
}
"""What is odd -> a name, without its suffix."""
THINGS = ("folder", "pipe", "broken link", "loop", "device")


class Paths(Kind):
    """Every reader is asked for every path."""

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        (place / "file").write_text("")
        reader = rng.choice(sorted(READERS))
        suffix, call = READERS[reader]
        if control:
            return Case(f"{reader}: nothing", lambda: None, ())
        what = rng.choice((*NAMES, *THINGS))
        if what in NAMES:
            text = NAMES[what] + suffix
            path = Path(text) if what == "unknown user" else place / text
        else:
            path = place / f"thing{suffix}"
            _make(path, what)
        return Case(f"{reader}: {what}", lambda: _refused(call, path), _names(path))


def _make(path: Path, what: str) -> None:
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    else:
        target = {"broken link": "nowhere", "loop": path.name, "device": "/dev/zero"}
        path.symlink_to(target[what])


def _names(path: Path) -> tuple[str, ...]:
    """How an error may write the path: as it is, escaped, or shortened."""
    text = path.name
    return text, repr(text)[1:-1], text[:40], repr(text)[1:30]


def _refused(call, path: Path) -> None:
    """None of these paths can be answered."""
    call(path)
    raise WrongAnswer("answered")


def _table(path):
    from mer_zoo.clips import read_clip_table

    read_clip_table(path)


def _custom(path):
    from mer_zoo.datasets import load

    load("custom", path)


def _annotations(path):
    from mer_zoo.datasets import read_table

    read_table("casme2", path)


def _release(path):
    from mer_zoo.datasets import load

    load("casme2", path)


def _video(path):
    from mer_zoo import Clip

    Clip.from_video(path)


def _frames(path):
    from mer_zoo import Clip

    Clip.from_frames(path, fps=100)


def _opened(path):
    from mer_zoo.clips import open_frames

    open_frames(path, fps=100).read()


def _card(path):
    import mer_zoo

    mer_zoo.card(path)


def _load(path):
    import mer_zoo

    mer_zoo.load(path)


def _recipe(path):
    from mer_zoo.recipes import Recipe

    Recipe.read(path)


def _results_table(path):
    from mer_zoo.recipes.table import Table

    Table.read(path)


def _result(path):
    from mer_zoo.evaluation import Result

    Result.read(path)


def _predictions(path):
    import mer_zoo

    mer_zoo.score(path)


READERS = {
    "clip table": (".csv", _table),
    "custom clips": (".csv", _custom),
    "custom folder": ("", _custom),
    "annotations": (".xlsx", _annotations),
    "annotations as csv": (".csv", _annotations),
    "release": ("", _release),
    "video": (".mp4", _video),
    "frames": ("", _frames),
    "open": (".avi", _opened),
    "card": ("", _card),
    "entry": ("", _load),
    "saved model": (".keras", _load),
    "recipe": (".toml", _recipe),
    "table of results": (".toml", _results_table),
    "result": ("", _result),
    "predictions": (".csv", _predictions),
}
"""What is read -> the suffix of its path, and the call."""
