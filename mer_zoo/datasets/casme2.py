"""CASME II: coding table and frames (W.-J. Yan et al., PLoS ONE 9(1), 2014).

The table has a row a clip: Subject, Filename, OnsetFrame, ApexFrame, OffsetFrame, Action Units,
Estimated Emotion, and two columns without a name. File names are opaque: they follow several
patterns and are never parsed. Supported trees, with frames onset..offset at 200 frames per second:

    CASME2_RAW_selected/sub01/EP02_01f/img46.jpg
    Cropped/sub01/EP02_01f/reg_img46.jpg
    Cropped-updated/Cropped/1/EP02_01f/reg_img46.jpg
"""

import re
from collections.abc import Mapping

from mer_zoo.datasets.table_reader import (
    ClipIdentity,
    TableReader,
    name_of,
    official_headers,
    subject_number,
    version_by_counts,
)

EMOTIONS = ("happiness", "disgust", "surprise", "repression", "others", "sadness", "fear")

# The 2019 table relabels three clips of sub24 from sadness to surprise.
COUNTS = {
    "20140508": dict(zip(EMOTIONS, (32, 63, 25, 27, 99, 7, 2), strict=True)),
    "20190701": dict(zip(EMOTIONS, (32, 63, 28, 27, 99, 4, 2), strict=True)),
}


def identify(cells: Mapping) -> ClipIdentity:
    """sub01 and EP02_01f from Subject and Filename."""
    subject = f"sub{subject_number(cells, 'sub'):02d}"
    clip = name_of(cells, "clip", "Filename")
    return ClipIdentity(subject, clip, (subject, clip.casefold()))


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../sub01/EP02_01f or .../1/EP02_01f."""
    if len(parts) < 2 or not (match := re.fullmatch(r"(?:sub)?0*(\d{1,2})", parts[-2], re.I)):
        return None
    return f"sub{int(match[1]):02d}", parts[-1].casefold()


CASME2 = TableReader(
    name="casme2",
    fps=200.0,
    emotions=EMOTIONS,
    official="CASME2-coding-20140508.xlsx",
    headers=official_headers(
        "Subject, Filename, OnsetFrame, ApexFrame, OffsetFrame, Action Units, Estimated Emotion"
    ),
    pattern=re.compile(r"coding", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=version_by_counts(COUNTS),
    sheet="Sheet1",
    spellings={"other": "others"},
)
