"""A loaded dataset: a table with one row per clip, and the clips themselves on demand."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.clips.folder import read_image
from mer_zoo.clips.validation import PHASES
from mer_zoo.datasets.action_units import split_action_units
from mer_zoo.datasets.annotation import Annotation
from mer_zoo.datasets.report import LoadReport
from mer_zoo.errors import DatasetError

if TYPE_CHECKING:
    import pandas

COLUMNS = (
    "dataset",
    "subject",
    "clip",
    "onset",
    "apex",
    "offset",
    "aus",
    "emotion",
    "label",
    "path",
    "fps",
)


def licence_of(dataset: str) -> str:
    """The licence of weights that are trained on clips of a dataset, for their card.

    Args:
        dataset: its name, such as "casme2" or "custom".
    """
    if dataset == "custom":
        return "that of the clips it was trained on"
    return f"terms of use of the {dataset} release"


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Annotated clips under one protocol.

    Attributes:
        name: the name it was loaded by: "casme2".
        protocol: the protocol's name, "all" without one, "custom-<clips>" with custom classes.
        class_names: the classes in the protocol's fixed order.
        kind: "frames" (a row is a clip) or "images" (a row is a precomputed image).
        table: one row per clip, sorted by dataset, subject and clip, not in the order of the file.
            Columns: dataset; subject ("casme2/sub01"); clip ("casme2/sub01/EP02_01f"); onset, apex
            and offset (Int64, numbers of the frame files as in the release, <NA> when not known);
            aus and emotion (text as written); label (one of class_names); path (folder of frames,
            video or image; "" when not known); fps (Float64). Treat it as read-only.
        report: what was repaired, dropped or noticed.
        table_version: which version of the annotation table was read, or "unknown".
        image_files: for kind "images" the files of each clip, one per segment.
    """

    name: str
    protocol: str
    class_names: tuple[str, ...]
    kind: str
    table: "pandas.DataFrame"
    report: LoadReport
    table_version: str
    image_files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.table)

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name!r}, protocol={self.protocol!r}, {len(self)} clips, "
            f"{self.table['subject'].nunique()} subjects, {len(self.class_names)} classes)"
        )

    @property
    def labels(self) -> np.ndarray:
        """(n,) int64: each clip's class as an index into `class_names`."""
        index = {name: i for i, name in enumerate(self.class_names)}
        return np.array([index[label] for label in self.table["label"]], np.int64)

    @property
    def subjects(self) -> np.ndarray:
        """(n,) text: each clip's subject, for splitting by subject."""
        return np.array([str(subject) for subject in self.table["subject"]], dtype=str)

    @property
    def class_counts(self) -> dict[str, int]:
        """Clips of each class, in the order of `class_names`."""
        counts = self.table["label"].value_counts()
        return {name: int(counts.get(name, 0)) for name in self.class_names}

    @property
    def licence(self) -> str:
        """The licence of weights that are trained on these clips, for their card."""
        return licence_of(self.name)

    @property
    def digest(self) -> str:
        """SHA-256 of the name, the protocol and the table without paths.

        The same clips give the same digest on every machine, independent of the folder of the
        release and the order of its table.
        """
        columns = [_known(self.table[name]) for name in COLUMNS if name != "path"]
        rows = list(zip(*columns, strict=True))
        text = json.dumps([self.name, self.protocol, list(self.class_names), rows])
        return hashlib.sha256(text.encode("utf-8")).hexdigest()

    def clip(self, index: int, *, margin: int | None = 0) -> Clip:
        """Reads one clip.

        Args:
            index: the row, 0-based.
            margin: frames to read before the onset and after the offset, counted in file numbers;
                None reads the whole folder. If onset or offset is unknown, the whole folder or
                video is read.

        Returns:
            The clip, its phases as indices into the frames read, with subject, label and action
            units (`action_units.split_action_units`).

        Raises:
            DatasetError: the dataset holds images, the index is out of range, or the dataset was
                loaded without frames.
            VideoError, ClipError: the frames cannot be read.
        """
        row = self._row(index, "frames", "image")
        phases = {name: None if row[name] is None else int(row[name]) for name in PHASES}
        about = {
            **phases,
            "fps": row["fps"],
            "subject": row["subject"],
            "label": row["label"],
            "action_units": split_action_units(row["aus"]),
        }
        folder = Path(row["path"]).is_dir()
        onset, offset = phases["onset"], phases["offset"]
        if margin is not None and onset is not None and offset is not None:
            about |= {"start": max(onset - margin, 0), "stop": offset + margin + 1}
        if folder:
            return Clip.from_frames(row["path"], **about)
        return Clip.from_video(row["path"], **about)

    def image(self, index: int) -> np.ndarray:
        """Reads one precomputed image.

        Args:
            index: the row, 0-based.

        Returns:
            (H, W, 3) float32, 0..255 as stored: horizontal flow u, vertical flow v, optical strain.
            The files hold them as blue = strain, green = v, red = u. With two segments
            (H, W, 6): onset-apex first, then apex-offset.

        Raises:
            DatasetError: the dataset holds frames, or the index is out of range.
            VideoError: the file cannot be read.
        """
        row = self._row(index, "images", "clip")
        parts = [read_image(Path(file)) for file in self.image_files[row["clip"]]]
        return np.concatenate(parts, axis=-1).astype(np.float32)

    def subset(self, rows: Sequence[int] | np.ndarray) -> "Dataset":
        """The clips of some rows, with the same protocol, classes and report.

        Args:
            rows: row numbers in the desired order, or a boolean mask of the dataset's length.

        Raises:
            DatasetError: a row is out of range, or a mask has another length.
        """
        rows = np.asarray(rows)
        if rows.dtype == bool:
            if rows.shape != (len(self),):
                raise DatasetError(
                    f"The mask has shape {rows.shape}; expected ({len(self)},), one value a clip."
                )
            rows = np.flatnonzero(rows)
        if rows.size == 0:
            rows = rows.astype(np.int64)
        if rows.ndim != 1 or rows.dtype.kind not in "iu":
            raise DatasetError("rows must be row numbers or a boolean mask, in one dimension.")
        outside = rows[(rows < 0) | (rows >= len(self))]
        if outside.size:
            raise DatasetError(
                f"Row {outside[0]} of {self!r}: expected 0 to {len(self) - 1}, counted from 0."
            )
        return replace(self, table=self.table.iloc[rows].reset_index(drop=True))

    def _row(self, index: int, kind: str, other: str) -> dict:
        if self.kind != kind:
            raise DatasetError(f"{self!r} holds {self.kind}; read them with dataset.{other}(i).")
        if not 0 <= index < len(self):
            raise DatasetError(f"Row {index} of {self!r}: expected 0 to {len(self) - 1}.")
        cells = self.table.iloc[index].astype(object)
        row = cells.where(cells.notna(), None).to_dict()
        if not row["path"]:
            raise DatasetError(
                f"{row['clip']} was read from a table without its frames. Load the dataset with "
                "root= the release's folder."
            )
        return row


def as_table(annotations: Sequence[Annotation]) -> "pandas.DataFrame":
    """The rows of a dataset in their canonical order."""
    import pandas as pd

    rows = sorted(annotations, key=lambda a: (a.dataset, a.subject_id, a.id))
    kinds = dict.fromkeys(COLUMNS, "str") | dict.fromkeys(PHASES, "Int64") | {"fps": "Float64"}
    return pd.DataFrame(
        {
            name: pd.Series([_cell(annotation, name) for annotation in rows], dtype=kind)
            for name, kind in kinds.items()
        }
    )


def _cell(annotation: Annotation, column: str):
    renamed = {"subject": "subject_id", "clip": "id"}
    return getattr(annotation, renamed.get(column, column))


def _known(column: "pandas.Series") -> list:
    """The values of a column, None for those that are not known."""
    missing = column.isna()
    return [None if gone else value for gone, value in zip(missing, column.tolist(), strict=True)]
