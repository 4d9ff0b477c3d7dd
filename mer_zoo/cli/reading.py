"""Commands that read videos: predict, demo."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mer_zoo.cli.common import (
    DEFAULT_MODEL,
    SOME_FAILED,
    Force,
    ModelName,
    err,
    load_model,
    out,
    progress_bar,
)
from mer_zoo.errors import MerZooError


class Engine(StrEnum):
    """What runs the face models."""

    auto = "auto"
    keras = "keras"
    litert = "litert"


class BatchBackend(StrEnum):
    """What runs the processes of a batch."""

    loky = "loky"
    dask = "dask"


Frame = Annotated[
    int | None, typer.Option(min=0, help="Frame index, 0-based; spotted if not given.")
]


def predict(
    paths: Annotated[
        list[Path], typer.Argument(help="Videos, folders of videos or of frames, clips.csv.")
    ],
    model: ModelName = DEFAULT_MODEL,
    onset: Frame = None,
    apex: Frame = None,
    offset: Frame = None,
    start: Annotated[int, typer.Option(min=0, help="First frame to look at.")] = 0,
    stop: Annotated[int | None, typer.Option(help="Frame after the last to look at.")] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second of a folder of images.")
    ] = None,
    face: Annotated[str, typer.Option(help="'largest', or 0, 1, ... by size.")] = "largest",
    engine: Engine = Engine.auto,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line, no table.")] = False,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file.")] = None,
    report: Annotated[Path | None, typer.Option(help="Write an HTML report.")] = None,
    allow_truncated: Annotated[bool, typer.Option(help="Read videos that end too early.")] = False,
    to: Annotated[
        Path | None,
        typer.Option("--out", help="Many videos: the table (.csv, .parquet); killed, it goes on."),
    ] = None,
    jobs: Annotated[int, typer.Option(help="With --out: processes; -1 for one a core.")] = 1,
    backend: Annotated[
        BatchBackend, typer.Option(help="With --out: what runs the processes.")
    ] = BatchBackend.loky,
    scheduler: Annotated[
        str | None, typer.Option(help="With --backend dask: address of a running scheduler.")
    ] = None,
    timeout: Annotated[
        float | None,
        typer.Option(help="With --out: most seconds for each video; then it counts as failed."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="With --out: read failed videos again.")
    ] = False,
    force: Force = False,
):
    """Reads videos: onset, apex, offset, label and probabilities."""
    face = int(face) if face.isdigit() else face
    many = jobs != 1 or scheduler or timeout is not None or retry_failed
    if to is None and (many or backend != BatchBackend.loky):
        raise typer.BadParameter(
            "--jobs, --backend, --scheduler, --timeout and --retry-failed need --out."
        )
    if to is not None:
        if json or csv is not None or (onset, apex, offset) != (None, None, None):
            raise typer.BadParameter(
                "--out does not go with --json, --csv, --onset, --apex or --offset. Phases of many "
                "clips stand in a csv table: path, onset, apex, offset."
            )
        from mer_zoo.cli.batching import predict_batch

        return predict_batch(
            paths,
            model,
            to,
            jobs=jobs,
            backend=backend.value,
            scheduler=scheduler,
            timeout=timeout,
            report=report,
            fps=fps,
            face=face,
            engine=engine.value,
            start=start,
            stop=stop,
            allow_truncated=allow_truncated,
            retry_failed=retry_failed,
            force=force,
        )
    from mer_zoo.batch import inputs
    from mer_zoo.cli import tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    clips = inputs.expand(paths, fps)
    phases = {"onset": onset, "apex": apex, "offset": offset}
    inputs.refuse_phases_for_many(clips, phases)
    for path in (csv, report):
        if path is not None:
            refuse_overwrite(path, force)
    classifier = load_model(model)
    from mer_zoo.explain import explain_reading

    readings, heat_maps, failed = [], [], 0
    with progress_bar() as bar:
        task = bar.add_task("reading", total=len(clips))
        for clip in clips:
            bar.update(task, description=clip.path.name)
            try:
                reading = clip.read(
                    classifier,
                    phases=phases,
                    start=start,
                    stop=stop,
                    fps=fps,
                    face=face,
                    engine=engine.value,
                    allow_truncated=allow_truncated,
                )
            except MerZooError as error:
                if len(clips) == 1:
                    raise
                failed += 1
                err.print(Text.assemble((f"{clip.path.name}: ", "red"), str(error)))
            else:
                readings.append(reading)
                if report is not None:
                    heat_maps.append(explain_reading(classifier, reading))
                if json:
                    print(reading.to_json())
            bar.advance(task)
    if readings and not json:
        out.print(tables.readings(readings))
    if csv is not None:
        tables.write_csv(readings, csv, force)
    if report is not None and readings:
        err.print(f"report: {save_report(readings, report, force, heat_maps)}")
    if failed:
        raise typer.Exit(SOME_FAILED)


def demo(
    report: Annotated[Path, typer.Option(help="Where the report goes.")] = Path(
        "mer_zoo_demo.html"
    ),
    model: ModelName = DEFAULT_MODEL,
    force: Force = False,
):
    """Reads a real video and a synthetic clip of known truth, and writes a report."""
    from mer_zoo.cli import demonstration, tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    refuse_overwrite(report, force)
    classifier = load_model(model)
    from mer_zoo.explain import explain_reading

    with progress_bar() as bar:
        task = bar.add_task("a real smile (posed, not a micro-expression)", total=2)
        real = classifier.predict_video(demonstration.smile())
        bar.update(task, advance=1, description="a synthetic clip of known truth")
        truth = demonstration.synthetic_clip()
        synthetic = classifier.predict_clip(truth.with_phases())
        bar.advance(task)
    out.print(tables.readings([real, synthetic]))
    out.print(
        f"Truth of the synthetic clip: action units {'+'.join(map(str, truth.action_units))}, "
        f"onset {truth.onset}, apex {truth.apex}, offset {truth.offset}."
    )
    heat_maps = [explain_reading(classifier, reading) for reading in (real, synthetic)]
    out.print(f"report: {save_report([real, synthetic], report, force, heat_maps)}")
