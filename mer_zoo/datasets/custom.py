"""Custom clips: a csv table, or one folder per class.

A csv table has the columns of `mer_zoo.clips.read_clip_table`: path, label, subject, and, if known,
onset, apex, offset, fps, numbering. Each row needs a label and a subject, because splits are by subject.
Names that differ in their spelling only ("Ann" and "ann", "1" and "01") are refused.

Without a table, there is one folder per class, with the clips as videos or folders of frames:

    root/<class>/<subject>/<clip>            root/tense/ann/03.mp4, root/tense/ann/03/img1.jpg
    root/<class>/<subject>__<anything>       root/tense/ann__03.mp4, root/tense/ann__03/img1.jpg
"""

import os
from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from mer_zoo.clips import ClipRow, read_clip_table
from mer_zoo.clips.cells import NOT_KNOWN
from mer_zoo.clips.folder import IMAGE_SUFFIXES, list_images
from mer_zoo.clips.table import warn_of_unused_fps
from mer_zoo.clips.validation import PHASES
from mer_zoo.clips.video import VIDEO_SUFFIXES
from mer_zoo.csv_table import clean_name, spelt_alike
from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.cells import LARGEST_FRAME
from mer_zoo.datasets.report import listed
from mer_zoo.errors import DatasetError, shown
from mer_zoo.files import expanded


class CustomReader:
    """Reads custom clips.

    Args:
        fps: frames per second of folders of frames whose row does not give it. Videos keep their own times.
    """

    name = "custom"
    emotions = ()

    def __init__(self, fps: float | None = None):
        self.fps = fps

    def read(self, root: str | Path | None, table: str | Path | None) -> Release:
        """Reads `table`, or `root`: a csv file, a folder with one, or one folder per class."""
        if table is None and root is None:
            raise DatasetError("Give root, a folder of clips, or table, a csv table of clips.")
        place = Path() if root is None else expanded(root)
        found = _table_in(place) if table is None else expanded(table)
        if found is None:
            rows, base, source = _class_folders(place, self.fps), place, str(place)
        else:
            rows, base, source = read_clip_table(found, fps=self.fps), found.parent, found.name
        annotations = _annotations(rows, base, source)
        return Release(
            name=self.name,
            source=source,
            annotations=tuple(annotations),
            emotions=tuple(sorted({a.category for a in annotations})),
            version="folders" if found is None else "csv",
            rows_read=len(rows),
            folders={},
        )


def _table_in(place: Path) -> Path | None:
    """The csv table that `place` is or holds; None for folders a class."""
    if place.suffix.lower() == ".csv":
        return place
    if not os.path.isdir(place):
        raise DatasetError(f"There is no folder or csv table {place}. Check the path.")
    tables = sorted(place.glob("*.csv"))
    if len(tables) > 1:
        raise DatasetError(
            f"{place} holds several tables: {listed(t.name for t in tables)}. Give one of "
            "them as table=."
        )
    return tables[0] if tables else None


def _annotations(rows: list[ClipRow], base: Path, source: str) -> list[Annotation]:
    rows = [
        replace(row, subject=clean_name(row.subject or ""), label=clean_name(row.label or ""))
        for row in rows
    ]
    for what in ("subject", "label"):
        missing = [_where(row) for row in rows if not getattr(row, what)]
        if missing:
            raise DatasetError(
                f"{source}: no {what} in {listed(missing)}. Each clip needs one"
                + (", since splits are by subject. " if what == "subject" else ". ")
                + f"Empty cells and {', '.join(NOT_KNOWN[1:])} count as not known."
            )
    for row in rows:
        if any((getattr(row, phase) or 0) > LARGEST_FRAME for phase in PHASES):
            raise DatasetError(
                f"{source}, line {row.line}: expected frame numbers up to {LARGEST_FRAME}."
            )
        _refuse_absent_frames(row, source)
    annotations = [_annotation(row, base) for row in rows]
    _refuse_two_spellings(annotations, source)
    _refuse_two_people(annotations, source)
    times = Counter(a.id for a in annotations)
    # Several expressions of one video are told apart by their onset.
    return [
        replace(a, clip=f"{a.clip}_{a.onset}") if times[a.id] > 1 and a.onset is not None else a
        for a in annotations
    ]


def _refuse_absent_frames(row: ClipRow, source: str) -> None:
    """A release's known slips are repaired; the table of a user is theirs to correct, as for `predict`."""
    phases = {name: getattr(row, name) for name in PHASES if getattr(row, name) is not None}
    if not phases or not row.path.is_dir() or not any(row.path.iterdir()):
        return
    numbers, _ = list_images(row.path)
    absent = [f"{name} {number}" for name, number in phases.items() if number not in numbers]
    if absent:
        raise DatasetError(
            f"{source}, {_where(row)}: {row.path} has no file with the number of {', '.join(absent)}; its "
            f"files are numbered from {numbers[0]} to {numbers[-1]}. Give the numbers in the file names, or "
            "say in a column numbering that yours count from 0: 'index'."
        )


def _refuse_two_spellings(annotations: list[Annotation], source: str) -> None:
    """One person under two names would be trained on and tested on: the score would be too good."""
    people: dict[str, set[str]] = defaultdict(set)
    for a in annotations:
        people[a.dataset].add(a.subject)
    groups = [("label", {a.category for a in annotations}), ("dataset", set(people))]
    groups += [("subject", names) for names in people.values()]
    for what, names in groups:
        if alike := spelt_alike(names):
            raise DatasetError(
                f"{source}: there is a {what} {shown(alike[0])} and a {what} {shown(alike[1])}. These would "
                "count as two. Write both in one way, or rename one if they differ."
            )


def _refuse_two_people(annotations: list[Annotation], source: str) -> None:
    first: dict[str, Annotation] = {}
    for a in annotations:
        other = first.setdefault(os.path.realpath(a.path), a)
        if other.subject_id != a.subject_id:
            raise DatasetError(
                f"{source}: {a.path} belongs to two subjects, {shown(other.subject_id)} ({other.where}) and "
                f"{shown(a.subject_id)} ({a.where}). A clip shows one person; correct or remove one of "
                "the rows."
            )


def _where(row: ClipRow) -> str:
    return f"line {row.line}" if row.line else str(row.path)


def _annotation(row: ClipRow, base: Path) -> Annotation:
    # `_annotations` has refused rows without a subject or a label.
    dataset, _, subject = (clean_name(part) for part in str(row.subject).rpartition("/"))
    try:
        name = row.path.resolve().relative_to(base.resolve())
    except ValueError:
        name = Path(row.path.name)
    clip = name.as_posix() if row.path.is_dir() else name.with_suffix("").as_posix()
    return Annotation(
        dataset=dataset or "custom",
        subject=subject,
        clip=clip,
        emotion=str(row.label),
        category=str(row.label),
        where=_where(row),
        onset=row.onset,
        apex=row.apex,
        offset=row.offset,
        path=str(row.path),
        fps=row.fps,
    )


def _class_folders(root: Path, fps: float | None) -> list[ClipRow]:
    rows, unclear = [], []
    for class_folder in _visible(root):
        for entry in _visible(class_folder) if class_folder.is_dir() else ():
            if "__" in entry.name and _is_clip(entry):
                found = [(entry.name.split("__")[0], entry)]
            elif entry.is_dir():
                found = [(entry.name, clip) for clip in _visible(entry) if _is_clip(clip)]
                unclear += [] if found else [str(entry)]
            else:
                found = []
                unclear += [str(entry)] if _is_clip(entry) else []
            rows += [
                # a video keeps its own times
                ClipRow(p, 0, s, class_folder.name, fps=fps if p.is_dir() else None)
                for s, p in found
            ]
    if unclear or not rows:
        raise DatasetError(
            f"{root}: expected <class>/<subject>/<clip> or <class>/<subject>__<anything>, clips being "
            f"videos or folders of frames. Not understood: {listed(unclear) or 'no clip was found'}."
        )
    of_frames = [str(row.path) for row in rows if row.path.is_dir()]
    if of_frames and fps is None:
        raise DatasetError(f"Give fps= for the folders of frames, such as {of_frames[0]}.")
    if fps is not None and not of_frames:
        warn_of_unused_fps(root, fps)
    return rows


def _visible(folder: Path) -> list[Path]:
    return sorted(entry for entry in folder.iterdir() if not entry.name.startswith("."))


def _is_clip(entry: Path) -> bool:
    if entry.is_dir():
        return any(file.suffix.lower() in IMAGE_SUFFIXES for file in entry.iterdir())
    return entry.suffix.lower() in VIDEO_SUFFIXES
