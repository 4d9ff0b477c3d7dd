"""SAMM: FACS codes and frames (A. Davison et al., IEEE Trans. Affective Computing 9(1), 2018).

The table `SAMM_Micro_FACS_Codes_v2.xlsx` has its header below a preamble, on the sheet MICRO_ONLY:
Subject, Filename, Inducement Code, Onset Frame, Apex Frame, Offset Frame, Duration, Micro, Action Units,
Estimated Emotion, Objective Classes, Notes. Frames are grey, 200 a second, numbered with four or five
digits: `SAMM/006/006_1_2/006_05562.jpg`.
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

EMOTIONS = (
    "anger",
    "contempt",
    "happiness",
    "surprise",
    "other",
    "disgust",
    "fear",
    "sadness",
)
COUNTS = {"v2": dict(zip(EMOTIONS, (57, 12, 26, 15, 26, 9, 8, 6), strict=True))}


def identify(cells: Mapping) -> ClipIdentity:
    """006 and 006_1_2 from Subject and Filename, which have to agree."""
    subject = f"{subject_number(cells):03d}"
    clip = name_of(cells, "clip", "Filename")
    if clip.split("_")[0] != subject:
        raise ValueError(f"Filename is {clip!r}, expected it to begin with the subject {subject}")
    return ClipIdentity(subject, clip, (clip,))


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../006_1_2, wherever it lies."""
    return (parts[-1],) if re.fullmatch(r"\d{3}_\d+_\d+", parts[-1]) else None


SAMM = TableReader(
    name="samm",
    fps=200.0,
    emotions=EMOTIONS,
    official="SAMM_Micro_FACS_Codes_v2.xlsx",
    headers=official_headers(
        "Subject, Filename, Onset Frame, Apex Frame, Offset Frame, Action Units, Estimated Emotion"
    ),
    pattern=re.compile(r"micro.*facs|facs.*cod", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=version_by_counts(COUNTS),
    sheet="MICRO_ONLY",
    spellings={"others": "other"},
    trimmed=False,
)
