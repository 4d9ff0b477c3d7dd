"""Spotted intervals of any system, as a csv file."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mer_zoo.csv_table import (
    BY_FILE,
    BY_POSITION,
    NUMBERING,
    CsvFormat,
    plain_name,
    unsaid_numbering,
)
from mer_zoo.errors import EvaluationError, shown
from mer_zoo.files import expanded

COLUMNS = ("video", "onset", "offset")
LARGEST_FRAME = 999_999_999
TABLE = CsvFormat(
    what="table of intervals",
    rows="intervals",
    row="one interval a row",
    columns=COLUMNS,
    meaning="the name of the video",
    most_bytes=64_000_000,
    most_rows=500_000,
    error=EvaluationError,
)


def read_intervals(
    csv_path: str | Path, videos: Collection[str] | Mapping[str, Sequence[int]]
) -> dict[str, list[tuple[int, int]]]:
    """Reads spotted intervals.

    Columns: `video`, `onset` and `offset`, the numbers of the first and the last frame of an interval,
    counted as the dataset's annotation table counts them. A column `numbering` may say otherwise: `index`
    counts the frames of a video from 0, as `mer-zoo spot --csv` does; `file` is the default. Other columns
    are ignored.

    Args:
        csv_path: the file, UTF-8.
        videos: the names that may occur; case does not matter. For `index`, a mapping from each name to
            the numbers of its frame files in order.

    Returns:
        Name -> (onset, offset), for each of `videos`, in the order of the file.

    Raises:
        EvaluationError: the table cannot be used; ten lines at fault are named.
    """
    path = expanded(csv_path)
    names, rows = TABLE.read(path)
    header = [plain_name(name) for name in names]
    if missing := [name for name in COLUMNS if name not in header]:
        raise EvaluationError(
            f"{path} has no column {missing[0]!r}; its columns are {', '.join(names[:20])}. Expected "
            f"{', '.join(COLUMNS)}."
        )
    if unsaid := unsaid_numbering(path, names):
        raise EvaluationError(unsaid)
    known = {name.casefold(): name for name in videos}
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in videos}
    faults = []
    for line, cells in rows:
        cell = dict(zip(header, (text.strip() for text in cells), strict=False))
        try:
            video = _video(cell, known)
            found[video].append(_interval(cell, video, videos))
        except ValueError as error:
            faults.append(f"line {line}: {error}")
    TABLE.refuse_rows(path, faults, len(rows))
    return found


def _video(cell: Mapping[str, str], known: Mapping[str, str]) -> str:
    """The name of the video of a row; ValueError says what was expected."""
    given = cell.get("video", "")
    if given.casefold() not in known:
        example = next(iter(known.values()))
        raise ValueError(f"there is no video {shown(given)}; names are like {example}")
    return known[given.casefold()]


def _interval(
    cell: Mapping[str, str], video: str, videos: Collection[str] | Mapping[str, Sequence[int]]
) -> tuple[int, int]:
    """Onset and offset of a row as numbers of frame files; ValueError says what was expected."""
    phases = [cell.get(name, "") for name in COLUMNS[1:]]
    written = shown(", ".join(phases))
    try:
        onset, offset = map(int, phases)
    except ValueError:
        raise ValueError(f"onset and offset are {written}, expected whole numbers") from None
    if not 0 <= onset <= offset <= LARGEST_FRAME:
        raise ValueError(f"{written}, expected 0 <= onset <= offset <= {LARGEST_FRAME}")
    numbering = cell.get(NUMBERING, "").lower() or BY_FILE
    if numbering == BY_FILE:
        return onset, offset
    if numbering != BY_POSITION or not isinstance(videos, Mapping):
        other = f" or {BY_POSITION!r}" * isinstance(videos, Mapping)
        raise ValueError(f"{NUMBERING} is {shown(numbering)}, expected {BY_FILE!r}{other}")
    numbers = videos[video]
    if offset >= len(numbers):
        raise ValueError(
            f"{written}, but {video} has {len(numbers)} frames, which {NUMBERING} {BY_POSITION!r} counts "
            "from 0"
        )
    return numbers[onset], numbers[offset]
