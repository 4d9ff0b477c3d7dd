"""The rows of a table of predictions: which columns there are, and what is in a line."""

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mer_zoo.csv_table import CsvFormat, plain_name
from mer_zoo.errors import EvaluationError, shown

WRITTEN_AS = {"label": "truth", "predicted": "answer"}
"""How `Result.predictions` names two of the columns."""

TABLE = CsvFormat(
    what="table of predictions",
    rows="predictions",
    row="one prediction a row",
    columns=("clip", "subject", "truth", "answer", "epoch", "seed", "dataset", "fold", *WRITTEN_AS),
    meaning="the names of the clips",
    most_bytes=64_000_000,
    most_rows=500_000,
    error=EvaluationError,
)
MOST_CLASSES = 50
NAME_CHARACTERS = 300
SUM_TOLERANCE = 0.02
"""How far the probabilities of a clip may be from a sum of 1, since tables hold rounded numbers."""
SLIGHTLY_ABOVE_1 = 1 + 1e-6  # float32 softmax
NO_DATASET = "custom"
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WHOLE = re.compile(r"(-?\d{1,9})(\.0*)?", re.ASCII)


@dataclass(frozen=True)
class Columns:
    """Where the columns of a table are.

    Attributes:
        places: role ("clip", "subject", "truth", "answer", ...) -> index of its column.
        classes: class -> index of the column of its probability; empty where there are answers only.
        count: number of columns.
        has_datasets: whether every subject is written as `dataset/id`.
    """

    places: Mapping[str, int]
    classes: Mapping[str, int]
    count: int
    has_datasets: bool


@dataclass(frozen=True, slots=True)
class PredictionRow:
    """One prediction.

    Attributes:
        line: its line number in the file.
        clip: (dataset, subject, clip).
        fold: name of the fold; the subject where the table has no such column.
        truth: the true class.
        run: (seed, epoch); 1 and 0 where the table has no such column.
        answer: the class that was answered.
        probabilities: of each class, in the order of the columns; empty where there are none.
    """

    line: int
    clip: tuple[str, str, str]
    fold: str
    truth: str
    run: tuple[int, int]
    answer: str
    probabilities: tuple[float, ...]


def find_columns(path: Path, names: Sequence[str], lines: Sequence) -> Columns:
    """Finds the columns.

    Probabilities are in the columns `p_<class>`. Where there are none, and no answers either, they
    are in the columns that are named as the true classes.

    Raises:
        EvaluationError: a column is missing or is there twice.
    """
    places = _places(path, names)
    at = places["truth"]
    truths = {cells[at].strip() for _, cells in lines if at < len(cells)} - {""}
    prefixed = [(n[2:].strip(), i) for i, n in enumerate(names) if n[:2].lower() == "p_"]
    named = [(n, i) for i, n in enumerate(names) if n in truths and i not in places.values()]
    found = prefixed or ([] if "answer" in places else named)
    if not found and "answer" not in places:
        raise EvaluationError(
            f"{path} has no predictions: expected a column 'answer' with the class that was answered, "
            "or a column 'p_<class>' with the probability of each class."
        )
    twice = [name for name, count in Counter(name for name, _ in found).items() if count > 1]
    if twice:
        raise EvaluationError(
            f"{path} has two columns of probabilities of {shown(twice[0])}. Remove or rename one."
        )
    missing = sorted(truths - {name for name, _ in found}) if found else []
    if missing:
        listed = ", ".join(map(shown, missing[:10]))
        raise EvaluationError(
            f"{path} has no probabilities of {listed}, which the column of the ground truth names. Add a "
            "column 'p_<class>' for each class, or give a column 'answer' and no probabilities."
        )
    at = places["subject"]
    subjects = {cells[at].strip() for _, cells in lines if at < len(cells)}
    have_datasets = "dataset" not in places and all(map(_has_dataset, subjects))
    return Columns(places, dict(found), len(names), have_datasets)


def _has_dataset(subject: str) -> bool:
    dataset, _, name = subject.partition("/")
    return bool(dataset and name)


def _places(path: Path, names: Sequence[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for index, name in enumerate(map(plain_name, names)):
        role = WRITTEN_AS.get(name, name)
        if name in TABLE.columns and places.setdefault(role, index) != index:
            raise EvaluationError(
                f"{path} has two columns of the same meaning, {names[places[role]]!r} and "
                f"{names[index]!r}. Remove or rename one."
            )
    for role, what in (("subject", "the person shown"), ("truth", "the true class")):
        if role not in places:
            raise EvaluationError(
                f"{path} has no column {role!r} ({what}); its columns are "
                f"{', '.join(name[:50] for name in names[:20])}. Expected clip, subject, truth, and "
                "either answer or p_<class> for each class."
            )
    return places


def read_row(columns: Columns, line: int, cells: Sequence[str]) -> tuple[PredictionRow, list[str]]:
    """The row, and what is wrong with it."""
    wrong: list[str] = []
    if any(cell.strip() for cell in cells[columns.count :]):
        wrong.append(
            f"has {len(cells)} cells, the header {columns.count}; put quotes round a cell that holds "
            "the separator"
        )
    cells = [cell.strip() for cell in cells] + [""] * (columns.count - len(cells))

    def text(role: str, otherwise: str = "") -> str:
        if role not in columns.places:
            return otherwise
        name = cells[columns.places[role]]
        wrong.extend(_faults_of_name(role, name))
        return name

    def whole(role: str, otherwise: int) -> int:
        if role not in columns.places:
            return otherwise
        cell = cells[columns.places[role]]
        match = _WHOLE.fullmatch(cell)
        if match is None:
            wrong.append(f"{role} is {shown(cell)}, expected a whole number")
        return otherwise if match is None else int(match[1])

    clip = (*_person(columns, text("dataset"), text("subject"), wrong), text("clip"))
    truth = text("truth")
    probabilities = _probabilities(columns, cells, wrong)
    likeliest = _likeliest(columns, probabilities)
    answer = text("answer", likeliest)
    agrees = answer == likeliest or _is_likeliest(columns, answer, probabilities)
    if probabilities and not wrong and not agrees:
        wrong.append(
            f"the answer is {shown(answer)}, but {shown(likeliest)} has the largest probability"
        )
    run = (whole("seed", 1), whole("epoch", 0))
    fold = text("fold", f"{clip[0]}/{clip[1]}")
    return PredictionRow(line, clip, fold, truth, run, answer, probabilities), wrong


def _person(columns: Columns, dataset: str, subject: str, wrong: list[str]) -> tuple[str, str]:
    if "dataset" not in columns.places:
        dataset, _, rest = subject.partition("/")
        return (dataset, rest) if columns.has_datasets else (NO_DATASET, subject)
    if "/" in dataset:
        wrong.append(f"dataset is {shown(dataset)}, expected a name without a slash")
    return dataset, subject.removeprefix(f"{dataset}/") or subject


@lru_cache(maxsize=10_000)  # few names, each in very many rows
def _faults_of_name(role: str, name: str) -> tuple[str, ...]:
    if not name or name.lower() == "nan":
        return (f"{role} is {'empty' if not name else shown(name)}, expected a name",)
    if len(name) > NAME_CHARACTERS:
        return (f"{role} has {len(name):,} characters, expected at most {NAME_CHARACTERS}",)
    if not name.isprintable():
        return (f"{role} is {shown(name)}, expected printable characters only",)
    return ()


def _probabilities(columns: Columns, cells: Sequence[str], wrong: list[str]) -> tuple[float, ...]:
    found = []
    for name, place in columns.classes.items():
        cell = cells[place]
        value = float(cell) if _NUMBER.fullmatch(cell) else math.nan
        if not 0 <= value <= SLIGHTLY_ABOVE_1:
            wrong.append(
                f"the probability of {shown(name)} is {shown(cell)}, expected a number from 0 to 1"
            )
        found.append(value)
    total = sum(found)
    if found and abs(total - 1) > SUM_TOLERANCE:
        wrong.append(f"the probabilities sum to {total:.4g}, expected 1")
    return tuple(found)


def _likeliest(columns: Columns, probabilities: Sequence[float]) -> str:
    if not probabilities:
        return ""
    return list(columns.classes)[probabilities.index(max(probabilities))]


def _is_likeliest(columns: Columns, answer: str, probabilities: Sequence[float]) -> bool:
    values = dict(zip(columns.classes, probabilities, strict=False))
    return answer in values and values[answer] == max(probabilities)
