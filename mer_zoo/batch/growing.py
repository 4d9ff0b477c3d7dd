"""The CSV of `mer-zoo predict --csv`. It grows with every video, and the same command resumes it."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mer_zoo import __version__
from mer_zoo.batch.inputs import Input
from mer_zoo.batch.journal import BatchJournal
from mer_zoo.batch.readers import EntryReader
from mer_zoo.batch.rows import OK, unit_names
from mer_zoo.csv_table import BY_POSITION, NUMBERING, csv_bytes
from mer_zoo.readings import SECONDS, Reading

SHARE = 10  # at most a tenth of the time is spent on writing the table again


@dataclass(frozen=True)
class ReadingRow:
    """What the table holds of a reading; the attributes are those of `mer_zoo.Reading`."""

    source: str
    label: str
    expression: bool
    onset: int
    apex: int
    offset: int
    held: bool
    motion: float
    model: str
    evidence: str
    talking: float
    probabilities: dict[str, float]
    action_units: str | None = None
    unit_probabilities: dict[str, float] = field(default_factory=dict)
    status: str = OK
    onset_seconds: float | None = None
    apex_seconds: float | None = None
    offset_seconds: float | None = None

    @property
    def action_unit_code(self) -> str | None:
        """As that of `mer_zoo.Reading`."""
        return self.action_units

    @classmethod
    def of(cls, reading: Reading) -> "ReadingRow":
        """The row of a reading."""
        same = (*FACTS, "probabilities", "unit_probabilities", *SECONDS)
        return cls(
            **{name: getattr(reading, name) for name in same}, action_units=reading.action_unit_code
        )

    def to_dict(self) -> dict:
        """The row as plain values."""
        return asdict(self)


FACTS = (
    *("source", "label", "expression", "onset", "apex", "offset", "held", "motion"),
    *("model", "evidence", "talking"),
)
"""The first columns. `action_units` ("6+L12") follows, then `p_<class>` of every class, the probability of
every output about action units (`AU12`, `AU12 left`) where the entry names them, `SECONDS`, and `numbering`,
which says what onset, apex and offset count."""


class GrowingTable:
    """A CSV with one row per reading, complete at any moment. Use it as a context manager.

    Every row is in `<path>.journal` before the next video counts as read. The whole table is written
    again after each video, or after every few if that would take long. When it holds all videos,
    `finish` removes the journal.

    Args:
        path: the CSV file.
        reader: the entry and its settings.
        phases: onset, apex and offset as given on the command line.
        force: replace a file that this command did not write, and a journal of other settings.

    Raises:
        BatchError: another process writes the table, or it was started with other settings.
        OutputExistsError: the file exists, an interrupted command did not write it, and `force` is false.
    """

    def __init__(self, path: Path, reader: EntryReader, phases: dict, force: bool = False):
        self._path, self._classes = Path(path), reader.class_names
        plan = {"table": "readings", "mer_zoo": __version__, **phases, **reader.describe()}
        self._journal = BatchJournal(self._path, plan, ReadingRow, force)
        self._clips: list[Input] = []
        self._written, self._cost, self._complete = 0.0, 0.0, True

    def __enter__(self) -> "GrowingTable":
        self._journal.__enter__()
        try:
            self._journal.check(self._path)
        except BaseException:
            self._journal.__exit__()
            raise
        return self

    def __exit__(self, *_):
        try:
            if not self._complete:  # interrupted
                self._write()
        finally:
            self._journal.__exit__()

    def missing(self, clips: list[Input]) -> list[Input]:
        """Those of the clips that have no row, or were changed since. `clips` is the table's order."""
        self._clips = clips
        return [clip for clip in clips if not self._journal.done(clip)]

    def add(self, clip: Input, reading: Reading) -> None:
        """Keeps a reading."""
        self._journal.add(clip, ReadingRow.of(reading))
        self._complete = False
        if time.monotonic() - self._written >= SHARE * self._cost:
            self._write()

    def rows(self) -> list[ReadingRow]:
        """All rows so far."""
        return self._journal.rows(self._clips)

    def finish(self) -> list[ReadingRow]:
        """Writes the table, and removes the journal if it holds all clips. Returns the rows."""
        self._write()
        if not self.missing(self._clips):
            self._journal.remove()
        return self.rows()

    def _write(self) -> None:
        begun = time.monotonic()
        self._journal.write(self._path, encoded(self.rows(), self._classes))
        self._written = time.monotonic()
        self._cost = self._written - begun
        self._complete = True


def encoded(rows: Iterable[ReadingRow], class_names: Sequence[str]) -> bytes:
    """The CSV (UTF-8) of some rows."""
    rows = list(rows)
    units, facts = unit_names(rows), (*FACTS, "action_units")
    lines = [[*facts, *(f"p_{name}" for name in class_names), *units, *SECONDS, NUMBERING]]
    for row in rows:
        given = [row.probabilities[name] for name in class_names]
        given += [row.unit_probabilities[name] for name in units]
        seconds = [getattr(row, name) for name in SECONDS]
        times = ["" if time is None else f"{time:.4f}" for time in seconds]
        told = [getattr(row, name) for name in facts]
        lines.append([*told, *(f"{p:.6g}" for p in given), *times, BY_POSITION])
    return csv_bytes(lines)
