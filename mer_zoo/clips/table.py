"""A csv table that lists clips, for prediction and for training on one's own clips."""

import csv
import io
import os
import warnings
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path

from mer_zoo.clips.cells import read_fps, read_frame_number, read_text
from mer_zoo.clips.clip import Clip
from mer_zoo.clips.validation import PHASES
from mer_zoo.errors import ClipError, shown
from mer_zoo.files import expanded, read_or_refuse

COLUMNS = ("path", "subject", "label", "onset", "apex", "offset", "fps")
REPORTED_ROWS = 10
MOST_ROWS = 200_000
MOST_COLUMNS = 1000
LONGEST_SHOWN = 300  # characters of a path in a message
TABLE_BYTES = 32_000_000
"""Largest table. A row has about 100 bytes."""


@dataclass(frozen=True)
class ClipRow:
    """One row of a clip table.

    Attributes:
        path: the video file or the folder of frames, which exists.
        line: its line number in the csv file, the header's being 1.
        subject: whose face it is, or None.
        label: the class name, or None.
        onset: frame number, or None when the cell is empty: the number in the file name for a
            folder, the 0-based frame for a video.
        apex: as `onset`.
        offset: as `onset`.
        fps: frames a second, or None to take a video's own times.
    """

    path: Path
    line: int
    subject: str | None = None
    label: str | None = None
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    fps: float | None = None

    def read(self, **options) -> Clip:
        """Reads the clip, with `Clip.from_frames` for a folder and `Clip.from_video` for a file.

        Args:
            **options: further arguments of the one that is called.

        Raises:
            VideoError: if the frames cannot be read.
            ClipError: if a phase has no frame.
        """
        reader = Clip.from_frames if os.path.isdir(self.path) else Clip.from_video
        about = {name: getattr(self, name) for name in ("subject", "label", "fps", *PHASES)}
        return reader(self.path, **(about | options))


def read_clip_table(csv_path: str | Path, *, fps: float | None = None) -> list[ClipRow]:
    """Reads a csv table of clips.

    Columns: `path` (a video file or a folder of frames; relative to the csv file), and, each
    optional, `subject`, `label`, `onset`, `apex`, `offset` and `fps`. Headers match whatever their
    case, spaces and underscores; other columns are ignored. Cells may be separated by comma,
    semicolon or tab. A phase that is empty, `/`, `-`, `nan` or `none` is not known.

    Args:
        csv_path: the file, UTF-8 with or without a byte order mark.
        fps: frames a second where the table gives none; folders of frames need one or the other.

    Returns:
        The rows in the table's order. A row that repeats an earlier one is kept, with a warning.

    Raises:
        ClipError: if the table is missing, empty or has no path column, or if rows cannot be used;
            then the first ten such rows are named together, each with its line and cell.
    """
    path = expanded(csv_path)
    lines = _read_lines(path)
    header, rows = _split(path, lines)
    clips, faults = [], []
    for line, cells in rows:
        row, wrong = _read_row(path.parent, line, header, cells, fps)
        clips.append(row)
        faults += [f"line {line}: {'; '.join(wrong)}"] if wrong else []
    if not rows:
        raise ClipError(f"{path} has a header but no rows; expected one clip a row.")
    if faults:
        more = len(faults) - REPORTED_ROWS
        listed = faults[:REPORTED_ROWS] + [f"and {more} more"] * (more > 0)
        raise ClipError(
            f"{path}: {len(faults)} of {len(rows)} rows cannot be used. Correct or remove them.\n  "
            + "\n  ".join(listed)
        )
    _warn_of_repeats(path, clips)
    return clips


def _read_lines(path: Path) -> list[str]:
    if not os.path.isfile(path):
        raise ClipError(f"There is no clip table {path}. Check the path.")
    advice = "so it is hardly a table of clips. Check the path, or split the table."
    content = read_or_refuse(path, TABLE_BYTES, ClipError, advice)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ClipError(
            f"{path} is not UTF-8 text (byte {error.start}). Save it again as 'CSV UTF-8'."
        ) from error
    if text.count("\n") + text.count("\r") > 2 * MOST_ROWS:  # Windows ends a line with both
        raise ClipError(f"{path} has more than {MOST_ROWS:,} lines. Split the table.")
    lines = list(io.StringIO(text, newline=""))  # splitlines knows ends of lines that csv does not
    if not text.strip():
        raise ClipError(
            f"{path} is empty; expected a header with a path column and one clip a row."
        )
    return lines


def _split(path: Path, lines: list[str]) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """The column names, plain, and the rows that are not blank with their line numbers."""
    first = next(number for number, line in enumerate(lines) if line.strip())
    headers = {mark: _cells(path, first, lines[first : first + 1], mark)[0][1] for mark in ",;\t"}
    mark = max(headers, key=lambda m: ("path" in map(_plain, headers[m]), len(headers[m])))
    if len(headers[mark]) > MOST_COLUMNS:
        raise ClipError(
            f"{path} has {len(headers[mark]):,} columns; expected at most {MOST_COLUMNS:,}. Remove those "
            f"other than {', '.join(COLUMNS)}."
        )
    header = [_plain(name) for name in headers[mark]]
    if "path" not in header:
        columns = ", ".join(name.strip()[:50] for name in headers[mark][:20])
        raise ClipError(
            f"{path} has no column 'path'; its columns are {columns}. Name the column that holds the "
            f"video files or frame folders 'path'; the others may be {', '.join(COLUMNS[1:])}."
        )
    twice = [name for name, count in Counter(header).items() if count > 1 and name in COLUMNS]
    if twice:
        raise ClipError(f"{path} has two columns {twice[0]!r}. Remove or rename one.")
    for name, plain in zip(headers[mark], header, strict=True):
        meant = get_close_matches(plain, set(COLUMNS) - set(header), n=1)
        if plain not in COLUMNS and meant:
            warnings.warn(
                f"{path}: column {shown(name.strip())} is not used. Did you mean {meant[0]!r}?",
                stacklevel=3,
            )
    rows = _cells(path, first + 1, lines[first + 1 :], mark)
    return header, [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]


def _cells(path: Path, first: int, lines: list[str], mark: str) -> list[tuple[int, list[str]]]:
    """The rows of some lines, each with the number of the line it begins on; `first` is 0-based."""
    reader = csv.reader(lines, delimiter=mark)
    rows, line = [], first + 1
    try:
        for cells in reader:
            rows.append((line, cells))
            line = first + 1 + reader.line_num
    except csv.Error as error:
        raise ClipError(
            f"{path}, line {line}: {error}. Look for a quotation mark without its pair, and save the "
            "table again as csv."
        ) from error
    return rows


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "").replace("_", "")


def _read_row(
    folder: Path, line: int, header: list[str], cells: list[str], fps: float | None
) -> tuple[ClipRow, list[str]]:
    """The row, and what is wrong with it."""
    wrong = []
    if any(cell.strip() for cell in cells[len(header) :]):
        wrong.append(
            f"has {len(cells)} cells, the header {len(header)}; put quotes round a cell that holds "
            "the separator"
        )
    cell = dict.fromkeys(COLUMNS, "") | dict(zip(header, cells, strict=False))

    def read(reader, name: str):
        try:
            return reader(cell[name])
        except ValueError as error:
            wrong.append(f"{name} is {shown(cell[name].strip())}, expected {error}")

    phases = {name: read(read_frame_number, name) for name in PHASES}
    known = [(name, value) for name, value in phases.items() if value is not None]
    for (name, value), (later, later_value) in pairwise(known):
        if value > later_value:
            wrong.append(f"{name} {value} comes after {later} {later_value}")
    row_fps = read(read_fps, "fps") or fps
    given = read_text(cell["path"])
    clip = folder / expanded(given or "")
    if given is None:
        wrong.append("path is empty")
    elif not os.path.exists(clip):  # unlike Path.exists, false for a name that is too long
        there = clip if len(given) <= LONGEST_SHOWN else "such file"
        wrong.append(f"path {shown(given, LONGEST_SHOWN)}: there is no {there}")
    elif os.path.isdir(clip) and row_fps is None and not wrong:
        wrong.append(
            f"path {shown(given, LONGEST_SHOWN)} is a folder of frames, which needs a number in column fps"
        )
    subject, label = read_text(cell["subject"]), read_text(cell["label"])
    return ClipRow(clip, line, subject, label, **phases, fps=row_fps), wrong


def _warn_of_repeats(path: Path, clips: list[ClipRow]) -> None:
    first: dict[tuple, int] = {}
    repeats = []
    for row in clips:
        earlier = first.setdefault((row.path, row.onset, row.apex, row.offset), row.line)
        if earlier != row.line:
            repeats.append(f"line {row.line} repeats line {earlier}")
    if repeats:
        listed = ", ".join(repeats[:REPORTED_ROWS]) + ", ..." * (len(repeats) > REPORTED_ROWS)
        warnings.warn(f"{path}: the same clip is listed twice: {listed}.", stacklevel=3)
