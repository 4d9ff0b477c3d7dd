"""Known mistakes in the released tables, corrected by clip name.

Only corrections that users of the releases have published are listed here. All other implausible
values are handled by the rules of `phases`.
"""

from dataclasses import dataclass, replace
from typing import Any

from mer_zoo.datasets.annotation import Annotation
from mer_zoo.datasets.report import Remark


@dataclass(frozen=True)
class Correction:
    """One wrong number.

    Attributes:
        clip: the clip's name among all datasets.
        phase: "onset", "apex" or "offset".
        wrong: the number in the official table; None corrects any number.
        right: the number that matches the frames.
        source: who published the correction.
    """

    clip: str
    phase: str
    wrong: int | None
    right: int
    source: str


CORRECTIONS = (
    Correction("casme2/sub07/EP06_01", "offset", 68, 91, "tvaranka/meb"),
    Correction("casme2/sub16/EP01_08", "offset", 110, 96, "SLSTT and SAMER"),
    Correction("samm/013/013_1_9", "offset", None, 5739, "tvaranka/meb and quangdtsc/megc2019"),
)


def correct(annotation: Annotation) -> tuple[Annotation, list[Remark]]:
    """The annotation with its known mistakes corrected, and a remark for each."""
    remarks = []
    for correction in CORRECTIONS:
        written = getattr(annotation, correction.phase)
        wrong = written if correction.wrong is None else correction.wrong
        if annotation.id != correction.clip or written != wrong or written == correction.right:
            continue
        changed: dict[str, Any] = {correction.phase: correction.right}
        annotation = replace(annotation, **changed)
        what = f"{correction.phase} {written} -> {correction.right}, after {correction.source}"
        why = "known mistake of the released table (corrections=False keeps the number)"
        remarks.append(Remark("repaired", annotation.id, what, why))
    return annotation, remarks
