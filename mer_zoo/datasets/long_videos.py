"""The datasets of long videos by name."""

from pathlib import Path
from types import MappingProxyType

from mer_zoo.datasets.annotated_videos import AnnotatedVideos
from mer_zoo.datasets.casme3_long import CASME3_LONG
from mer_zoo.datasets.samm_lv import SAMM_LV
from mer_zoo.errors import UnknownNameError

VIDEO_READERS = MappingProxyType({reader.name: reader for reader in (SAMM_LV, CASME3_LONG)})


def read_videos(name: str, root: str | Path, *, table: str | Path | None = None) -> AnnotatedVideos:
    """Reads the long videos of a dataset with their annotated intervals.

    A video is used if it has both frames and rows in the table. An offset that is missing, 0 or before
    the onset is not known, and the apex ends the interval; an onset that is missing or 0 leaves the
    expression out. Each such case is a remark of the report.

    Args:
        name: "samm_lv" or "casme3" (part A).
        root: the release's folder.
        table: the annotation table, or None when it lies under `root`.

    Raises:
        UnknownNameError: there is no such dataset of long videos.
        DatasetError: the table or the tree cannot be used.

    Example:
        >>> from mer_zoo.datasets import read_videos
        >>> release = read_videos("samm_lv", "~/SAMM_LV")      # doctest: +SKIP
        >>> release.counts                                     # doctest: +SKIP
    """
    if name not in VIDEO_READERS:
        raise UnknownNameError.among("dataset of long videos", name, tuple(VIDEO_READERS))
    return VIDEO_READERS[name].read(root, table)
