"""4DME, micro-expressions (X. Li et al., IEEE Trans. Affective Computing 14(4), 2023).

The table `4DME_Labelling_Micro_release v1.xlsx` has sub_ID, fold_name, Emotion, Onset, Apex, Offset and
AUs. A clip may have several emotions; they are joined by "+" in the fixed order: "negative+surprise".
An action unit marked "(k)" keeps its mark. Frames of the grey videos lie in
`gray_micro/<sub_ID>/<fold_name>/`, 60 a second.
"""

import re
from collections.abc import Mapping, Sequence

from mer_zoo.datasets.annotation import Annotation
from mer_zoo.datasets.report import Remark
from mer_zoo.datasets.table_reader import ClipIdentity, TableReader, name_of, official_headers

EMOTIONS = ("positive", "negative", "surprise", "repression", "others")
# Data rows of release v1, counted from 0, whose action units its users found exchanged.
EXCHANGED_ROWS = (144, 145)


def identify(cells: Mapping) -> ClipIdentity:
    """sub_ID and fold_name as they are."""
    subject = name_of(cells, "subject", "sub_ID")
    clip = name_of(cells, "clip", "fold_name")
    return ClipIdentity(subject, clip, (subject.casefold(), clip.casefold()))


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """gray_micro/<sub_ID>/<fold_name>, also gray_micro_crop; or both names below the root."""
    above = parts[-3].casefold() if len(parts) > 2 else ""
    if len(parts) < 2 or (above and "micro" not in above):
        return None
    if any(re.search(r"macro|micro", part.casefold()) for part in parts[-2:]):
        return None
    return parts[-2].casefold(), parts[-1].casefold()


def category(text: str) -> str:
    """The emotions that a text names, in the order of `EMOTIONS`; any other text is returned unchanged."""
    names = {"other": "others"}
    parts = [part.strip() for part in re.split(r"[+,;/&]|\band\b", text) if part.strip()]
    known = {names.get(part, part) for part in parts}
    if not known <= set(EMOTIONS):
        return text
    return "+".join(name for name in EMOTIONS if name in known)


def remarks(annotations: Sequence[Annotation]) -> list[Remark]:
    """Points at the two rows whose action units seem exchanged; they are kept as written."""
    rows = [annotations[i] for i in EXCHANGED_ROWS if i < len(annotations)]
    why = "rows 144 and 145 of release v1 seem to have each other's action units (tvaranka/meb)"
    return [Remark("note", a.id, f"action units {a.aus}, kept as written", why) for a in rows]


FOURDME = TableReader(
    name="4dme",
    fps=60.0,
    emotions=EMOTIONS,
    official="4DME_Labelling_Micro_release v1.xlsx",
    headers=official_headers("sub_ID, fold_name, Onset, Apex, Offset, AUs, Emotion"),
    pattern=re.compile(r"4dme.*micro", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=lambda annotations: "unknown",
    category=category,
    trimmed=False,
    remarks=remarks,
)
