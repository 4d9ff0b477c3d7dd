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
    force: Force = False,
):
    """Reads videos: onset, apex, offset, label and probabilities."""
    from mer_zoo.cli import inputs, tables
    from mer_zoo.files import refuse_overwrite
    from mer_zoo.readings import save_report

    clips = inputs.expand(paths, fps)
    phases = {"onset": onset, "apex": apex, "offset": offset}
    inputs.refuse_phases_for_many(clips, phases)
    for path in (csv, report):
        if path is not None:
            refuse_overwrite(path, force)
    classifier = load_model(model)
    readings, failed = [], 0
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
                    face=int(face) if face.isdigit() else face,
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
                if json:
                    print(reading.to_json())
            bar.advance(task)
    if readings and not json:
        out.print(tables.readings(readings))
    if csv is not None:
        tables.write_csv(readings, csv, force)
    if report is not None and readings:
        err.print(f"report: {save_report(readings, report, force)}")
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
    out.print(f"report: {save_report([real, synthetic], report, force)}")


def explain(
    video: Annotated[Path, typer.Argument(help="A video, or a folder of frames.")],
    to: Annotated[Path, typer.Option("--out", help="The picture to write (.png).")],
    model: ModelName = DEFAULT_MODEL,
    label: Annotated[
        str | None, typer.Option(help="Class to explain; the likeliest by default.")
    ] = None,
    fps: Annotated[
        float | None, typer.Option(help="Frames a second of a folder of images.")
    ] = None,
    force: Force = False,
):
    """Draws where in the face the evidence for a class lies: face at the apex, and the heat map on it."""
    import cv2
    import numpy as np

    from mer_zoo.cli import tables
    from mer_zoo.files import refuse_overwrite, write_atomically

    refuse_overwrite(to, force)
    classifier = load_model(model)
    from mer_zoo.explain import heat_map, overlay

    reading = classifier.predict_video(video, fps=fps)
    heat = heat_map(classifier, reading.image, label)
    face = reading.frames[1]
    drawn = np.hstack([face, overlay(face, heat)])
    large = cv2.resize(drawn, None, fx=4, fy=4, interpolation=cv2.INTER_CUBIC)
    _, content = cv2.imencode(".png", large[..., ::-1])
    write_atomically(to, content.tobytes())
    out.print(tables.readings([reading]))
    out.print(
        f"wrote {to}: evidence for {label or max(reading.probabilities, key=reading.probabilities.get)}"
    )
