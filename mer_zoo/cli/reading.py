"""Commands that analyse videos: predict, demo."""

import contextlib
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text
from typer import Argument, Option

from mer_zoo.cli.common import (
    DEFAULT_MODEL,
    SOME_FAILED,
    AllowTruncated,
    Engine,
    EngineName,
    Face,
    FewFps,
    Force,
    ModelName,
    Start,
    Stop,
    choose_backend,
    err,
    face_options,
    load_model,
    out,
    progress_bar,
)
from mer_zoo.errors import MerZooError

BatchBackend = StrEnum("BatchBackend", ["loky", "dask"])
"""What runs the processes of a batch."""
Paths = Annotated[
    list[Path], Argument(help="Videos, folders of videos or frames, or a csv table of clips.")
]
Frame = Annotated[int | None, Option(min=0, help="Frame index from 0; spotted by default.")]
Json = Annotated[bool, Option("--json", help="Print one JSON object per line instead of a table.")]
Csv = Annotated[Path | None, Option(help="Write a CSV file. Run again to resume.")]
Report = Annotated[Path | None, Option(help="Write an HTML report.")]
Everything = Annotated[
    bool, Option("--all", help="Show the phases, the motion and the probability of every class.")
]
Out = Annotated[
    Path | None,
    Option("--out", help="For many videos: table to write (.csv, .parquet). Run again to resume."),
]
Jobs = Annotated[int, Option(help="With --out: number of processes; -1 for one per core.")]
Backend = Annotated[BatchBackend, Option(help="With --out: what runs the processes.")]
Scheduler = Annotated[
    str | None, Option(help="With --backend dask: address of a running scheduler.")
]
Timeout = Annotated[
    float | None,
    Option(help="With --out: time limit per video in seconds; beyond it the video fails."),
]
RetryFailed = Annotated[bool, Option("--retry-failed", help="With --out: retry failed videos.")]


def predict(
    paths: Paths,
    model: ModelName = DEFAULT_MODEL,
    onset: Frame = None,
    apex: Frame = None,
    offset: Frame = None,
    start: Start = 0,
    stop: Stop = None,
    fps: FewFps = None,
    face: Face = "largest",
    engine: Engine = EngineName.auto,
    json: Json = False,
    csv: Csv = None,
    everything: Everything = False,
    report: Report = None,
    allow_truncated: AllowTruncated = False,
    to: Out = None,
    jobs: Jobs = 1,
    backend: Backend = BatchBackend.loky,
    scheduler: Scheduler = None,
    timeout: Timeout = None,
    retry_failed: RetryFailed = False,
    force: Force = False,
):
    """Predicts label, probabilities, onset, apex and offset of videos."""
    reading = {
        "start": start,
        "stop": stop,
        "fps": fps,
        "allow_truncated": allow_truncated,
        **face_options(face, engine),
    }
    phases = {"onset": onset, "apex": apex, "offset": offset}
    if to is None:
        many = jobs != 1 or scheduler or timeout is not None or retry_failed
        if many or backend != BatchBackend.loky:
            raise typer.BadParameter(
                "--jobs, --backend, --scheduler, --timeout and --retry-failed need --out."
            )
        _predict_few(paths, model, phases, reading, json, csv, report, force, everything)
        return
    if json or csv is not None or any(phase is not None for phase in phases.values()):
        raise typer.BadParameter(
            "--out cannot be combined with --json, --csv, --onset, --apex or --offset. Give the phases "
            "of many clips in a csv table: path, onset, apex, offset."
        )
    from mer_zoo.cli.batching import predict_batch

    workers = {"jobs": jobs, "backend": backend.value, "scheduler": scheduler, "timeout": timeout}
    kept = {"report": report, "retry_failed": retry_failed, "force": force}
    predict_batch(paths, model, to, **workers, **kept, **reading)


def _predict_few(paths, model, phases, reading, json, csv, report, force, everything) -> None:
    """Predicts one video after another and prints the results."""
    from mer_zoo.batch import inputs
    from mer_zoo.cli import tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    for written in filter(None, (csv, report)):
        inputs.refuse_own_input(written, paths)
    clips = inputs.expand(paths, reading["fps"], single=True)
    inputs.refuse_phases_for_many(clips, phases)
    if report is not None:
        refuse_overwrite(report, force)
    options = inputs.ReadOptions(**reading)
    with _growing_table(csv, model, phases, options, force) as table:
        missing = clips if table is None else table.missing(clips)
        if json or report is not None:
            missing = clips  # these need more of a reading than the table holds
        elif len(missing) < len(clips):
            err.print(f"{len(clips) - len(missing)} of {len(clips)} videos were read before")
        classifier = load_model(model) if missing else None
        readings = []
        for clip, found in _readings(missing, len(clips), classifier, phases, options):
            readings.append(found)
            if table is not None:
                table.add(clip, found)
            if json:
                print(found.to_json(), flush=True)
        rows = readings if table is None else table.finish()
    if rows and not json:
        out.print(tables.readings(rows, everything))
    if report is not None and classifier is not None and readings:
        from mer_zoo.explain import explain_reading

        heat_maps = [explain_reading(classifier, reading) for reading in readings]
        err.print(f"report: {save_report(readings, report, force, heat_maps)}")
    if len(readings) < len(missing):
        raise typer.Exit(SOME_FAILED)


def _growing_table(csv, model, phases, options, force):
    """The context manager of the table that `--csv` asks for; it gives None without `--csv`."""
    if csv is None:
        return contextlib.nullcontext()
    from mer_zoo.batch.growing import GrowingTable
    from mer_zoo.batch.readers import EntryReader
    from mer_zoo.settings import backend

    choose_backend()
    return GrowingTable(csv, EntryReader.of(model, backend(), options), phases, force)


def _readings(clips, given, classifier, phases, options):
    """Yields each clip with its reading. If several clips were given, errors are printed and skipped."""
    with progress_bar() as bar:
        task = bar.add_task("reading", total=given, completed=given - len(clips))
        for clip in clips:
            bar.update(task, description=clip.path.name)
            try:
                found = clip.read(classifier, options, phases)
            except MerZooError as error:
                if given == 1:
                    raise
                err.print(Text.assemble((f"{clip.path.name}: ", "red"), str(error)))
            else:
                yield clip, found
            bar.advance(task)


def demo(
    report: Annotated[Path, typer.Option(help="Report to write.")] = Path("mer_zoo_demo.html"),
    model: ModelName = DEFAULT_MODEL,
    everything: Everything = False,
    force: Force = False,
):
    """Analyses a real video and a synthetic clip with known ground truth, and writes a report."""
    from mer_zoo.cli import demonstration, tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    refuse_overwrite(report, force)
    classifier = load_model(model)
    from mer_zoo.explain import explain_reading

    with progress_bar() as bar:
        task = bar.add_task("a real smile (posed, not a micro-expression)", total=2)
        real = classifier.predict_video(demonstration.smile())
        bar.update(task, advance=1, description="a synthetic clip with known ground truth")
        truth = demonstration.synthetic_clip()
        synthetic = classifier.predict_clip(truth.with_phases())
        bar.advance(task)
    out.print(tables.readings([real, synthetic], everything))
    out.print(
        f"Ground truth of the synthetic clip: action units {'+'.join(map(str, truth.action_units))}, "
        f"onset {truth.onset}, apex {truth.apex}, offset {truth.offset}."
    )
    heat_maps = [explain_reading(classifier, reading) for reading in (real, synthetic)]
    out.print(f"report: {save_report([real, synthetic], report, force, heat_maps)}")
