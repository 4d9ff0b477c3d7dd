"""Saved results of evaluations: `Result.read`."""

import json
import random
from pathlib import Path

import numpy as np

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.clip_tables import changed_table
from benchmarks.fuzzing.mutation import (
    ODD_TEXTS,
    grow_sparse,
    mangled,
    otherwise_encoded,
    restructured,
)

NAMES = ("negative", "positive", "surprise")
VALUES = (
    *(-1, 0, 1, 2**63, 10**400, float("nan"), float("inf"), 0.5, True, None, [], {}, [[]], [1, 2]),
    *(*(text for text in ODD_TEXTS), {"a": 1}, ["negative"] * 3, list(NAMES[:2]), [1] * 1000),
)


class Results(Kind):
    """A saved result of two seeds, 24 clips and three classes."""

    def __init__(self, home: Path):
        super().__init__(home)
        self.result = _made()
        self.result.save(home)
        self.files = {p.name: p.read_bytes() for p in home.iterdir() if p.is_file()}

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        folder = place / "result"
        folder.mkdir()
        for name, data in self.files.items():
            (folder / name).write_bytes(data)
        what = "valid" if control else self._change(folder, rng)
        valid = self.result if control else None
        return Case(what, lambda: _read(folder, valid), (folder.name,))

    def _change(self, folder: Path, rng: random.Random) -> str:
        name = rng.choice(("result.json", "predictions.csv"))
        path, data, draw = folder / name, self.files[name], rng.random()
        if draw < 0.01:
            grow_sparse(path)
            return f"{name}: grown to gigabytes"
        if draw < 0.03:
            path.unlink()
            return f"without {name}"
        if draw < 0.4:
            what, data = mangled(data, rng)
        elif draw < 0.45:
            what, data = otherwise_encoded(data.decode(), rng)
        elif name == "result.json":
            what, content = restructured(json.loads(data), VALUES, rng)
            data = json.dumps(content).encode()
            if draw > 0.97:
                what, data = "deep", b'{"a":' * 100_000
        else:
            header, *rows = [line.split(",") for line in data.decode().splitlines()]
            what, text = changed_table(header, rows, rng)
            data = text.encode("utf-8", "surrogatepass")
        path.write_bytes(data)
        return f"{name}: {what}"


def _made():
    from mer_zoo.evaluation import Result

    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, 24)
    values = rng.random((2, 24, 3)).astype(np.float32) + np.eye(3, dtype=np.float32)[labels]
    about = {"protocol": "toy-24", "split": "loso", "examples": "a", "folds": "b", "learner": {}}
    return Result(
        clips=np.array([f"clip{i:03d}" for i in range(24)]),
        subjects=np.array([f"toy/s{i % 6}" for i in range(24)]),
        labels=labels,
        folds=np.array([f"s{i % 6}" for i in range(24)]),
        probabilities=values / values.sum(axis=2, keepdims=True),
        class_names=NAMES,
        seeds=(1, 2),
        about=about,
    )


def _read(folder: Path, valid) -> None:
    from mer_zoo.evaluation import Result

    result = Result.read(folder)
    values = result.probabilities
    expect(values.shape == (len(result.seeds), len(result.clips), len(result.class_names)), "shape")
    expect(bool(np.isfinite(values).all()), "probabilities that are not finite")
    expect(0 <= result.uf1 <= 1 and 0 <= result.accuracy <= 1, f"UF1 {result.uf1}")
    again = Result.read(result.save(folder / "again"))
    expect(np.array_equal(again.probabilities, values) and again.uf1 == result.uf1, "read again")
    expect(list(again.clips) == list(result.clips) and bool(result.title), "other clips")
    if valid is not None:
        expect(np.array_equal(valid.probabilities, values), "other probabilities")
        expect(result.to_dict() == valid.to_dict(), "other scores")
