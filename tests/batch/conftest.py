"""Folders of stand-in videos."""

from pathlib import Path

import pytest

from mer_zoo.batch import run
from tests.batch.stand_ins import StandIn


@pytest.fixture
def videos(tmp_path):
    """Six videos, two of them in a folder below."""
    folder = tmp_path / "videos"
    (folder / "below").mkdir(parents=True)
    for name in ("a", "b", "c", "d", "below/e", "below/f"):
        (folder / f"{name}.mp4").write_text(f"fine {name}")
    return folder


@pytest.fixture
def read(tmp_path):
    """Runs a batch of stand-ins: (table, names of the videos that were read)."""

    def read(inputs, out="r.csv", **options):
        diary = tmp_path / "diary"
        diary.unlink(missing_ok=True)
        own = {k: options.pop(k) for k in ("entry", "class_names", "broken") if k in options}
        frame = run(inputs, StandIn(str(diary), **own), tmp_path / out, progress=False, **options)
        lines = diary.read_text().splitlines() if diary.exists() else []
        return frame, sorted(Path(line.split(" ", 1)[1]).stem for line in lines)

    return read
