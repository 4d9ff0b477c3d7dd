"""MMEW, micro-expressions (X. Ben et al., IEEE TPAMI 44(9), 2022).

The table `MMEW_Micro_Exp.xlsx` has Subject, Filename ("S13-07-001"), OnsetFrame, ApexFrame, OffsetFrame,
Action Units, Estimated Emotion and remarks. Frames lie in `Micro_Expression/<emotion>/<clip>/N.jpg` or
`S13/<emotion>/<clip>/N.jpg`, 90 a second.
"""

import re
from collections.abc import Mapping, Sequence

from mer_zoo.datasets.annotation import Annotation
from mer_zoo.datasets.table_reader import (
    ClipIdentity,
    TableReader,
    name_of,
    official_headers,
    subject_number,
)

EMOTIONS = (
    "happiness",
    "surprise",
    "anger",
    "disgust",
    "fear",
    "sadness",
    "repression",
    "others",
)
CLIPS = 300


def identify(cells: Mapping) -> ClipIdentity:
    """S13 and S13-07-001 from Subject and Filename, which have to agree."""
    subject = f"S{subject_number(cells, 's'):02d}"
    clip = name_of(cells, "clip", "Filename").upper()
    if not re.match(rf"S0*{int(subject[1:])}-", clip):
        raise ValueError(f"Filename is {clip!r}, expected it to begin with the subject {subject}")
    return ClipIdentity(subject, clip, (clip.casefold(),))


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../S13-07-001, but none of the macro-expressions."""
    if any("macro" in part.casefold() for part in parts):
        return None
    name = parts[-1].casefold()
    return (name,) if re.fullmatch(r"s\d+-\d+-\d+", name) else None


def version(annotations: Sequence[Annotation]) -> str:
    """ "release" for a table of the published number of clips."""
    return "release" if len({a.id for a in annotations}) == CLIPS else "unknown"


MMEW = TableReader(
    name="mmew",
    fps=90.0,
    emotions=EMOTIONS,
    official="MMEW_Micro_Exp.xlsx",
    headers=official_headers(
        "Subject, Filename, OnsetFrame, ApexFrame, OffsetFrame, Action Units, Estimated Emotion"
    ),
    pattern=re.compile(r"mmew.*micro", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=version,
    spellings={"other": "others"},
)
