"""The spotting score of a dataset: all its long videos spotted, resumable, and scored."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mer_zoo import __version__, settings
from mer_zoo.batch.inputs import Input, check_face
from mer_zoo.batch.journal import BatchJournal
from mer_zoo.batch.pools import check_jobs
from mer_zoo.batch.rows import FAILED
from mer_zoo.batch.video_intervals import VideoIntervals, spot_folder
from mer_zoo.clips.folder import list_images
from mer_zoo.csv_table import csv_bytes
from mer_zoo.datasets import AnnotatedVideo, AnnotatedVideos, read_videos
from mer_zoo.evaluation import SpottedVideo, SpottingResult, read_intervals, score_videos
from mer_zoo.evaluation.spotting_result import KINDS
from mer_zoo.files import expanded, refuse_overwrite, write_atomically
from mer_zoo.processes import parallel
from mer_zoo.progress import progress_bar

TABLE, SCORE = "spotting.csv", "score.json"
COLUMNS = (
    *("video", "subject", "kind", "onset", "apex", "offset"),
    *("matched", "motion", "spotting_score"),
)


def evaluate_spotting(
    dataset: str,
    root: str | Path,
    out: str | Path,
    *,
    table: str | Path | None = None,
    jobs: int = 1,
    min_motion: float | None = None,
    min_score: float | None = None,
    face: str | int = "largest",
    engine: str = "auto",
    retry_failed: bool = False,
    force: bool = False,
    progress: bool = True,
) -> SpottingResult:
    """Spots the expressions in all long videos of a dataset, and scores them as MEGC does.

    Every finished video is kept in `<out>/spotting.csv.journal`. After an interruption, even
    a kill, the same call skips finished videos. A video whose frames changed is read again.

    A spotted interval of at most half a second counts as a micro-expression, a longer one as a
    macro-expression; see `mer_zoo.evaluation.spotting_result`. The annotated expressions of a
    video that could not be read count as missed.

    Args:
        dataset, root, table: see `mer_zoo.datasets.read_videos`.
        out: folder for `spotting.csv` (video, subject, kind, onset, apex, offset in numbers of frame files,
            whether the interval matches an annotated one of its kind, motion, spotting score) and
            `score.json`.
        jobs: processes; -1 for one per core.
        min_motion, min_score: see `mer_zoo.spot`; None uses its limits.
        face, engine: see `mer_zoo.spot`.
        retry_failed: read the videos again that could not be read.
        force: delete what `out` holds of other settings.
        progress: show a bar with the time that is left, on standard error.

    Returns:
        The score. `about["failed"]` names the videos that could not be read, with their errors.

    Raises:
        UnknownNameError: there is no such dataset of long videos, or no such face engine.
        DatasetError: the dataset cannot be used.
        BatchError: `out` is of other settings or in use, or `jobs` or `face` is impossible.
        ParameterError: `min_motion` or `min_score` is no number of at least 0.
        OutputExistsError: `out` holds a file of that name that this call has not written.

    Example:
        >>> import mer_zoo
        >>> result = mer_zoo.evaluate_spotting("samm_lv", "~/SAMM_LV", "spotted")   # doctest: +SKIP
        >>> result.scores["micro"].f1, result.chance["micro"]                       # doctest: +SKIP
    """
    check_jobs(jobs)
    check_face(face, engine)
    release, out = read_videos(dataset, root, table=table), expanded(out)
    options = {**_limits(min_motion, min_score), "face": face, "engine": engine}
    plan = {
        "table": "spotting",
        "mer_zoo": __version__,
        "dataset": dataset,
        "backend": settings.backend(),
        **options,
    }
    with BatchJournal(out / TABLE, plan, VideoIntervals, force) as journal:
        for name in (TABLE, SCORE):
            journal.check(out / name)
        rows = _Rows(journal, release.videos)
        missing = rows.missing(retry_failed)
        done = len(release.videos) - len(missing)
        with progress_bar("videos", len(release.videos), done, shown=progress) as advance:
            for video, found in _spot(missing, options, jobs):
                rows.add(video, found)
                advance()
        rows.write()
        failed = {v.name: row.error for v, row in rows.known() if row.status == FAILED}
        about = {"settings": plan, "failed": failed, **_sources(release)}
        about["notes"] = _notes(release, rows.spotted, failed)
        result = score_videos(dataset, rows.spotted, about=about)
        journal.write(out / SCORE, _encoded(result))
    return result


def score_intervals(
    intervals: str | Path,
    dataset: str,
    root: str | Path,
    *,
    table: str | Path | None = None,
    out: str | Path | None = None,
    force: bool = False,
) -> SpottingResult:
    """Scores the intervals of any system against the annotations of a dataset, as `evaluate_spotting` does.

    Args:
        intervals: csv file with the columns video, onset and offset, and numbering if need be; see
            `mer_zoo.evaluation.read_intervals`.
        dataset, root, table: see `mer_zoo.datasets.read_videos`.
        out: folder for `spotting.csv` and `score.json`.
        force: overwrite existing files in `out`.

    Raises:
        UnknownNameError, DatasetError: see `mer_zoo.datasets.read_videos`.
        EvaluationError: the table of intervals cannot be used.
        OutputExistsError: a file exists in `out` and `force` is false.
    """
    release = read_videos(dataset, root, table=table)
    numbers = {video.name: list_images(Path(video.path))[0] for video in release.videos}
    given = read_intervals(intervals, numbers)
    if out is not None:
        for name in (TABLE, SCORE):
            refuse_overwrite(expanded(out) / name, force)
    spotted, lines = [], []
    for video in release.videos:
        first, last = numbers[video.name][0], numbers[video.name][-1]
        own = _joined(video, first, last, given[video.name])
        spotted.append(own)
        lines += _lines(own, [("", "", "")] * len(own.spotted))
    about = {"intervals": Path(intervals).name, "failed": {}, **_sources(release)}
    empty = sum(not found for found in given.values())
    notes = [f"The table has no interval in {empty} of {len(spotted)} videos."] if empty else []
    about["notes"] = [*notes, *_notes(release, spotted, {})]
    result = score_videos(dataset, spotted, about=about)
    if out is not None:
        write_atomically(expanded(out) / TABLE, csv_bytes([COLUMNS, *lines]))
        write_atomically(expanded(out) / SCORE, _encoded(result))
    return result


def _limits(min_motion: float | None, min_score: float | None) -> dict[str, float]:
    """The limits of `mer_zoo.spot`, whose defaults are part of the journal's plan."""
    from mer_zoo.spotting import intervals  # imports Keras, which `score_intervals` does not need

    min_motion = intervals.MIN_MOTION if min_motion is None else min_motion
    min_score = intervals.MIN_SCORE if min_score is None else min_score
    # Now, because otherwise every video would fail, one after the other.
    intervals.check_limits(min_motion, min_score)
    return {"min_motion": min_motion, "min_score": min_score}


class _Rows:
    """What is known of the videos so far; the csv file is complete after each of them.

    Args:
        journal: keeps what was spotted.
        videos: of the dataset, in the order of the file.
    """

    def __init__(self, journal: BatchJournal[VideoIntervals], videos: Sequence[AnnotatedVideo]):
        self._journal, self._videos = journal, videos
        inputs = [Input(Path(video.path)) for video in videos]
        self._inputs = {video.name: clip for video, clip in zip(videos, inputs, strict=True)}
        self._rows: dict[str, VideoIntervals] = {}
        self._spotted: dict[str, SpottedVideo] = {}
        self._lines: dict[str, list[list]] = {}

    def missing(self, retry_failed: bool) -> list[AnnotatedVideo]:
        """The videos that are not in the journal, or changed since."""
        missing, done = [], []
        for video in self._videos:
            known = self._journal.done(self._inputs[video.name], retry_failed=retry_failed)
            (done if known else missing).append(video)
        rows = self._journal.rows([self._inputs[video.name] for video in done])
        for video, row in zip(done, rows, strict=False):  # further rows are of other videos
            self._take(video, row)
        return missing

    def add(self, video: AnnotatedVideo, row: VideoIntervals) -> None:
        """Keeps what was spotted in a video, and writes the csv file again."""
        self._journal.add(self._inputs[video.name], row)
        self._take(video, row)
        self.write()

    def write(self) -> None:
        """Writes the csv file."""
        lines = [line for video in self._videos for line in self._lines.get(video.name, ())]
        self._journal.write(self._journal.results, csv_bytes([COLUMNS, *lines]))

    def known(self) -> list[tuple[AnnotatedVideo, VideoIntervals]]:
        """The videos that are finished."""
        return [(v, self._rows[v.name]) for v in self._videos if v.name in self._rows]

    @property
    def spotted(self) -> list[SpottedVideo]:
        """The finished videos, ready to be scored."""
        return [self._spotted[video.name] for video, _ in self.known()]

    def _take(self, video: AnnotatedVideo, row: VideoIntervals) -> None:
        found = row.intervals
        intervals = [(interval.onset, interval.offset) for interval in found]
        spotted = _joined(video, row.first, row.last, intervals)
        self._rows[video.name], self._spotted[video.name] = row, spotted
        self._lines[video.name] = _lines(spotted, [(i.apex, i.motion, i.score) for i in found])


def _spot(videos: Sequence[AnnotatedVideo], options: Mapping[str, Any], jobs: int):
    """Yields each video with what was spotted in it, as they come."""
    from joblib import delayed

    calls = (delayed(_spot_one)(video, options, jobs != 1) for video in videos)
    # One video a task: what waits in a bundle for its neighbours would be lost by a kill.
    yield from parallel(calls, jobs, return_as="generator_unordered", batch_size=1)


def _spot_one(video: AnnotatedVideo, options: Mapping[str, Any], own_process: bool):
    return video, spot_folder(video.path, video.fps, options, own_process=own_process)


def _joined(video: AnnotatedVideo, first: int, last: int, spotted) -> SpottedVideo:
    annotated = {
        kind: [(i.onset, i.offset) for i in video.intervals if i.kind == kind] for kind in KINDS
    }
    return SpottedVideo(
        video.name, video.subject, video.fps, first, last, annotated, tuple(spotted)
    )


def _lines(video: SpottedVideo, details: Sequence[tuple]) -> list[list]:
    """The lines of the csv file; details are apex, motion and spotting score of each interval."""
    cells = zip(video.spotted, video.kinds, video.matched, details, strict=True)
    return [
        [video.name, video.subject, kind, onset, apex, offset, matched, *measured]
        for (onset, offset), kind, matched, (apex, *measured) in cells
    ]


def _sources(release: AnnotatedVideos) -> dict[str, Any]:
    return {
        "annotations": release.report.source,
        "annotations_sha256": release.table_sha256,
        "annotated": dict(release.counts),
    }


def _notes(
    release: AnnotatedVideos, videos: Sequence[SpottedVideo], failed: Mapping[str, str | None]
) -> list[str]:
    """What a reader of the score must know of the data."""
    notes = []
    if failed:
        notes.append(f"{len(failed)} videos could not be read; their expressions count as missed.")
    outside = sum(
        onset < video.first or offset > video.last
        for video in videos
        if video.name not in failed
        for intervals in video.annotated.values()
        for onset, offset in intervals
    )
    if outside:
        notes.append(
            f"{outside} annotated expressions reach beyond the frame files of their videos. Check that "
            "the files have the numbers of the release."
        )
    by_rule: dict[str, int] = {}
    for remark in release.report.remarks:
        by_rule[remark.why] = by_rule.get(remark.why, 0) + 1
    return notes + [f"{why} ({count} in {release.report.source})" for why, count in by_rule.items()]


def _encoded(result: SpottingResult) -> bytes:
    return json.dumps(result.to_dict(), indent=1).encode() + b"\n"
