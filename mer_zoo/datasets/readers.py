"""The readers by name."""

from pathlib import Path
from types import MappingProxyType

from mer_zoo.datasets.annotation import Release
from mer_zoo.datasets.casme2 import CASME2
from mer_zoo.datasets.casme3 import CASME3
from mer_zoo.datasets.custom import CustomReader
from mer_zoo.datasets.flow import FlowReader
from mer_zoo.datasets.fourdme import FOURDME
from mer_zoo.datasets.mmew import MMEW
from mer_zoo.datasets.protocols import POOLS
from mer_zoo.datasets.samm import SAMM
from mer_zoo.datasets.smic import SmicReader
from mer_zoo.errors import DatasetError, UnknownNameError

READERS = MappingProxyType(
    {reader.name: reader for reader in (CASME2, SAMM, SmicReader(), CASME3, MMEW, FOURDME)}
)
NAMES = (*READERS, "flow", "custom")


def read_release(
    name: str,
    root: str | Path | None,
    table: str | Path | None,
    *,
    segment: str = "onset_apex",
    fps: float | None = None,
) -> Release:
    """Reads a release with the reader of this name.

    Args:
        name: one of `NAMES`.
        root: the release's folder, or None when only the table is to be read.
        table: the annotation table, or None when it lies under `root`.
        segment: for "flow".
        fps: for "custom".

    Raises:
        UnknownNameError: there is no reader of this name.
        DatasetError: an option does not belong to it, or the release cannot be used.
    """
    if name not in NAMES:
        raise UnknownNameError.among("dataset", name, (*NAMES, *POOLS))
    if fps is not None and name != "custom":
        raise DatasetError(f"fps is for custom clips; {name} has a known frame rate.")
    if segment != "onset_apex" and name != "flow":
        raise DatasetError(f"segment is for precomputed flow; {name} holds frames.")
    if root is None and table is None:
        raise DatasetError(f"Give root, the folder of the release of {name}.")
    if name == "flow":
        return FlowReader(segment).read(root, table)
    if name == "custom":
        return CustomReader(fps).read(root, table)
    return READERS[name].read(root, table)
