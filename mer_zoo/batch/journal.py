"""The journal of a batch: one line a finished video, so that a killed batch resumes where it stopped."""

import hashlib
import json
import os
from pathlib import Path
from typing import Any, BinaryIO, Generic, Protocol, TypeVar

from filelock import FileLock, Timeout

from mer_zoo.batch.inputs import Input
from mer_zoo.batch.rows import FAILED
from mer_zoo.errors import BatchError, OutputExistsError
from mer_zoo.files import write_atomically

SUFFIX = ".journal"


class JournalRow(Protocol):
    """What a journal keeps of a video: a dataclass of plain values."""

    @property
    def status(self) -> str: ...

    def to_dict(self) -> dict[str, Any]:
        """The arguments that make the row again."""


R = TypeVar("R", bound=JournalRow)


class BatchJournal(Generic[R]):
    """The file `<results>.journal`: a plan, then a line a finished video or a written file.

    A line is written whole and flushed to the disk before the next video counts as done; a line
    that a kill has torn is cut off when the journal is opened again. Use it as a context manager:
    meanwhile no other process can.

    Args:
        results: the table of the batch.
        plan: plain values that name everything the rows depend on.
        force: throw away what another plan left behind, and files that are not of this journal.
        row_type: class of the rows.

    Attributes:
        results: as given.

    Raises:
        BatchError: another process writes it, or it is of another plan and `force` is false.
    """

    def __init__(self, results: Path, plan: dict, row_type: type[R], force: bool = False):
        self.path = Path(f"{results}{SUFFIX}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.results = results
        self._plan = json.loads(json.dumps(plan))
        self._force = force
        self._row_type = row_type
        self._rows: dict[str, tuple[list[int] | None, R]] = {}
        self._written: set[str] = set()
        self._file: BinaryIO | None = None
        self._lock = FileLock(self.path.parent / f".{self.path.name}.lock", blocking=False)

    def __enter__(self) -> "BatchJournal[R]":
        try:
            self._lock.acquire()
        except Timeout:
            raise BatchError(
                f"{self.results} is being written by another process. Wait for it, or choose "
                "another file."
            ) from None
        try:
            self._open()
        except BaseException:
            self._lock.release()
            raise
        return self

    def __exit__(self, *_):
        if self._file is not None:
            self._file.close()
        self._lock.release()

    def done(self, clip: Input, *, retry_failed: bool = False) -> bool:
        """Whether the video has a row and has not changed since."""
        fingerprint, row = self._rows.get(clip.identity, (None, None))
        if row is None or (retry_failed and row.status == FAILED):
            return False
        return fingerprint == clip.fingerprint()

    def add(self, clip: Input, row: R) -> None:
        """Keeps the row of a video; of a video that was read again, the newer row counts."""
        entry = {"clip": clip.identity, "fingerprint": clip.fingerprint(), "row": row.to_dict()}
        self._append(entry)
        self._take(entry)

    def rows(self, first: list[Input]) -> list[R]:
        """All rows: those of `first` in its order, then of what was read in earlier batches."""
        named = [clip.identity for clip in first]
        known = set(named)
        order = [*named, *(identity for identity in self._rows if identity not in known)]
        return [self._rows[identity][1] for identity in order if identity in self._rows]

    def check(self, path: Path) -> None:
        """Checks that a file may be written: there is none, or this journal's batch wrote it.

        Raises:
            OutputExistsError: the file is the user's, or was changed, and `force` is false.
        """
        if self._force or not path.exists():
            return
        if hashlib.sha256(path.read_bytes()).hexdigest() not in self._written:
            raise OutputExistsError(
                f"{path} exists already and is not as this batch left it, so it would be lost. "
                "Choose another name, or say force=True (--force on the command line)."
            )

    def write(self, path: Path, content: bytes) -> None:
        """Writes a file of the batch, which a later run may replace."""
        self.check(path)
        entry = {"written": hashlib.sha256(content).hexdigest()}
        self._append(entry)
        write_atomically(path, content)
        self._take(entry)

    def remove(self) -> None:
        """Removes the journal's files, when its table needs no resuming any more."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self.path.unlink(missing_ok=True)
        Path(self._lock.lock_file).unlink(missing_ok=True)

    def _open(self) -> None:
        lines, whole = _read_whole_lines(self.path)
        found = _plan_of(lines[0]) if lines else None
        if lines and found != self._plan and not self._force:
            raise _other_plan(self.results, found, self._plan, _videos_of(lines))
        if found == self._plan:
            for number, line in enumerate(lines[1:], start=2):
                try:
                    self._take(json.loads(line))
                except (ValueError, KeyError, TypeError) as error:
                    raise BatchError(
                        f"Line {number} of {self.path} is damaged ({error}). Remove the line; its "
                        "video is then read again."
                    ) from error
            os.truncate(self.path, whole)
            self._file = self.path.open("ab")

    def _take(self, entry: dict) -> None:
        if "written" in entry:
            self._written.add(entry["written"])
        else:
            self._rows[entry["clip"]] = (entry["fingerprint"], self._row_type(**entry["row"]))

    def _append(self, entry: dict) -> None:
        if self._file is None:
            write_atomically(self.path, json.dumps({"plan": self._plan}).encode() + b"\n")
            self._file = self.path.open("ab")
        file = self._file
        file.write(json.dumps(entry).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _read_whole_lines(path: Path) -> tuple[list[bytes], int]:
    """The lines that end, and how many bytes they are."""
    content = path.read_bytes() if path.exists() else b""
    whole = content.rfind(b"\n") + 1
    return content[:whole].splitlines(), whole


def _plan_of(line: bytes) -> dict | None:
    try:
        return json.loads(line)["plan"]
    except (ValueError, KeyError, TypeError):
        return None


def _videos_of(lines: list[bytes]) -> int:
    """How many videos have a row; a line about a written file is not of a video, nor is a damaged one."""
    clips = set()
    for line in lines:
        try:
            clips.add(json.loads(line)["clip"])
        except (ValueError, KeyError, TypeError):
            continue
    return len(clips)


def _other_plan(results: Path, found: dict | None, plan: dict, videos: int) -> BatchError:
    """The error for results that were begun differently and hold so many videos."""
    if found is None:
        return BatchError(
            f"{results}{SUFFIX} is not the journal of a batch. Choose another name for the results, "
            "or say force=True (--force), which replaces it."
        )
    changed = sorted(key for key in {*found, *plan} if found.get(key) != plan.get(key))
    shown = "; ".join(
        f"{key}: {_short(found.get(key))} -> {_short(plan.get(key))}" for key in changed
    )
    return BatchError(
        f"{results} was begun with another model or other settings ({shown}), and holds "
        f"{videos} video{'' if videos == 1 else 's'}. Choose another name for these results, or say "
        "force=True (--force), which throws the old ones away."
    )


def _short(value) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}..."
