"""SAMM Long Videos (C. H. Yap, C. Kendrick and M. H. Yap, FG 2020).

The table `SAMM_LongVideos_V3_Release.xlsx` (V1 and V2 have the same columns) has its header below a
preamble: Subject, Filename, Inducement Code, Onset, Apex, Offset, Duration, Type, Action Units, Notes. Type
is "Macro" or "Micro - 1/2". Filename names an expression, 006_1_2; its video is 006_1. Frames are grey, 200 a
second: `SAMM_longvideos/006_1/006_1_0001.jpg`.

The release was not at hand. Columns and folders are read as public code for it reads them; the numbers of
the table are taken for the numbers of the frame files.
"""

import re
from collections.abc import Mapping

from mer_zoo.datasets.table_reader import ClipIdentity, name_of, subject_number
from mer_zoo.datasets.video_table import VideoTableReader


def identify(cells: Mapping) -> ClipIdentity:
    """006 and 006_1 from Subject and Filename, 006_1_2, which have to agree."""
    subject = f"{subject_number(cells):03d}"
    clip = name_of(cells, "clip", "Filename")
    match = re.fullmatch(rf"({subject}_\d+)_\d+", clip)
    if match is None:
        raise ValueError(f"Filename is {clip!r}, expected a name such as {subject}_1_2")
    return ClipIdentity(subject, match[1], (match[1],))


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../006_1, wherever it lies."""
    return (parts[-1],) if re.fullmatch(r"\d{3}_\d+", parts[-1]) else None


SAMM_LV = VideoTableReader(
    name="samm_lv",
    fps=200.0,
    official="SAMM_LongVideos_V3_Release.xlsx",
    kind_header="Type",
    pattern=re.compile(r"long_?\s?videos", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    example="SAMM_longvideos/006_1/006_1_0001.jpg",
    published={"micro": 159, "macro": 343},
)
