"""What is to be read: videos, folders of videos, a folder of frames, tables of clips."""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from mer_zoo.clips import ClipRow, read_clip_table
from mer_zoo.clips.folder import FolderStream
from mer_zoo.clips.table import warn_of_unused_fps
from mer_zoo.clips.validation import PHASES
from mer_zoo.clips.video import VIDEO_SUFFIXES
from mer_zoo.errors import BatchError, ClipError, UnknownNameError

if TYPE_CHECKING:  # loads Keras
    from mer_zoo.readings import Reading
    from mer_zoo.zoo.classifier import MicroExpressionClassifier


@dataclass(frozen=True)
class ReadOptions:
    """How the videos of a call are read; `predict_video` says what each option means."""

    face: str | int = "largest"
    engine: str = "auto"
    start: int = 0
    stop: int | None = None
    fps: float | None = None
    allow_truncated: bool = False


@dataclass(frozen=True)
class Input:
    """One clip to read: a video or a folder of frames, or a row of a clip table.

    `fps` holds where there is no row; None takes a video's own times.
    """

    path: Path
    row: ClipRow | None = None
    fps: float | None = None

    def read(
        self,
        classifier: "MicroExpressionClassifier",
        options: ReadOptions,
        phases: Mapping[str, int | None] = MappingProxyType({}),
    ) -> "Reading":
        """The classifier's `Reading`; phases and frame rate of a row come before those given."""
        # `fps` of the options is for all folders of frames together: `expand` has handed it out.
        known: dict[str, Any] = {**asdict(options), **phases, "fps": self.fps}
        if self.row is not None:
            known |= _phases_of(self.row) | {"fps": self.row.fps}
        reading = classifier.predict_video(self.path, **known)
        assert not isinstance(reading, list)  # only with spot=True
        return reading

    @property
    def identity(self) -> str:
        """Which clip it is, wherever the command was started: the same text, the same clip."""
        row = self.row
        phases = () if row is None else (row.onset, row.apex, row.offset, row.fps)
        return json.dumps([os.path.abspath(self.path), *phases])

    def fingerprint(self) -> list[int] | None:
        """Changes when the file does: size (of a folder: number of files) and newest change, in ns."""
        try:
            if self.path.is_dir():
                changes = [entry.stat().st_mtime_ns for entry in os.scandir(self.path)]
                return [len(changes), max(changes, default=0)]
            found = self.path.stat()
        except OSError:  # its row will say what is wrong
            return None
        return [found.st_size, found.st_mtime_ns]


def _phases_of(row: ClipRow) -> dict[str, int | None]:
    """The phases of a row as 0-based frames: a table counts a folder's by the numbers in the names.

    Raises:
        VideoError, ClipError: the folder cannot be read, or has no file with such a number.
    """
    phases = {name: getattr(row, name) for name in PHASES}
    if not row.path.is_dir():
        return phases
    stream = FolderStream(row.path, fps=row.fps)
    return {name: stream.position(number, name) for name, number in phases.items()}


def expand(
    paths: list[Path], fps: float | None = None, *, deep: bool = False, single: bool = False
) -> list[Input]:
    """The clips behind what was typed, in order.

    A folder that holds videos stands for its videos, sorted by name; any other folder for a clip of
    frames; a `.csv` file for its rows (`mer_zoo.clips.read_clip_table`). With `deep`, videos are
    also looked for in the folders below. `fps` is for folders of frames; with `single`, also for one
    video that is given alone, whose times it replaces. Otherwise videos keep their own times, with a
    warning where nothing takes `fps`.

    Raises:
        ClipError: a table cannot be used.
    """
    inputs = []
    for path in paths:
        if path.suffix.lower() == ".csv":
            inputs += [Input(row.path, row) for row in read_clip_table(path, fps=fps)]
            continue
        videos = []
        if path.is_dir():
            found = path.rglob("*") if deep else path.iterdir()
            videos = sorted(p for p in found if p.suffix.lower() in VIDEO_SUFFIXES)
        takes_fps = not videos and (path.is_dir() or (single and len(paths) == 1))
        inputs += [Input(p, fps=fps if takes_fps else None) for p in videos or [path]]
    loose = [clip for clip in inputs if clip.row is None]
    if fps is not None and loose and all(clip.fps is None for clip in loose):
        warn_of_unused_fps(paths[0], fps)
    return inputs


def check_face(face: str | int, engine: str) -> None:
    """Checks options before a batch, which would otherwise fail video by video.

    Raises:
        UnknownNameError: there is no such face engine.
        BatchError: `face` is neither "largest" nor a number.
    """
    from mer_zoo.faces.engines import ENGINES

    if engine not in ENGINES:
        raise UnknownNameError.among("face engine", engine, ENGINES)
    if face != "largest" and not (isinstance(face, int) and face >= 0):
        raise BatchError(f"face={face!r}: expected 'largest', or 0, 1, ... by size.")


def refuse_own_input(out: Path, paths: Iterable[Path]) -> None:
    """Raises BatchError when a table would be written over a file that it is read from."""
    if any(out.exists() and path.exists() and out.samefile(path) for path in paths):
        raise BatchError(
            f"{out} is read, so the results cannot be written there: they would replace it. Choose "
            "another file for the results."
        )


def refuse_phases_for_many(inputs: list[Input], phases: dict) -> None:
    """Raises ClipError when phases were given on the command line for more than one clip."""
    if len(inputs) > 1 and any(value is not None for value in phases.values()):
        raise ClipError(
            "--onset, --apex and --offset belong to one video, but several were given. Put the "
            "phases of each clip into a csv table: path, onset, apex, offset."
        )
