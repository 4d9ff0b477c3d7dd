"""Predictions put in order: each seed and each epoch holds every clip once."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.errors import EvaluationError, shown
from mer_zoo.evaluation.prediction_rows import TABLE, Columns, PredictionRow


@dataclass(frozen=True, eq=False)
class Runs:
    """Which row holds which prediction.

    Attributes:
        seeds: in the order of the table.
        epochs: ascending.
        rows: int `(seeds, epochs, clips)`, indices of rows; clips in the order of their first rows.
    """

    seeds: tuple[int, ...]
    epochs: tuple[int, ...]
    rows: np.ndarray


def arrange(path: Path, columns: Columns, rows: Sequence[PredictionRow]) -> Runs:
    """Arranges the rows by seed, epoch and clip.

    Raises:
        EvaluationError: a clip is twice in an epoch, changes its true class or its fold, or is missing
            in an epoch.
    """
    clips = {clip: i for i, clip in enumerate(dict.fromkeys(row.clip for row in rows))}
    seeds = {seed: i for i, seed in enumerate(dict.fromkeys(row.run[0] for row in rows))}
    epochs = {epoch: i for i, epoch in enumerate(sorted({row.run[1] for row in rows}))}
    found: dict[tuple[int, int], list[int]] = {}
    first = [-1] * len(clips)
    faults = []
    for number, row in enumerate(rows):
        clip = clips[row.clip]
        run = found.get(row.run)
        if run is None:
            run = found[row.run] = [-1] * len(clips)
        if run[clip] >= 0:
            faults.append(_repeated(columns, row, rows[run[clip]]))
        run[clip] = number
        if first[clip] < 0:
            first[clip] = number
        elif fault := _changed(row, rows[first[clip]]):
            faults.append(fault)
    TABLE.refuse_rows(path, faults, len(rows))
    names = list(clips)
    for seed in seeds:
        for epoch in epochs:
            _refuse_gaps(path, columns, names, found, (seed, epoch))
    order = [[found[seed, epoch] for epoch in epochs] for seed in seeds]
    return Runs(tuple(seeds), tuple(epochs), np.array(order))


def _repeated(columns: Columns, row: PredictionRow, other: PredictionRow) -> str:
    where = _where(columns, row.run)
    hint = "" if where else "; if the table has several epochs or seeds, add a column epoch or seed"
    return f"line {row.line}: {_named(row.clip)} is in line {other.line} already{where}{hint}"


def _changed(row: PredictionRow, other: PredictionRow) -> str:
    for what, here, there in (
        ("truth", row.truth, other.truth),
        ("fold", row.fold, other.fold),
    ):
        if here != there:
            return (
                f"line {row.line}: the {what} of {_named(row.clip)} is {shown(here)}, but "
                f"{shown(there)} in line {other.line}"
            )
    return ""


def _refuse_gaps(path: Path, columns: Columns, names, found, run: tuple[int, int]) -> None:
    gaps = np.flatnonzero(np.array(found[run]) < 0) if run in found else np.arange(len(names))
    if len(gaps):
        listed = ", ".join(_named(names[i]) for i in gaps[:3]) + ", ..." * (len(gaps) > 3)
        raise EvaluationError(
            f"{path}: {len(gaps)} of {len(names)} clips are missing{_where(columns, run)}: {listed}. "
            "Expected every clip in every epoch. Add them, or remove the epochs that lack clips for "
            "all subjects: a training that ends at another epoch for each subject may have been "
            "stopped on the test subject."
        )


def _where(columns: Columns, run: tuple[int, int]) -> str:
    parts = [f"{n} {v}" for n, v in zip(("seed", "epoch"), run, strict=True) if n in columns.places]
    return f" in {', '.join(parts)}" if parts else ""


def _named(clip: tuple[str, str, str]) -> str:
    dataset, subject, name = clip
    return f"clip {shown(name)} of subject {shown(f'{dataset}/{subject}')}"
