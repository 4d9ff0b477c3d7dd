"""The commands about long videos: spot, evaluate-spotting."""

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from mer_zoo.cli.common import (
    SOME_FAILED,
    AllowTruncated,
    Engine,
    EngineName,
    Face,
    Force,
    Fps,
    Jobs,
    MinMotion,
    MinScore,
    Start,
    Stop,
    choose_backend,
    err,
    face_options,
    load_model,
    out,
    progress_bar,
)


def spot(
    video: Annotated[Path, typer.Argument(help="A video of any length, or a folder of frames.")],
    entry: Annotated[
        str | None,
        typer.Option(
            "--entry",
            "--model",
            "-m",
            help="Zoo entry, or ./local folder, that classifies each interval; none by default.",
        ),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file.")] = None,
    start: Start = 0,
    stop: Stop = None,
    fps: Fps = None,
    min_motion: MinMotion = None,
    min_score: MinScore = None,
    face: Face = "largest",
    engine: Engine = EngineName.auto,
    allow_truncated: AllowTruncated = False,
    force: Force = False,
):
    """Finds micro-expressions (onset, apex, offset) in a long video; excludes blinks and head motion."""
    from mer_zoo import spot as find_intervals
    from mer_zoo.cli import tables
    from mer_zoo.cli.interval_csv import write_intervals
    from mer_zoo.clips import open_frames
    from mer_zoo.files import refuse_overwrite

    if csv is not None:
        refuse_overwrite(csv, force)
    stream = open_frames(video, fps=fps, allow_truncated=allow_truncated)
    options = face_options(face, engine, min_motion=min_motion, min_score=min_score)
    options |= {"start": start, "stop": stop}
    classifier = None if entry is None else load_model(entry)
    with progress_bar() as bar:
        task = bar.add_task(video.name, total=_frames(stream.frame_count, start, stop))
        options["progress"] = lambda done: bar.update(task, completed=done)
        if classifier is None:
            rows = [(interval, None) for interval in find_intervals(stream, **options)]
        else:
            rows = classifier.spot_video(stream, **options)
    out.print(tables.intervals(rows))
    if csv is not None:
        classes = () if classifier is None else classifier.class_names
        write_intervals(rows, csv, force, classes)
        err.print(f"wrote {csv}")


def evaluate_spotting(
    dataset: Annotated[str, typer.Argument(help="samm_lv or casme3 (part A).")],
    root: Annotated[Path, typer.Argument(help="Folder of the dataset.")],
    to: Annotated[
        Path | None, typer.Option("--out", help="Folder for spotting.csv and score.json.")
    ] = None,
    intervals: Annotated[
        Path | None,
        typer.Option(help="Score these intervals instead of spotting; csv: video, onset, offset."),
    ] = None,
    table: Annotated[
        Path | None, typer.Option(help="Annotation table, if it is elsewhere.")
    ] = None,
    jobs: Jobs = 1,
    min_motion: MinMotion = None,
    min_score: MinScore = None,
    face: Face = "largest",
    engine: Engine = EngineName.auto,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Retry videos that could not be read.")
    ] = False,
    force: Force = False,
):
    """Scores spotting on a dataset's long videos as MEGC does. Run it again to resume."""
    from mer_zoo import batch
    from mer_zoo.cli import tables

    options = face_options(face, engine, min_motion=min_motion, min_score=min_score)
    if intervals is not None:
        if options != face_options("largest", EngineName.auto) or retry_failed or jobs != 1:
            raise typer.BadParameter(
                "--intervals spots nothing: --jobs, --min-motion, --min-score, --face, --engine and "
                "--retry-failed do not go with it."
            )
        result = batch.score_intervals(intervals, dataset, root, table=table, out=to, force=force)
    elif to is None:
        raise typer.BadParameter(
            "Name a folder for the results, which also lets you resume: --out FOLDER"
        )
    else:
        choose_backend()
        more = {"jobs": jobs, "retry_failed": retry_failed, "force": force, **options}
        result = batch.evaluate_spotting(dataset, root, to, table=table, **more)
    out.print(tables.spotting_result(result))
    out.print(
        "Matched: intersection over union of at least .5 and the same kind. Spotted intervals of at most "
        f"0.5 s count as micro. Interval of F1 over subjects; chance: the mean F1 of {result.chance_draws} "
        "draws of random places.",
        highlight=False,
    )
    for note in result.about["notes"]:
        out.print(Text(f"note: {note}"))
    failed = result.about["failed"]
    for name, error in failed.items():
        err.print(Text.assemble((f"{name}: ", "red"), error))
    if to is not None:
        out.print(f"wrote {to}: spotting.csv, score.json", markup=False)
    if failed:
        raise typer.Exit(SOME_FAILED)


def _frames(count: int | None, start: int, stop: int | None) -> int | None:
    """How many frames there are to follow, None where the source does not say."""
    ends = [end for end in (count, stop) if end is not None]
    return max(min(ends) - start, 0) if ends else None
