"""Reading many videos: resumable, side by side, one row a video."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo import __version__, settings
from mer_zoo.batch.inputs import ReadOptions, expand, refuse_own_input
from mer_zoo.batch.journal import BatchJournal
from mer_zoo.batch.pools import Pool
from mer_zoo.batch.readers import EntryReader, Reader
from mer_zoo.batch.report import render
from mer_zoo.batch.rows import Row, check_format, encode, to_frame
from mer_zoo.devices import worker_environment
from mer_zoo.errors import BatchError
from mer_zoo.progress import progress_bar

if TYPE_CHECKING:
    import pandas

Paths = str | Path | Sequence[str | Path]


def predict_many(
    inputs: Paths,
    entry: str | Path,
    out: str | Path,
    *,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    timeout: float | None = None,
    report: str | Path | None = None,
    fps: float | None = None,
    face: str | int = "largest",
    engine: str = "auto",
    start: int = 0,
    stop: int | None = None,
    allow_truncated: bool = False,
    retry_failed: bool = False,
    force: bool = False,
    progress: bool = True,
) -> "pandas.DataFrame":
    """Reads many videos with a zoo entry and writes a table, one row a video.

    Every finished video is kept in `<out>.journal`. Called again after an interruption, even a
    kill, what is finished is not read again. The same call with more videos adds to the table; a
    video that was changed is read again. A video that cannot be read has a row with its error.

    Args:
        inputs: videos, folders (all videos in them and below; or numbered frames), tables of clips
            (see `mer_zoo.clips.read_clip_table`); one or a list.
        entry: name of a zoo entry, `./folder`, or `hf://org/repo@revision`.
        out: the table, `.csv` or `.parquet` (extra `parquet`).
        jobs: processes of one thread each; 1 without a timeout reads in this process; -1 means one a
            core.
        backend: "loky" (processes of this machine), or "dask" (extra `dask`).
        scheduler: address of a Dask scheduler, for instance "tcp://host:8786", whose workers see
            the videos under the same paths; None starts a cluster of `jobs` workers here.
        timeout: most seconds for each video; None for no limit. The process of a video that takes
            longer is ended and replaced, and the video has a row with an error. So with one job, too,
            the videos are read in a process of their own. Not with Dask.
        report: also write an HTML page of the batch.
        fps: frames per second of folders of frames. Videos keep their own times, unless a column `fps` of a
            table replaces them.
        face, engine, start, stop, allow_truncated: see `predict_video`.
        retry_failed: read the videos again whose rows have an error.
        force: throw away what `out` holds of another model or other settings.
        progress: show a bar with the time that is left, on standard error.

    Returns:
        The table, a `pandas.DataFrame` with the columns path, entry, label, `p_<class>` of every
        class, onset, apex, offset (from 0), motion, fps, seconds (the reading took), status ("ok",
        "failed") and error; docs/batch.md describes all of them.

    Raises:
        UnknownNameError: there is no such entry, engine or backend.
        BatchError: there is nothing to read, `out` is of another model or other settings or in use or is
            itself an input, or an argument is impossible.
        OutputExistsError: `out` or `report` is a file that this batch has not written.
        MissingPackageError: an extra is not installed.
        ClipError: a table of clips cannot be used.
        WeightsError: the weights of the entry are missing or altered.
    """
    options = ReadOptions(face, engine, start, stop, fps, allow_truncated)
    reader = EntryReader.of(entry, settings.backend(), options)
    return run(
        inputs,
        reader,
        out,
        jobs=jobs,
        backend=backend,
        scheduler=scheduler,
        timeout=timeout,
        report=report,
        fps=fps,
        keras_backend=reader.backend,
        retry_failed=retry_failed,
        force=force,
        progress=progress,
    )


def run(
    inputs: Paths,
    reader: Reader,
    out: str | Path,
    *,
    jobs: int = 1,
    backend: str = "loky",
    scheduler: str | None = None,
    timeout: float | None = None,
    report: str | Path | None = None,
    fps: float | None = None,
    keras_backend: str | None = None,
    retry_failed: bool = False,
    force: bool = False,
    progress: bool = True,
):
    """`predict_many` with any `Reader`, for instance a network that is not of Keras."""
    out = Path(out)
    report = None if report is None else Path(report)
    check_format(out)
    pool = Pool(jobs, backend, scheduler, timeout)
    paths = [Path(p) for p in ([inputs] if isinstance(inputs, str | Path) else inputs)]
    for written in filter(None, (out, report)):
        refuse_own_input(written, paths)
    clips = list({c.identity: c for c in expand(paths, fps, deep=True)}.values())
    if not clips:
        raise BatchError(
            "No videos were given. Name videos, folders of videos or a table of clips."
        )
    plan = {"mer_zoo": __version__, **reader.describe()}
    with BatchJournal(out, plan, Row, force) as journal:
        for path in (out, report):
            if path is not None:
                journal.check(path)
        missing = [c for c in clips if not journal.done(c, retry_failed=retry_failed)]
        environment = worker_environment(keras_backend, threads=1)
        done = len(clips) - len(missing)
        with progress_bar("videos", len(clips), done, shown=progress) as advance:
            for clip, row in pool.read(missing, reader, environment):
                journal.add(clip, row)
                advance()
        rows = journal.rows(clips)
        frame = to_frame(rows, reader.class_names)
        journal.write(out, encode(frame, out))
        if report is not None:
            journal.write(report, render(rows, reader.notes))
    return frame
