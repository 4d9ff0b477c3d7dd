"""A csv table that lists clips, for prediction and for training on one's own clips."""

import os
import warnings
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from mer_zoo.clips.cells import read_fps, read_frame_number, read_name, read_numbering
from mer_zoo.clips.clip import Clip
from mer_zoo.clips.folder import list_images
from mer_zoo.clips.validation import PHASES
from mer_zoo.csv_table import (
    BY_FILE,
    BY_POSITION,
    NUMBERING,
    REPORTED_ROWS,
    CsvFormat,
    plain_name,
    unsaid_numbering,
)
from mer_zoo.errors import ClipError, VideoError, shown
from mer_zoo.files import expanded

COLUMNS = ("path", "subject", "label", "onset", "apex", "offset", "fps", NUMBERING)
LONGEST_SHOWN = 300  # characters of a path in a message
TABLE = CsvFormat(
    what="clip table",
    rows="clips",
    row="one clip a row",
    columns=COLUMNS,
    meaning="the video files or frame folders",
    most_bytes=32_000_000,  # a row has about 100 bytes
    most_rows=200_000,
    error=ClipError,
)


@dataclass(frozen=True)
class ClipRow:
    """One row of a clip table.

    Attributes:
        path: the video file or the folder of frames, which exists.
        line: its line number in the csv file, the header's being 1.
        subject: whose face it is, or None when not known.
        label: the class name, or None when not known.
        onset: frame number, or None when the cell is empty: the number in the file name for a
            folder, the 0-based frame for a video.
        apex: as `onset`.
        offset: as `onset`.
        fps: frames per second, or None to take a video's own times.
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
    optional, `subject`, `label`, `onset`, `apex`, `offset`, `fps` and `numbering`. Headers match whatever
    their case, spaces and underscores; other columns are ignored. Cells may be separated by comma,
    semicolon or tab. A cell that is empty, `/`, `-`, `nan`, `none`, `n/a`, `na`, `<na>` or `null`, in
    any case, is not known; only `path` is taken as it is.

    `numbering` says what onset, apex and offset of a folder of frames count: `file`, the numbers in the file
    names, which is the default; or `index`, its frames from 0, as in the tables of answers that
    `mer-zoo predict` writes. Frames of videos are always counted from 0.

    Args:
        csv_path: the file, UTF-8 with or without a byte order mark.
        fps: frames per second of the folders of frames for which the table gives none; a folder needs one
            or the other. Videos keep their own times, unless a cell `fps` replaces them.

    Returns:
        The rows in the table's order. A row that repeats an earlier one is kept, with a warning; an `fps`
        that no row takes is a warning, too.

    Raises:
        ClipError: if the table is missing, empty or has no path column, if it is a table of answers that does
            not say what its frame numbers count, or if rows cannot be used; then the first ten such
            rows are named together, each with its line and cell.
    """
    path = expanded(csv_path)
    names, rows = TABLE.read(path)
    TABLE.warn_of_unused(path, names)
    header = [plain_name(name) for name in names]
    clips, faults = [], []
    for line, cells in rows:
        row, wrong = _read_row(path.parent, line, header, cells, fps)
        clips.append(row)
        faults += [f"line {line}: {'; '.join(wrong)}"] if wrong else []
    TABLE.refuse_rows(path, faults, len(rows))
    unsaid = unsaid_numbering(path, names)
    if unsaid and any(_has_phases(row) and os.path.isdir(row.path) for row in clips):
        raise ClipError(unsaid)
    _warn_of_repeats(path, clips)
    if fps is not None and not any(os.path.isdir(row.path) for row in clips):
        warn_of_unused_fps(path, fps)
    return clips


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
    given = cell["path"].strip()
    clip = folder / expanded(given)
    numbering = read(read_numbering, NUMBERING)
    row_fps = read(read_fps, "fps") or (fps if os.path.isdir(clip) else None)
    if not given:
        wrong.append("path is empty")
    elif not os.path.exists(clip):  # unlike Path.exists, false for a name that is too long
        there = clip if len(given) <= LONGEST_SHOWN else "such file"
        wrong.append(f"path {shown(given, LONGEST_SHOWN)}: there is no {there}")
    elif os.path.isdir(clip) and row_fps is None and not wrong:
        wrong.append(
            f"path {shown(given, LONGEST_SHOWN)} is a folder of frames, which needs a number in column fps"
        )
    if known and not wrong:
        phases = _as_clips_count(clip, phases, numbering, wrong)
    subject, label = read_name(cell["subject"]), read_name(cell["label"])
    return ClipRow(clip, line, subject, label, **phases, fps=row_fps), wrong


def _as_clips_count(
    clip: Path, phases: dict[str, int | None], numbering: str | None, wrong: list[str]
) -> dict[str, int | None]:
    """The phases as a `ClipRow` counts them; what speaks against it is added to `wrong`."""
    if not os.path.isdir(clip):
        if numbering == BY_FILE:
            wrong.append(
                f"{NUMBERING} is {BY_FILE!r}, but the frames of a video have no file names; expected "
                f"{BY_POSITION!r} or nothing"
            )
        return phases
    if numbering != BY_POSITION:
        return phases
    try:
        numbers, _ = list_images(clip)
    except VideoError as error:
        wrong.append(str(error))
        return phases
    for name, place in phases.items():
        if place is not None and place >= len(numbers):
            wrong.append(
                f"{name} is {place}, but {clip} has {len(numbers)} frames, which {NUMBERING} "
                f"{BY_POSITION!r} counts from 0"
            )
            return phases
    return {name: None if place is None else numbers[place] for name, place in phases.items()}


def _has_phases(row: ClipRow) -> bool:
    return any(getattr(row, name) is not None for name in PHASES)


def warn_of_unused_fps(source: Path, fps: float) -> None:
    """Warns that frames per second were given for many clips, none of which is a folder of frames."""
    warnings.warn(
        f"{source}: fps={fps!r} is not used. It is for folders of frames, and there is none; videos keep "
        "their own times. To replace them, give each its rate in a column fps of a table of clips.",
        stacklevel=3,
    )


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
