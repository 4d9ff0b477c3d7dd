"""Weight files whose digest on the card fits, through `mer_zoo.load("./folder")`."""

import hashlib
import json
import random
import struct
from pathlib import Path

import numpy as np
import tomli_w

from benchmarks.fuzzing.answers import check_golden
from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.mutation import grow_sparse, mangled, restructured

ENTRY = "meganet_tiny"
VALUES = (
    *(
        -1,
        0,
        1,
        2**31,
        2**63,
        2**64,
        10**30,
        0.5,
        True,
        None,
        "",
        "F32",
        "F64",
        "I64",
        "BF16",
        "I8",
    ),
    *("F16", "x" * 400, [], [0], [-1], [2**40, 2**40], [1] * 70, {}, [[1]], [0, 2**63], "\0", "é"),
)


class Weights(Kind):
    """The weights of a small entry."""

    def __init__(self, home: Path):
        from mer_zoo.zoo import find

        super().__init__(home)
        entry = find(ENTRY)
        self.card = entry.card.to_dict()
        self.file = entry.card.weights.file
        self.data = (entry.folder / self.file).read_bytes()

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        folder = place / "stranger"
        folder.mkdir()
        what, data = ("valid", self.data) if control else self._changed(rng)
        path = folder / self.file
        path.write_bytes(data)
        size, digest = len(data), hashlib.sha256(data).hexdigest()
        draw = rng.random()
        if not control and draw < 0.01:
            grow_sparse(path)
            what, size = "grown to gigabytes", path.stat().st_size
        elif not control and draw < 0.05:
            digest = rng.choice(("0" * 64, digest[::-1]))
        weights = {**self.card["weights"], "sha256": digest, "bytes": size}
        card = tomli_w.dumps({**self.card, "weights": weights})
        (folder / "card.toml").write_text(card, encoding="utf-8")
        predicted = control or rng.random() < 0.5
        return Case(what, lambda: _load(folder, predicted, control), (folder.name,))

    def _changed(self, rng: random.Random) -> tuple[str, bytes]:
        length = int.from_bytes(self.data[:8], "little")
        header, body = json.loads(self.data[8 : 8 + length]), self.data[8 + length :]
        draw = rng.random()
        if draw < 0.25:
            return mangled(self.data, rng)
        if draw < 0.45:
            what, text = mangled(json.dumps(header).encode(), rng)
            return f"header: {what}", struct.pack("<Q", len(text)) + text + body
        if draw < 0.55:
            length = rng.choice((0, 1, 7, length - 1, length + 1, 2**31, 2**63, 2**64 - 1, 10**6))
            return f"header length {length}", struct.pack("<Q", length) + self.data[8:]
        if draw < 0.7:
            return "values", self.data[: 8 + length] + _other_values(body, rng)
        what, header = restructured(header, VALUES, rng)
        text = json.dumps(header).encode()
        return f"header: {what}", struct.pack("<Q", len(text)) + text + body


def _other_values(body: bytes, rng: random.Random) -> bytes:
    """Some of the float16 values replaced by large, negative or infinite ones."""
    values = np.frombuffer(body, np.float16).copy()
    for _ in range(rng.choice((1, 10, len(values) // 2))):
        values[rng.randrange(len(values))] = rng.choice(
            (65504, -65504, 6e-8, 0, -1, np.nan, np.inf)
            if rng.random() < 0.02
            else (65504, -65504, 6e-8, 0, -1)
        )
    return values.tobytes()


def _load(folder: Path, predicted: bool, control: bool) -> None:
    import mer_zoo

    model = mer_zoo.load(str(folder))
    expect(len(model.class_names) == model.network.output_shape[-1], "classes")
    if predicted:
        check_golden(model, exact=control, where=folder.name)
