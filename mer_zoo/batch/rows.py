"""What a batch says of each video, and the table of it."""

import base64
import io
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from mer_zoo.batch.inputs import Input
from mer_zoo.csv_table import BY_POSITION, NUMBERING
from mer_zoo.errors import BatchError
from mer_zoo.extras import require_extra
from mer_zoo.readings import SECONDS, Reading

if TYPE_CHECKING:
    import pandas as pd


OK, FAILED = "ok", "failed"
DIED = (
    "WorkerDied: the process that read this video was ended by the system, twice. The file may crash "
    "its decoder, or need more memory than there is."
)
TOO_SLOW = (
    "VideoTimeout: {path} was not read within {seconds:g} s, the limit of this batch (--timeout), and "
    "its process was ended. The file may hang its decoder or lie on a drive that does not answer. If "
    "it is only long, use a larger limit and --retry-failed."
)
FORMATS = (".csv", ".parquet")
THUMBNAIL_SIZE = 64
JPEG_QUALITY = 85


@dataclass(frozen=True)
class Row:
    """One video of a batch.

    Attributes:
        path: the video or folder of frames, as it was given.
        entry: name of the zoo entry.
        label: see `mer_zoo.Reading`, as are the following. None where the video could not be read.
        probabilities: class name -> probability; empty where the video could not be read.
        onset, apex, offset: frame indices in the source, 0-based.
        motion: peak motion in pixels of the 224 px face crop.
        fps: frames per second of the source.
        talking: how sure it is that the person talked then, 0..1.
        action_units: those that moved, as coders write them, "6+L12"; empty where none did, None where the
            entry does not name them.
        unit_probabilities: output about action units -> probability.
        onset_seconds, apex_seconds, offset_seconds: times in the source.
        seconds: time it took to read the video.
        status: "ok" or "failed".
        error: name and message of the error of a failed row, else None.
        thumbnail: the image the network saw, JPEG as base64 text; only in the report.
        channels: what the channels of that image are; only for the report.
    """

    path: str
    entry: str
    label: str | None = None
    probabilities: dict[str, float] = field(default_factory=dict)
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    motion: float | None = None
    fps: float | None = None
    talking: float | None = None
    action_units: str | None = None
    unit_probabilities: dict[str, float] = field(default_factory=dict)
    seconds: float | None = None
    status: str = OK
    error: str | None = None
    thumbnail: str | None = field(default=None, repr=False)
    onset_seconds: float | None = None
    apex_seconds: float | None = None
    offset_seconds: float | None = None
    channels: Sequence[str] = field(default=(), repr=False)

    @classmethod
    def read(cls, clip: Input, entry: str, reading: Reading, seconds: float) -> "Row":
        """The row of a video that was read."""
        same = (
            *("label", "probabilities", "onset", "apex", "offset", "motion", "fps", "talking"),
            "unit_probabilities",
            *SECONDS,
        )
        return cls(
            path=str(clip.path),
            entry=entry,
            **{name: getattr(reading, name) for name in same},
            action_units=reading.action_unit_code,
            seconds=round(seconds, 3),
            thumbnail=thumbnail(reading.image, reading.channels),
            channels=reading.channels,
        )

    @classmethod
    def failed(cls, clip: Input, entry: str, error: str, seconds: float | None = None) -> "Row":
        """The row of a video that could not be read."""
        taken = None if seconds is None else round(seconds, 3)
        return cls(path=str(clip.path), entry=entry, seconds=taken, status=FAILED, error=error)

    def to_dict(self) -> dict:
        """The row as plain values."""
        return asdict(self)


def too_slow(clip: Input, timeout: float) -> str:
    """The error of a video that was not read within so many seconds."""
    return TOO_SLOW.format(path=clip.path, seconds=timeout)


def thumbnail(image: np.ndarray, channels: tuple[str, ...] = ()) -> str:
    """A modality image, float32 `(H, W, C)`, as a small JPEG in base64: about 2 kB."""
    import cv2

    from mer_zoo.readings import picture

    size = (THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    small = cv2.resize(picture(image, channels), size, interpolation=cv2.INTER_AREA)
    quality = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(small[..., ::-1]), quality)
    return base64.b64encode(data.tobytes()).decode("ascii")


class NamesUnits(Protocol):
    """A row with probabilities."""

    @property
    def unit_probabilities(self) -> dict[str, float]: ...


def unit_names(rows: Iterable[NamesUnits]) -> list[str]:
    """The names of the outputs about action units in a table; empty where the entry names none."""
    return list(next((row.unit_probabilities for row in rows if row.unit_probabilities), {}))


def to_frame(rows: Iterable[Row], class_names: Sequence[str]):
    """The rows as a `pandas.DataFrame`, with a column `p_<class>` per class.

    If the entry names action units, a column such as `AU12` or `AU12 left` follows for each output. The
    times of onset, apex and offset follow, and at the end what these three count (`numbering`), so that
    the table can be read as one of clips.
    """
    import pandas as pd

    rows = list(rows)
    units = unit_names(rows)
    classes = [f"p_{name}" for name in class_names]

    def cells(row):
        plain = row.to_dict()
        given = {f"p_{name}": p for name, p in plain.pop("probabilities").items()}
        told = plain.pop("unit_probabilities")
        times = {name: plain.pop(name) for name in SECONDS}
        del plain["thumbnail"], plain["channels"]
        head = {name: plain.pop(name) for name in ("path", "entry", "label")}
        answers = {name: given.get(name) for name in classes}
        counted = {NUMBERING: None if row.onset is None else BY_POSITION}
        return head | answers | plain | {name: told.get(name) for name in units} | times | counted

    words = ("path", "entry", "label", "action_units", "status", "error", NUMBERING)
    types = dict.fromkeys(words, "string")
    types |= dict.fromkeys(("onset", "apex", "offset"), "Int64")
    numbers = ("motion", "fps", "talking", "seconds", *classes, *units, *SECONDS)
    types |= dict.fromkeys(numbers, "float64")
    columns = list(cells(Row(path="", entry="")))
    return pd.DataFrame([cells(row) for row in rows], columns=columns).astype(types)


def check_format(path: Path) -> None:
    """Checks that the table of a batch can be written as this file.

    Raises:
        BatchError: it is neither `.csv` nor `.parquet`.
        MissingPackageError: pyarrow is not installed, for Parquet.
    """
    if path.suffix.lower() not in FORMATS:
        raise BatchError(
            f"{path} should end in {' or '.join(FORMATS)}, which says how the table is written."
        )
    if path.suffix.lower() == ".parquet":
        require_extra("parquet", "pyarrow", "Parquet")


def encode(frame: "pd.DataFrame", path: Path) -> bytes:
    """The content of the table's file, CSV (UTF-8) or Parquet by the ending of its name."""
    if path.suffix.lower() == ".csv":
        return frame.to_csv(index=False, float_format="%.6g", lineterminator="\n").encode("utf-8")
    content = io.BytesIO()
    frame.to_parquet(content, engine="pyarrow", index=False)
    return content.getvalue()
