"""How an entry names what it finds in long videos: right names, and names that are no expression.

Nobody who watches an interview asks for recall alone. What spoils it are names given to a mouth that
speaks, a blink, a head that turns: *wrong names a minute*.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from mer_zoo.csv_table import CsvFormat, plain_name
from mer_zoo.errors import EvaluationError, shown

COLUMNS = ("start", "end", "what", "labels")
TABLE = CsvFormat(
    what="annotation table",
    rows="stretches",
    row="one stretch a row",
    columns=COLUMNS,
    meaning="the first frames of the stretches",
    most_bytes=8_000_000,
    most_rows=100_000,
    error=EvaluationError,
)


@dataclass(frozen=True)
class Stretch:
    """A stretch of a video, as a person who watched it frame by frame annotated it.

    Attributes:
        start, end: first and last frame, 0-based.
        what: what the face does, in words.
        labels: names that an entry may give it; empty where it shows no expression.
    """

    start: int
    end: int
    what: str
    labels: tuple[str, ...] = ()

    def touches(self, onset: int, apex: int) -> bool:
        """Whether the rise of an interval lies at least partly within the stretch."""
        return self.start <= apex and onset <= self.end


@dataclass(frozen=True)
class NamingScore:
    """Counts of one or more videos; add them to pool.

    Attributes:
        minutes: length of the videos.
        candidates: intervals that were found.
        right: named, over a stretch that may have this name.
        wrong: named otherwise: over speech, a blink or nothing, or an expression of another name.
        expressions: annotated stretches that show an expression.
        found: how many of them an interval touches.
    """

    minutes: float = 0.0
    candidates: int = 0
    right: int = 0
    wrong: int = 0
    expressions: int = 0
    found: int = 0

    def __add__(self, other: "NamingScore") -> "NamingScore":
        return NamingScore(*(a + b for a, b in zip(_counts(self), _counts(other), strict=True)))

    @property
    def wrong_a_minute(self) -> float:
        """Wrong names a minute."""
        return self.wrong / self.minutes


def score_naming(
    annotated: Sequence[Stretch],
    named: Iterable[tuple[int, int, str | None]],
    minutes: float,
) -> NamingScore:
    """Scores what an entry named in one video.

    An interval belongs to every stretch that its rise (onset to apex) touches. Its name is right if
    one of them may have it.

    Args:
        annotated: the stretches, in any order; whatever lies in none shows no expression.
        named: onset and apex of each interval found, and its label, None for "no expression".
        minutes: length of the video.

    Raises:
        EvaluationError: a stretch or an interval ends before it begins, or the video has no length.

    Example:

    >>> smile = Stretch(10, 40, "smiles", ("happiness",))
    >>> score_naming([smile], [(12, 18, "happiness"), (90, 95, "surprise")], minutes=0.5)
    NamingScore(minutes=0.5, candidates=2, right=1, wrong=1, expressions=1, found=1)
    """
    if not minutes > 0:
        raise EvaluationError(f"minutes is {minutes!r}: expected the length of the video, above 0.")
    intervals = list(named)
    for start, end in [*((s.start, s.end) for s in annotated), *(i[:2] for i in intervals)]:
        if end < start:
            raise EvaluationError(f"Frames {start} to {end}: expected a first and a last frame.")
    right = wrong = 0
    found = set()
    for onset, apex, label in intervals:
        touched = [s for s in annotated if s.touches(onset, apex)]
        found |= {s for s in touched if s.labels}
        if label is not None:
            is_right = any(label in stretch.labels for stretch in touched)
            right, wrong = right + is_right, wrong + (not is_right)
    expressions = sum(bool(stretch.labels) for stretch in annotated)
    return NamingScore(minutes, len(intervals), right, wrong, expressions, len(found))


def count_named(
    annotated: Sequence[Stretch],
    named: Sequence[tuple[int, int, str | None]],
    label: str,
) -> tuple[int, int]:
    """How many stretches that may have a name were found, and how many of them got it.

    Args:
        annotated, named: see `score_naming`.
        label: the name, such as "happiness".

    Example:

    >>> smile = Stretch(10, 40, "smiles", ("happiness",))
    >>> count_named([smile], [(12, 18, "surprise"), (30, 35, "happiness")], "happiness")
    (1, 1)
    """
    found = right = 0
    for stretch in annotated:
        if label in stretch.labels:
            names = [name for onset, apex, name in named if stretch.touches(onset, apex)]
            found, right = found + bool(names), right + (label in names)
    return found, right


def read_stretches(path: str | Path) -> list[Stretch]:
    """Reads an annotation table: csv with the columns start, end, what and labels (`a|b`, or empty).

    Raises:
        EvaluationError: the file is missing, no such table, or lacks a column; or a frame is no
            number.
    """
    path = Path(path)
    names, rows = TABLE.read(path)
    places = {plain_name(name): place for place, name in enumerate(names)}
    if missing := [name for name in COLUMNS if name not in places]:
        raise EvaluationError(
            f"{path} has no column {' and no column '.join(map(repr, missing))}; expected "
            f"{', '.join(COLUMNS)}."
        )
    stretches, faults = [], []
    for line, cells in rows:
        start, end, what, labels = (
            cells[places[name]].strip() if places[name] < len(cells) else "" for name in COLUMNS
        )
        if not (start.isdecimal() and end.isdecimal() and len(start + end) < 20):
            faults.append(f"line {line}: start is {shown(start)} and end is {shown(end)}")
            continue
        named = tuple(label.strip() for label in labels.split("|") if label.strip())
        stretches.append(Stretch(int(start), int(end), what, named))
    TABLE.refuse_rows(path, faults, len(rows))
    return stretches


def _counts(score: NamingScore) -> tuple:
    return tuple(getattr(score, name) for name in NamingScore.__dataclass_fields__)
