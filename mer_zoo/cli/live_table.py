"""The CSV of `mer-zoo watch --csv`: one row per reading, written when it is known."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.cli.tables import INTERVAL_COLUMNS, interval_cells
from mer_zoo.csv_table import csv_bytes
from mer_zoo.errors import OutputExistsError

if TYPE_CHECKING:
    from mer_zoo.readings import Reading
    from mer_zoo.spotting.intervals import Interval
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

FACTS = ("label", "expression", "evidence", "model", "dropped")


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
        columns = ("begun", "source", *INTERVAL_COLUMNS, *FACTS)
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
        cells = [self._begun, self._source, *interval_cells(interval), *facts, *chances]
        self._write(csv_bytes([cells]))

    def _ends_with_line(self) -> bool:
        self._file.seek(-1, os.SEEK_END)
        return self._file.read(1) == b"\n"

    def _write(self, content: bytes) -> None:
        self._file.write(content)
        self._file.flush()
        os.fsync(self._file.fileno())
