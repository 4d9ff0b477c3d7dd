"""The report of a load: what was repaired, dropped or noticed."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.csv_table import csv_bytes
from mer_zoo.errors import DatasetError
from mer_zoo.files import refuse_overwrite, write_atomically

KINDS = ("repaired", "dropped", "note")
SHOWN_CLIPS = 5


@dataclass(frozen=True)
class Remark:
    """One remark that a user should know about one clip.

    Attributes:
        kind: "repaired" (a value differs from the release), "dropped" (the clip or row is left
            out) or "note" (nothing was changed).
        clip: the clip, as `casme2/sub04/EP12_01f`; "" for a remark on the whole dataset.
        what: the particulars: values before and after, or the row of the table.
        why: the rule that was applied; remarks with the same rule are printed together.
    """

    kind: str
    clip: str
    what: str
    why: str


@dataclass(frozen=True)
class LoadReport:
    """How a dataset was made from a release.

    Attributes:
        source: the table or folder that was read.
        rows_read: rows of the annotation table, or clip folders where there is no table.
        kept: clips in the dataset.
        remarks: everything that was repaired, dropped or noticed.
    """

    source: str
    rows_read: int
    kept: int
    remarks: tuple[Remark, ...] = ()

    @property
    def counts(self) -> dict[str, int]:
        """Number of remarks of each kind: {"repaired": ..., "dropped": ..., "note": ...}."""
        found = Counter(remark.kind for remark in self.remarks)
        return {kind: found[kind] for kind in KINDS}

    def of_kind(self, kind: str) -> tuple[Remark, ...]:
        """The remarks of one kind."""
        return tuple(remark for remark in self.remarks if remark.kind == kind)

    def to_text(self) -> str:
        """The report as text: remarks grouped by rule, with the first clips of each group."""
        lines = [f"{self.source}: {self.rows_read} rows read, {self.kept} clips kept"]
        for kind in KINDS:
            groups: dict[str, list[Remark]] = {}
            for remark in self.of_kind(kind):
                groups.setdefault(remark.why, []).append(remark)
            for why, remarks in groups.items():
                lines.append(f"{kind} ({len(remarks)}): {why}")
                for remark in remarks[:SHOWN_CLIPS]:
                    lines.append("    " + ": ".join(filter(None, (remark.clip, remark.what))))
                if len(remarks) > SHOWN_CLIPS:
                    lines.append(f"    and {len(remarks) - SHOWN_CLIPS} more")
        return "\n".join(lines)

    def save(self, path: str | Path, *, force: bool = False) -> Path:
        """Writes the report: `.csv` with one remark per row, or `.txt` with the text of `to_text`.

        Args:
            path: the file; its suffix selects the format.
            force: replace a file that exists.

        Returns:
            The path written.

        Raises:
            DatasetError: the suffix is neither `.csv` nor `.txt`.
            OutputExistsError: the file exists and `force` is false.
        """
        path = Path(path).expanduser()
        if path.suffix.lower() not in (".csv", ".txt"):
            raise DatasetError(f"The report cannot be saved as {path}; name it *.csv or *.txt.")
        refuse_overwrite(path, force)
        if path.suffix.lower() == ".txt":
            content = f"{self.to_text()}\n".encode()
        else:
            rows = [(r.kind, r.clip, r.what, r.why) for r in self.remarks]
            content = csv_bytes([("kind", "clip", "what", "why"), *rows])
        write_atomically(path, content)
        return path


def shortened(text: str, most: int = 300) -> str:
    """At most `most` characters of a text, for messages: a cell may be very long."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def listed(names: Iterable[str], most: int = 10) -> str:
    """`a, b, c and 12 more`, for messages."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
