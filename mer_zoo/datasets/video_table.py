"""Reads the long videos of a dataset: an annotation table of intervals, and folders of frames."""

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mer_zoo.clips.validation import PHASES
from mer_zoo.datasets.annotated_videos import (
    KINDS,
    AnnotatedInterval,
    AnnotatedVideo,
    AnnotatedVideos,
)
from mer_zoo.datasets.cells import cell_frame, cell_text
from mer_zoo.datasets.frame_folders import FolderKey, ReleaseTree, choose_table, walk_release
from mer_zoo.datasets.headers import AnnotationTable, find_table
from mer_zoo.datasets.report import LoadReport, Remark, listed, shortened
from mer_zoo.datasets.sheets import read_sheets
from mer_zoo.datasets.table_reader import (
    HEADERS,
    ClipIdentity,
    check_rows,
    trailing_text,
)
from mer_zoo.errors import DatasetError, shown
from mer_zoo.files import expanded

OWN_HEADERS = {
    "subject": "Subject",
    "clip": "Filename",
    "onset": "Onset",
    "apex": "Apex",
    "offset": "Offset",
}
"""Headers of both releases, which come before the others that `HEADERS` accepts."""

KIND_HEADERS = ("Type", "Expression type")

NO_ONSET = "an expression without an onset has no interval and is not scored"
NO_END = "an expression without offset and apex has no interval and is not scored"
ENDS_AT_APEX = (
    "an offset that is missing, 0 or before the onset is not known: the apex ends the interval"
)
REPEATED = "a row that repeats another one is one expression"
NO_FRAMES = "no frames: the video and its expressions are not scored"
NO_ROW = (
    "frames without a row in the table: not scored, since nobody says that nothing happens there"
)
OTHER_COUNTS = "the table differs from the published one"


@dataclass(frozen=True)
class VideoRow:
    """A row of the table: which video, and the interval."""

    video: ClipIdentity
    interval: AnnotatedInterval


@dataclass(frozen=True)
class VideoTableReader:
    """How to read the long videos of one dataset.

    Attributes:
        name: the dataset: "samm_lv".
        fps: frames per second.
        official: the official name of the table.
        kind_header: header of the column that tells micro from macro.
        pattern: matches the names of the table's versions.
        identify: ({field: cell}) -> subject, name and folder key of the row's video; raises ValueError
            saying what was expected.
        folder_key: see `walk_release`.
        example: a frame file in the official tree, for messages.
        published: published number of expressions of each kind, empty where none is known.
    """

    name: str
    fps: float
    official: str
    kind_header: str
    pattern: re.Pattern
    identify: Callable[[Mapping], ClipIdentity]
    folder_key: FolderKey
    example: str
    published: Mapping[str, int] = field(default_factory=dict)

    def read(self, root: str | Path, table: str | Path | None = None) -> AnnotatedVideos:
        """Reads the table, and finds the folders of frames.

        Raises:
            DatasetError: the table or the tree cannot be used.
        """
        root = expanded(root)
        tree = walk_release(root, self.folder_key)
        path = expanded(table or choose_table(tree, root, self.pattern, self.official))
        rows, remarks, count = self._rows(path)
        videos, more = self._videos(rows, tree)
        if not videos:
            raise self._nothing_matches(root, path, rows, tree)
        return AnnotatedVideos(
            name=self.name,
            videos=videos,
            table_sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
            report=LoadReport(
                source=path.name,
                rows_read=count,
                kept=sum(len(video.intervals) for video in videos),
                remarks=(*remarks, *more),
            ),
        )

    def _rows(self, path: Path) -> tuple[list[VideoRow], list[Remark], int]:
        """The rows that have an interval, remarks, and how many rows there are."""
        fields = {name: (own, *HEADERS[name]) for name, own in OWN_HEADERS.items()}
        fields["kind"] = (self.kind_header, *KIND_HEADERS)
        table = find_table(read_sheets(path), fields)
        rows: dict[VideoRow, int] = {}
        remarks, faults, kinds = [], [], Counter[str]()
        for number, cells in table.rows:
            if remark := trailing_text(table, number, cells):
                remarks.append(remark)
                continue
            row, wrong, noted = self._row(table, number, cells)
            faults += [f"{table.sheet.place(number)}: {shortened(text)}" for text in wrong]
            remarks += noted
            kinds[_kind(cell_text(cells["kind"]))] += 1
            if row is None:
                continue
            if row in rows:
                what = f"{table.sheet.place(number)} repeats row {rows[row]}"
                remarks.append(Remark("dropped", f"{self.name}/{row.video.clip}", what, REPEATED))
            rows.setdefault(row, number)
        check_rows(path, table, len(table.rows), faults)
        remarks += self._differing_counts(kinds)
        return list(rows), remarks, len(table.rows)

    def _row(
        self, table: AnnotationTable, number: int, cells: Mapping
    ) -> tuple[VideoRow | None, list[str], list[Remark]]:
        """The row, what is wrong with its cells, and remarks."""
        wrong, phases = [], {}
        for name in PHASES:
            try:
                # Frames count from 1; published code reads 0 as "not known", too.
                phases[name] = cell_frame(cells[name]) or None
            except ValueError as error:
                written = shown(cell_text(cells[name]))
                wrong.append(f"{table.headers[name]} is {written}, expected {error}")
        kind = _kind(cell_text(cells["kind"]))
        if kind not in KINDS:
            written = shown(cell_text(cells["kind"]))
            wrong.append(
                f"{table.headers['kind']} is {written}, expected text that begins with Micro or Macro"
            )
        identity = None
        try:
            identity = self.identify(cells)
        except ValueError as error:
            wrong.append(str(error))
        if wrong or identity is None:
            return None, wrong, []
        interval, kind_of_remark, why = _interval(kind, **phases)
        written = ", ".join(f"{name} {cell_text(cells[name]) or 'empty'}" for name in PHASES)
        what = f"{table.sheet.place(number)}: {written}"
        noted = [Remark(kind_of_remark, f"{self.name}/{identity.clip}", what, why)] if why else []
        return None if interval is None else VideoRow(identity, interval), [], noted

    def _differing_counts(self, kinds: Mapping[str, int]) -> list[Remark]:
        if not self.published or all(kinds[kind] == n for kind, n in self.published.items()):
            return []
        counts = [
            " and ".join(f"{known[kind]} {kind}-expressions" for kind in KINDS)
            for known in (kinds, self.published)
        ]
        return [Remark("note", "", f"{counts[0]}; published: {counts[1]}", OTHER_COUNTS)]

    def _videos(
        self, rows: Sequence[VideoRow], tree: ReleaseTree
    ) -> tuple[tuple[AnnotatedVideo, ...], list[Remark]]:
        """The videos with frames, and a remark for each that lacks frames or rows."""
        intervals: dict[ClipIdentity, list[AnnotatedInterval]] = {}
        for row in rows:
            intervals.setdefault(row.video, []).append(row.interval)
        videos, remarks = [], []
        for video, own in intervals.items():
            folder = tree.folders.get(video.folder)
            if folder is None or not any(folder.iterdir()):
                what = "there is no folder for it" if folder is None else f"{folder} is empty"
                remarks.append(Remark("dropped", f"{self.name}/{video.clip}", what, NO_FRAMES))
                continue
            videos.append(
                AnnotatedVideo(
                    self.name, video.subject, video.clip, str(folder), self.fps, tuple(own)
                )
            )
        listed_in_table = {video.folder for video in intervals}
        for key, folder in tree.folders.items():
            if key not in listed_in_table:
                remarks.append(Remark("note", "", str(folder), NO_ROW))
        return tuple(sorted(videos, key=lambda video: video.name)), remarks

    def _nothing_matches(
        self, root: Path, table: Path, rows: Sequence[VideoRow], tree: ReleaseTree
    ) -> DatasetError:
        wanted = listed(dict.fromkeys(row.video.clip for row in rows), 3)
        found = listed((str(f.relative_to(root)) for f in tree.folders.values()), 3)
        return DatasetError(
            f"{root} holds no frames of the videos in {table.name} ({wanted or 'none'}). Frames were "
            f"expected as in {self.example}, at any depth; such folders found: {found or 'none'}. Check "
            "the path, and the names of the folders."
        )


def _kind(text: str) -> str:
    """micro for "Micro - 1/2" or "Micro-expression"; the text itself if it is neither."""
    return next((kind for kind in KINDS if text.casefold().startswith(kind)), text)


def _interval(
    kind: str, onset: int | None, apex: int | None, offset: int | None
) -> tuple[AnnotatedInterval | None, str, str]:
    """The interval, and the kind and the rule of a remark, "" without one."""
    if onset is None:
        return None, "dropped", NO_ONSET
    if offset is not None and offset >= onset:
        return AnnotatedInterval(kind, onset, offset, apex), "", ""
    if apex is None or apex < onset:
        return None, "dropped", NO_END
    return AnnotatedInterval(kind, onset, apex, apex), "repaired", ENDS_AT_APEX
