"""Fake releases: the folder trees and tables of the real ones, with invented rows and drawn frames.

Tests, examples and your own pipelines can run on them without any licensed video.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from mer_zoo.datasets.fake.casme2 import write_casme2
from mer_zoo.datasets.fake.casme3 import write_casme3
from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions
from mer_zoo.datasets.fake.custom import write_custom
from mer_zoo.datasets.fake.drawing import draw_blobs
from mer_zoo.datasets.fake.flow import write_flow
from mer_zoo.datasets.fake.fourdme import write_fourdme
from mer_zoo.datasets.fake.long_videos import FakeVideo, fake_videos
from mer_zoo.datasets.fake.mmew import write_mmew
from mer_zoo.datasets.fake.samm import write_samm
from mer_zoo.datasets.fake.smic import write_smic
from mer_zoo.datasets.protocols import POOLS
from mer_zoo.errors import OutputExistsError, UnknownNameError

__all__ = ["FakeClip", "FakeVideo", "draw_blobs", "fake_release", "fake_videos"]

_WRITERS = {
    "casme2": write_casme2,
    "samm": write_samm,
    "smic": write_smic,
    "casme3": write_casme3,
    "mmew": write_mmew,
    "4dme": write_fourdme,
    "flow": write_flow,
    "custom": write_custom,
}


def fake_release(
    name: str,
    folder: str | Path,
    *,
    seed: int = 0,
    subjects: int = 3,
    clips_per_subject: int = 3,
    clip_length: tuple[int, int] = (12, 24),
    frames: Callable[[FakeClip], Iterable[np.ndarray]] | None = None,
    clean: bool = False,
    full: bool = False,
    with_frames: bool = True,
    layout: str | None = None,
    version: str | None = None,
) -> Path | dict[str, Path]:
    """Writes a small fake release with every known quirk of the real one.

    Args:
        name: a name that `load` knows; a pool ("megc2019") writes each of its datasets.
        folder: where to write; new or empty.
        seed: of the numbers and pictures; names and counts do not depend on it.
        subjects: subjects with regular clips; clips with quirks may belong to others.
        clips_per_subject: regular clips of each subject; the emotions alternate.
        clip_length: shortest and longest clip, in frames onset..offset.
        frames: draws a clip: takes a `FakeClip` and yields one uint8 image, (H, W) or (H, W, 3)
            RGB, for each of `clip.numbers`. By default `draw_blobs`. Not used by "flow".
        clean: no quirks.
        full: as many clips, subjects and labels as the real release; the rows are invented.
        with_frames: False leaves the clips' folders empty, for tests of tables.
        layout: which tree. casme2: "raw", "cropped", "updated"; smic: "s1", "s01"; mmew:
            "emotions", "subjects"; flow: "labels", "folds"; custom: "csv", "folders", "names".
        version: which table. casme2: "20140508", "20190701"; smic: "folders", "HS-E" (with the
            table of the extended release); flow: "442", "309" (without SAMM).

    Returns:
        The root to give to `load`: the folder, or for a pool a folder for each dataset.

    Raises:
        UnknownNameError: the name is not known.
        OutputExistsError: the folder is not empty.
        DatasetError: an option does not fit the dataset, or `frames` did not yield images.
    """
    if name not in (*_WRITERS, *POOLS):
        raise UnknownNameError.among("dataset", name, (*_WRITERS, *POOLS))
    folder = Path(folder).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f"{folder} is not empty. Choose another folder for the release.")
    options = FakeOptions(
        seed=seed,
        subjects=subjects,
        clips_per_subject=clips_per_subject,
        clip_length=clip_length,
        frames=frames,
        clean=clean,
        full=full,
        with_frames=with_frames,
        layout=layout,
        version=version,
    )
    if name not in POOLS:
        return _WRITERS[name](folder, options)
    options.choose("layout", ("release",))
    return {part: _WRITERS[part](folder / part, options) for part in POOLS[name]}
