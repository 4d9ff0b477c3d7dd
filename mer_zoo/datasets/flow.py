"""Precomputed flow images: 28x28 pictures of horizontal flow, vertical flow and optical strain.

Two layouts are understood, both of clips of SMIC-HS, CASME II and SAMM under MEGC 2019's three classes:

    labels.csv                              dataset, sub, filename_o, label, ... (0 negative, 1 positive,
    onset_apex/sub01_EP02_01f .png          2 surprise)
    apex_offset/sub01_EP02_01f_1 .png       one suffix for all images of a folder

    three_norm_u_v_os/sub01/u_test/1/sub01_EP02_01f .png      a folder a fold, named by the subject left
    three_norm_u_v_os/sub01/u_train/...                       out: the u_test folders make up the dataset

The files store blue = strain, green = v, red = u; `Dataset.image` gives (u, v, strain).
"""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.cells import cell_name, cell_number, cell_text
from mer_zoo.datasets.headers import HEADER_ROWS, find_table, plain
from mer_zoo.datasets.protocols import THREE_CLASSES
from mer_zoo.datasets.report import Remark, listed, shortened
from mer_zoo.datasets.sheets import read_sheets
from mer_zoo.errors import DatasetError
from mer_zoo.files import expanded

SEGMENTS: dict[str, tuple[str, ...]] = {
    "onset_apex": ("onset_apex",),
    "apex_offset": ("apex_offset",),
}
SEGMENTS["both"] = SEGMENTS["onset_apex"] + SEGMENTS["apex_offset"]
SUFFIXES = ("", "_1", "_2", "_3")
FIELDS = {
    "dataset": ("dataset",),
    "subject": ("sub", "subject"),
    "clip": ("filename_o",),
    "label": ("label",),
}
ACTION_UNITS = {"aus": ("aus", "action units", "action_unit")}
"""An optional column: action units as coded, for example "4+L12"."""

FOLDS = "three_norm_u_v_os"

# How each dataset writes its subjects.
SUBJECTS = {
    "casme2": re.compile(r"sub0*(\d{1,2})"),
    "smic": re.compile(r"s0*(\d{1,2})"),
    "samm": re.compile(r"0*(\d{1,3})"),
}
SUBJECT_FORMS = {"casme2": "sub{:02d}", "smic": "s{:02d}", "samm": "{:03d}"}


class FlowReader:
    """Reads a folder of precomputed flow images.

    Args:
        segment: "onset_apex", "apex_offset" or "both".

    Raises:
        DatasetError: another segment.
    """

    name = "flow"
    emotions = THREE_CLASSES

    def __init__(self, segment: str = "onset_apex"):
        if segment not in SEGMENTS:
            raise DatasetError(f"segment is {segment!r}; expected {', '.join(SEGMENTS)}.")
        self.segment = segment

    def read(self, root: str | Path | None, table: str | Path | None) -> Release:
        """See `TableReader.read`; `table` is `labels.csv` where it does not lie in `root`."""
        folder = None if root is None else expanded(root)
        if folder is not None and not os.path.isdir(folder):
            raise DatasetError(f"There is no folder {folder}. Give the folder of the flow images.")
        folds = None if folder is None or table is not None else _fold_folder(folder)
        if folds is not None:
            annotations, remarks, source = *self._read_folds(folds), str(folds)
        else:
            labels = _label_table(folder) if table is None else expanded(table)
            annotations = _read_labels(labels)
            remarks = []
            if folder is not None:
                annotations, remarks = self._find_images(folder, annotations)
            source = labels.name
        return Release(
            name=self.name,
            source=source,
            annotations=tuple(annotations),
            emotions=THREE_CLASSES,
            version=FOLDS if folds is not None else "labels.csv",
            rows_read=len(annotations),
            remarks=tuple(remarks),
            folders=None if folder is None else {},
            kind="images",
        )

    def _find_images(
        self, folder: Path, annotations: Sequence[Annotation]
    ) -> tuple[list[Annotation], list[Remark]]:
        found: dict[str, list[str]] = {a.id: [] for a in annotations}
        remarks = []
        for segment in SEGMENTS[self.segment]:
            place = folder / segment
            if not place.is_dir():
                raise DatasetError(
                    f"{folder} has no folder {segment!r}; expected the images of that segment "
                    "there. Choose another segment= or give another root."
                )
            images = {_image_key(file.stem): file for file in sorted(place.glob("*.png"))}
            names = {a.id: _image_key(f"{a.subject}_{a.clip}") for a in annotations}
            there = Counter({s: sum(n + s in images for n in names.values()) for s in SUFFIXES})
            suffix = there.most_common(1)[0][0]
            for clip, name in names.items():
                if name + suffix in images:
                    found[clip].append(str(images.pop(name + suffix)))
            remarks += [
                Remark("note", "", str(file), "image without a row in the table: not used")
                for file in images.values()
            ]
        complete = len(SEGMENTS[self.segment])
        return [
            _with_files(a, found[a.id] if len(found[a.id]) == complete else []) for a in annotations
        ], remarks

    def _read_folds(self, folder: Path) -> tuple[list[Annotation], list[Remark]]:
        if self.segment != "onset_apex":
            raise DatasetError(
                f"{folder} holds the folds of one segment, onset_apex; segment is {self.segment!r}."
            )
        annotations = []
        for file in sorted(folder.glob("*/u_test/*/*.png")):
            label, subject = file.parent.name, file.parents[2].name
            name = file.stem.strip()
            if label not in ("0", "1", "2") or not name.startswith(f"{subject}_"):
                raise DatasetError(
                    f"{file}: expected <subject>/u_test/<0, 1 or 2>/<subject>_<clip>.png."
                )
            clip = name.removeprefix(f"{subject}_")
            dataset = next((d for d, form in SUBJECTS.items() if form.fullmatch(subject)), None)
            if dataset is None:
                raise DatasetError(
                    f"{file.parents[2]}: expected a subject of CASME II (sub01), SMIC (s01) or SAMM "
                    "(006)."
                )
            annotation = _annotation(dataset, subject, clip, int(label), str(file))
            annotations.append(_with_files(annotation, [str(file)]))
        return annotations, []


def _annotation(dataset: str, subject: str, clip: str, label: int, where: str) -> Annotation:
    matched = SUBJECTS[dataset].fullmatch(subject)
    assert matched is not None  # both callers have looked
    number = int(matched[1])
    person = SUBJECT_FORMS[dataset].format(number)
    if dataset == "smic":
        clip = re.sub(r"^s0*(\d+)_", lambda match: f"s{int(match[1]):02d}_", clip)
    emotion = THREE_CLASSES[label]
    return Annotation(dataset, person, clip, emotion, emotion, where)


def _with_files(annotation: Annotation, files: Sequence[str]) -> Annotation:
    return replace(annotation, files=tuple(files), path=files[0] if files else "")


def _read_labels(path: Path) -> list[Annotation]:
    sheets = read_sheets(path)
    names = set(map(plain, ACTION_UNITS["aus"]))
    top = (cell for sheet in sheets for _, cells in sheet.rows[:HEADER_ROWS] for cell in cells)
    fields = FIELDS | ACTION_UNITS if any(plain(cell) in names for cell in top) else FIELDS
    table = find_table(sheets, fields)
    annotations, faults = [], []
    for number, cells in table.rows:
        place = table.sheet.place(number)
        try:
            annotations.append(_row(cells, place))
        except ValueError as error:
            faults.append(f"{place}: {shortened(str(error))}")
    if faults:
        raise DatasetError(
            f"{path}: {len(faults)} rows cannot be used. Correct them.\n  "
            + "\n  ".join(faults[:10])
        )
    if not annotations:
        raise DatasetError(f"{path} has a header but no rows below it.")
    return annotations


def _row(cells: Mapping, place: str) -> Annotation:
    dataset = cell_text(cells["dataset"]).casefold()
    if dataset not in SUBJECTS:
        raise ValueError(f"dataset is {dataset!r}, expected {', '.join(SUBJECTS)}")
    subject = cell_text(cells["subject"])
    if not SUBJECTS[dataset].fullmatch(subject):
        raise ValueError(f"sub is {subject!r}, expected a subject of {dataset}")
    try:
        clip = cell_name(cells["clip"])
    except ValueError:
        raise ValueError("filename_o is empty, expected the clip's name") from None
    try:
        label = cell_number(cells["label"])
    except ValueError:
        label = -1
    if not 0 <= label < len(THREE_CLASSES):
        shown = cell_text(cells["label"])
        raise ValueError(f"label is {shown!r}, expected 0 (negative), 1 (positive) or 2 (surprise)")
    coded = cell_text(cells.get("aus"))
    return replace(_annotation(dataset, subject, clip, label, place), aus=coded)


def _image_key(name: str) -> str:
    # The releases write SMIC's subjects as s01 or s1, and put a space before the suffix .png.
    return re.sub(r"(?<![a-z0-9])s0*(\d+)(?=_)", r"s\1", name.strip().casefold())


def _label_table(folder: Path | None) -> Path:
    if folder is None:
        raise DatasetError("Give root, the folder of the flow images, or table.")
    tables = sorted(folder.glob("*.csv"))
    named = [file for file in tables if file.name.casefold() == "labels.csv"] or tables
    if len(named) != 1:
        raise DatasetError(
            f"{folder} has {listed(f.name for f in named) or 'no table'}; expected labels.csv with "
            f"{', '.join(FIELDS)} beside the folder onset_apex, or folders <subject>/u_test/<label>. "
            "Give the table's path as table=."
        )
    return named[0]


def _fold_folder(folder: Path) -> Path | None:
    for place in (folder, folder / FOLDS):
        if next(place.glob("*/u_test"), None) is not None:
            return place
    return None
