"""CAS(ME)^3, part A (J. Li et al., IEEE TPAMI 45(3), 2023).

The table `cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx` lists micro-expressions in long videos, several in
one video at times, so a clip is named by its video and its onset: "b_171". Numbers may be stored as
text. Frames lie in `spNO.1/b/color/175.jpg` beside a folder of depth images, 30 a second.
"""

import re
from collections.abc import Mapping

from mer_zoo.datasets.cells import cell_number
from mer_zoo.datasets.table_reader import (
    ClipIdentity,
    TableReader,
    name_of,
    official_headers,
    version_by_counts,
)

EMOTIONS = ("happy", "anger", "fear", "disgust", "surprise", "others", "sad")
COUNTS = {"part A v2": dict(zip(EMOTIONS, (55, 64, 86, 250, 187, 161, 57), strict=True))}


def identify(cells: Mapping) -> ClipIdentity:
    """spNO.1 and b_171 from Subject, Filename and Onset."""
    subject, video = subject_and_video(cells)
    try:
        onset = cell_number(cells["onset"])
    except ValueError:
        raise ValueError("Onset is needed to tell the expressions of one video apart") from None
    return ClipIdentity(subject, f"{video}_{onset}", (subject.casefold(), video))


def subject_and_video(cells: Mapping) -> tuple[str, str]:
    """spNO.1 and b from Subject and Filename; ValueError says what was expected."""
    text = name_of(cells, "subject", "Subject")
    match = re.fullmatch(r"spno\.?\s*0*(\d+)", text, re.IGNORECASE)
    if match is None:
        raise ValueError(f"Subject is {text!r}, expected a name such as spNO.1")
    return f"spNO.{match[1]}", name_of(cells, "clip", "Filename").casefold()


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../spNO.1/b/color."""
    if len(parts) < 3 or parts[-1].casefold() != "color":
        return None
    match = re.fullmatch(r"spno\.0*(\d+)", parts[-3].casefold())
    return (f"spno.{match[1]}", parts[-2].casefold()) if match else None


CASME3 = TableReader(
    name="casme3",
    fps=30.0,
    emotions=EMOTIONS,
    official="cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
    headers=official_headers("Subject, Filename, Onset, Apex, Offset, AU, emotion"),
    pattern=re.compile(r"part_?a.*me_label", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=version_by_counts(COUNTS),
    spellings={
        "happiness": "happy",
        "sadness": "sad",
        "angry": "anger",
        "other": "others",
    },
    trimmed=False,
)
