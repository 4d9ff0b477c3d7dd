"""Fake releases: the folder trees and tables of the real ones, with invented rows and drawn frames.

Tests, examples and your own pipelines can run on them without any licensed video.
"""

from pathlib import Path

from mer_zoo.datasets.fake.casme2 import write_casme2
from mer_zoo.datasets.fake.casme3 import write_casme3
from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions
from mer_zoo.datasets.fake.custom import write_custom
from mer_zoo.datasets.fake.drawing import draw_blobs
from mer_zoo.datasets.fake.flow import write_flow
from mer_zoo.datasets.fake.fourdme import write_fourdme
from mer_zoo.datasets.fake.mmew import write_mmew
from mer_zoo.datasets.fake.samm import write_samm
from mer_zoo.datasets.fake.smic import write_smic
from mer_zoo.datasets.protocols import MEGC2019_PARTS
from mer_zoo.errors import OutputExistsError, UnknownNameError

__all__ = ["FakeClip", "FakeOptions", "draw_blobs", "fake_release"]

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
    **options,
) -> Path | dict[str, Path]:
    """Writes a small fake release with every known quirk of the real one.

    Args:
        name: a name that `load` knows; "megc2019" writes its three datasets.
        folder: where to write; new or empty.
        options: those of `FakeOptions`.

    Returns:
        The root to give to `load`: the folder, or for "megc2019" a folder for each dataset.

    Raises:
        UnknownNameError: the name is not known.
        OutputExistsError: the folder is not empty.
        DatasetError: an option does not fit the dataset, or `frames` did not yield images.
    """
    if name not in (*_WRITERS, "megc2019"):
        raise UnknownNameError.among("dataset", name, (*_WRITERS, "megc2019"))
    folder = Path(folder).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f"{folder} is not empty. Choose another folder for the release.")
    wanted = FakeOptions(**options)
    if name != "megc2019":
        return _WRITERS[name](folder, wanted)
    wanted.choose("layout", ("release",))
    return {part: _WRITERS[part](folder / part, wanted) for part in MEGC2019_PARTS}
