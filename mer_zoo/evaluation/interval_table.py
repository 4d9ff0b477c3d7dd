"""Spotted intervals of any system, as a csv file."""

from collections.abc import Collection
from pathlib import Path

from mer_zoo.csv_table import CsvFormat, plain_name
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
    csv_path: str | Path, videos: Collection[str]
) -> dict[str, list[tuple[int, int]]]:
    """Reads spotted intervals.

    Columns: `video`, `onset` and `offset`, the numbers of the first and the last frame of an interval,
    counted as the dataset's annotation table counts them. Other columns are ignored.

    Args:
        csv_path: the file, UTF-8.
        videos: the names that may occur; case does not matter.

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
    places = [header.index(name) for name in COLUMNS]
    known = {name.casefold(): name for name in videos}
    found: dict[str, list[tuple[int, int]]] = {name: [] for name in videos}
    faults = []
    for line, cells in rows:
        video, *phases = (cells[place].strip() if place < len(cells) else "" for place in places)
        written = shown(", ".join(phases))
        try:
            onset, offset = map(int, phases)
        except ValueError:
            faults.append(f"line {line}: onset and offset are {written}, expected whole numbers")
            continue
        if video.casefold() not in known:
            example = next(iter(found))
            faults.append(
                f"line {line}: there is no video {shown(video)}; names are like {example}"
            )
        elif not 0 <= onset <= offset <= LARGEST_FRAME:
            faults.append(
                f"line {line}: {written}, expected 0 <= onset <= offset <= {LARGEST_FRAME}"
            )
        else:
            found[known[video.casefold()]].append((onset, offset))
    TABLE.refuse_rows(path, faults, len(rows))
    return found
