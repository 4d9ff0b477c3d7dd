"""A clip as annotated in its release, before it becomes a row of a dataset."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mer_zoo.datasets.report import Remark


@dataclass(frozen=True)
class Annotation:
    """One annotated clip.

    Attributes:
        dataset: where the clip comes from: "casme2".
        subject: the person's name within the dataset: "sub01".
        clip: the clip's name, unique for its subject: "EP02_01f".
        emotion: as written in the release, without spaces round it.
        category: the emotion in the dataset's own vocabulary, lower case: "Others" -> "other".
        where: where the annotation stands, for messages: "row 30 of sheet 'Sheet1'".
        onset, apex, offset: numbers of the frame files, or None when not known.
        aus: action units as written.
        folder: the key of the clip's frames among the release's folders.
        files: the image files of a clip that is given as images, in the order of their segments.
        path: folder of frames, video file or first image; "" when not known.
        fps: frames per second, None when not known.
        label: the class under the protocol in force; "" until it is chosen.
    """

    dataset: str
    subject: str
    clip: str
    emotion: str
    category: str
    where: str
    onset: int | None = None
    apex: int | None = None
    offset: int | None = None
    aus: str = ""
    folder: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    path: str = ""
    fps: float | None = None
    label: str = ""

    @property
    def subject_id(self) -> str:
        """The name of the subject, unique over all datasets: "casme2/sub01"."""
        return f"{self.dataset}/{self.subject}"

    @property
    def id(self) -> str:
        """The clip among all datasets: "casme2/sub01/EP02_01f"."""
        return f"{self.dataset}/{self.subject}/{self.clip}"


@dataclass(frozen=True)
class Release:
    """What a reader found: annotations as written, and the folders of frames.

    Attributes:
        name: the reader's name.
        source: the table or folder that was read, for reports.
        annotations: one for each row, in the order of the file.
        emotions: the categories this dataset knows, in their fixed order.
        version: which version of the table this is, or "unknown".
        rows_read: rows of the table, or clips found where there is no table.
        remarks: what the reader itself repaired or noticed.
        folders: frames by key; None when no folder was given to look in.
        trimmed: whether a clip's folder holds its frames onset..offset and no others.
        kind: "frames" or "images".
        fps: frames per second of every clip, None where they differ or are not known.
    """

    name: str
    source: str
    annotations: tuple[Annotation, ...]
    emotions: tuple[str, ...]
    version: str
    rows_read: int
    remarks: tuple[Remark, ...] = ()
    folders: Mapping[tuple[str, ...], Path] | None = field(default=None)
    trimmed: bool = False
    kind: str = "frames"
    fps: float | None = None
