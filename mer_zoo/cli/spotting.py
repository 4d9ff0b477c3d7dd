"""The command that finds expressions in long videos: spot."""

from pathlib import Path
from typing import Annotated

import typer

from mer_zoo.cli.common import (
    AllowTruncated,
    EngineName,
    Face,
    Force,
    Fps,
    MinMotion,
    MinScore,
    Start,
    Stop,
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
        typer.Option(help="Zoo entry, or ./local folder, that classifies each interval."),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Write a CSV file.")] = None,
    start: Start = 0,
    stop: Stop = None,
    fps: Fps = None,
    min_motion: MinMotion = None,
    min_score: MinScore = None,
    face: Face = "largest",
    engine: EngineName = EngineName.auto,
    allow_truncated: AllowTruncated = False,
    force: Force = False,
):
    """Finds micro-expressions (onset, apex, offset) in a long video; excludes blinks and head motion."""
    from mer_zoo import spot as find_intervals
    from mer_zoo.cli import tables
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
        tables.write_intervals(rows, csv, force)
        err.print(f"wrote {csv}")


def _frames(count: int | None, start: int, stop: int | None) -> int | None:
    """How many frames there are to follow, None where the source does not say."""
    ends = [end for end in (count, stop) if end is not None]
    return max(min(ends) - start, 0) if ends else None
