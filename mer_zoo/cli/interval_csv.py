"""Intervals as CSV: what `mer-zoo spot --csv` writes, and `mer-zoo watch --csv` row by row."""

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.clips.validation import PHASES
from mer_zoo.csv_table import BY_POSITION, NUMBERING, csv_bytes
from mer_zoo.errors import OutputExistsError
from mer_zoo.files import refuse_overwrite, write_atomically

if TYPE_CHECKING:
    from mer_zoo.readings import Reading
    from mer_zoo.spotting.intervals import Interval
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

MEASURES = ("motion", "score", "head_motion", "eye_closure", "eye_share", "talking")
COLUMNS = (*PHASES, *(f"{name}_seconds" for name in PHASES), "held", *MEASURES)
FACTS = ("label", "expression", "evidence", "model", "dropped")


def write_intervals(
    rows: "Sequence[tuple[Interval, Reading | None]]",
    path: Path,
    force: bool = False,
    class_names: Sequence[str] = (),
) -> Path:
    """Writes intervals as CSV, one per line; `label` is empty if no entry classified them.

    `action_units` are those that moved as coders write them, "6+L12"; empty if none did or none are named.
    `numbering` comes last and says what onset, apex and offset count.

    Args:
        rows: intervals with their readings.
        path: the file.
        force: replace a file that exists.
        class_names: classes of the entry that read the intervals; each gets a column `p_<class>`, after
            `evidence`.

    Raises:
        OutputExistsError: the file exists and `force` is false.
    """
    refuse_overwrite(path, force)
    more = ["evidence", *(f"p_{name}" for name in class_names)] if class_names else []
    lines = [[*COLUMNS, "label", "action_units", *more, NUMBERING]]
    for interval, reading in rows:
        told: list = ["", ""]
        if reading is not None:
            told = [reading.label, reading.action_unit_code or ""]
        if reading is not None and class_names:
            told += [reading.evidence, *(reading.probabilities[name] for name in class_names)]
        lines.append([*_cells(interval), *told, BY_POSITION])
    write_atomically(path, csv_bytes(lines))
    return path


class LiveTable:
    """A CSV that grows by whole rows. Use it as a context manager.

    Columns: `begun` (UTC, when this session began), `source`, those of `mer-zoo spot --csv`, the label,
    whether it is an expression, its evidence, the model, the frames dropped so far, and `p_<class>` per
    class.

    Args:
        path: the file. If it exists, rows are appended.
        source: name of the source.
        classifier: what reads.

    Raises:
        OutputExistsError: the file exists and is not a table of these columns.
    """

    def __init__(self, path: Path, source: str, classifier: "MicroExpressionClassifier"):
        self._path, self._source = Path(path), source
        self._begun = datetime.now(UTC).isoformat(timespec="seconds")
        self._classes = classifier.class_names
        columns = ("begun", "source", *COLUMNS, *FACTS)
        self._header = csv_bytes([[*columns, *(f"p_{name}" for name in self._classes)]])

    def __enter__(self) -> "LiveTable":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(self._path, "a+b")
        self._file.seek(0)
        first = self._file.readline(len(self._header) + 1)
        if first not in (b"", self._header):
            self._file.close()
            raise OutputExistsError(
                f"{self._path} exists, and it is not a table that mer-zoo watch wrote with these "
                "classes. Choose another name."
            )
        if not first:
            self._write(self._header)
        elif not self._ends_with_line():
            self._write(b"\n")  # the last session was killed while it wrote
        return self

    def __exit__(self, *_):
        self._file.close()

    def add(self, interval: "Interval", reading: "Reading", dropped: int) -> None:
        """Appends a row; it is on the disk when this returns."""
        facts = [reading.label, reading.expression, reading.evidence, reading.model, dropped]
        chances = [f"{reading.probabilities[name]:.6g}" for name in self._classes]
        cells = [self._begun, self._source, *_cells(interval), *facts, *chances]
        self._write(csv_bytes([cells]))

    def _ends_with_line(self) -> bool:
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) == b"\n"

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())


def _cells(interval: "Interval") -> list:
    """An interval as the cells of `COLUMNS`."""
    values = [getattr(interval, name) for name in PHASES]
    values += [f"{time:.4f}" for time in interval.times]
    return [*values, interval.held, *(f"{getattr(interval, name):.4g}" for name in MEASURES)]
