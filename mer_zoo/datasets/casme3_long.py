"""The long videos of CAS(ME)^3, part A (J. Li et al., IEEE TPAMI 45(3), 2023).

The table `CAS(ME)3_part_A_v2.xls` (v1 has the same columns), which has to be saved again as .xlsx, lists
micro- and macro-expressions: Subject, Filename, Onset, Apex, Offset, AU, Expression type, Objective class.
Expression type is "Micro-expression" or "Macro-expression". Frames lie in `spNO.1/b/color/175.jpg`, 30 a
second; some are missing.

The release was not at hand. Columns and folders are read as public code for it reads them; the numbers of
the table are taken for the numbers of the frame files.
"""

import re
from collections.abc import Mapping

from mer_zoo.datasets.casme3 import folder_key, subject_and_video
from mer_zoo.datasets.table_reader import ClipIdentity
from mer_zoo.datasets.video_table import VideoTableReader


def identify(cells: Mapping) -> ClipIdentity:
    """spNO.1 and spNO.1/b from Subject and Filename."""
    subject, video = subject_and_video(cells)
    return ClipIdentity(subject, f"{subject}/{video}", (subject.casefold(), video))


CASME3_LONG = VideoTableReader(
    name="casme3",
    fps=30.0,
    official="CAS(ME)3_part_A_v2.xls, saved again as .xlsx",
    kind_header="Expression type",
    pattern=re.compile(r"part_?a_v\d", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    example="part_A/spNO.1/b/color/175.jpg",
)
