"""SMIC-HS (X. Li et al., FG 2013).

The release of short clips has no table: the folders say whose clip it is and which emotion, and the
first and last file are onset and offset. Frames are 100 a second. Trees that are understood:

    HS/s1/micro/negative/s1_ne_01/image559740.bmp
    SMIC_all_cropped/HS/s01/micro/negative/s01_ne_01/reg_image559740.bmp

The VIS and NIR cameras and the clips without a micro-expression are left alone. There is never an apex.
Subjects and clips are named with two digits, as MEGC 2019 does: s01, s01_ne_01.

`SMIC-HS-E_annotation.xlsx`, of the extended release, can be read as a table; it lists 157 of the 164
clips.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from mer_zoo.clips.folder import list_images
from mer_zoo.datasets.annotation import Annotation, Release
from mer_zoo.datasets.frame_folders import walk_release
from mer_zoo.datasets.table_reader import ClipIdentity, TableReader, name_of, subject_number
from mer_zoo.errors import DatasetError, VideoError

EMOTIONS = ("negative", "positive", "surprise")
CODES = {"ne": "negative", "po": "positive", "sur": "surprise"}
FPS = 100.0
FOLDERS = "folders"


def canonical_clip(name: str) -> str | None:
    """s1_ne_1, s01_ne_01 -> s01_ne_01; None for another kind of name."""
    match = re.fullmatch(r"s0*(\d{1,2})_(ne|po|sur)_0*(\d{1,3})", name.strip().casefold())
    return f"s{int(match[1]):02d}_{match[2]}_{int(match[3]):02d}" if match else None


def folder_key(parts: tuple[str, ...]) -> tuple[str, ...] | None:
    """.../negative/s1_ne_01 of the high-speed camera."""
    if len(parts) < 2 or {"vis", "nir"} & {part.casefold() for part in parts}:
        return None
    clip = canonical_clip(parts[-1])
    return (clip,) if clip and parts[-2].casefold() in EMOTIONS else None


def identify(cells: Mapping) -> ClipIdentity:
    """s01 and s01_ne_01 from Subject and Filename, which have to agree."""
    subject = f"s{subject_number(cells, 's'):02d}"
    written = name_of(cells, "clip", "Filename")
    clip = canonical_clip(written)
    if clip is None or not clip.startswith(f"{subject}_"):
        raise ValueError(f"Filename is {written!r}, expected a clip of {subject} like s1_ne_01")
    return ClipIdentity(subject, clip, (clip,))


EXTENDED = TableReader(
    name="smic",
    fps=FPS,
    emotions=EMOTIONS,
    official="SMIC-HS-E_annotation.xlsx",
    headers={
        "subject": "Subject",
        "clip": "Filename",
        "onset": "OnsetF",
        "offset": "OffsetF",
        "emotion": "Emotion",
    },
    pattern=re.compile(r"smic.*annotation", re.IGNORECASE),
    identify=identify,
    folder_key=folder_key,
    version=lambda annotations: "HS-E",
    sheet="HS",
    spellings=CODES,
)


class SmicReader:
    """Reads SMIC-HS from its folders, or from the table of the extended release."""

    name = "smic"
    emotions = EMOTIONS

    def read(self, root: str | Path | None, table: str | Path | None) -> Release:
        """See `TableReader.read`."""
        if table is not None:
            return EXTENDED.read(root, table)
        if root is None:
            raise DatasetError("SMIC-HS has no table: its labels are its folders. Give root.")
        tree = walk_release(root, folder_key)
        if not tree.folders:
            raise DatasetError(
                f"{root} holds no clips of SMIC-HS; expected folders such as "
                "HS/s1/micro/negative/s1_ne_01."
            )
        annotations = tuple(_annotation(clip, path) for (clip,), path in tree.folders.items())
        return Release(
            name=self.name,
            source=str(root),
            annotations=annotations,
            emotions=EMOTIONS,
            version=FOLDERS,
            rows_read=len(annotations),
            folders=tree.folders,
            trimmed=True,
            fps=FPS,
        )


def _annotation(clip: str, path: Path) -> Annotation:
    subject, code, _ = clip.split("_")
    emotion = path.parent.name
    if CODES[code] != emotion.casefold():
        raise DatasetError(
            f"{path} lies in {emotion!r}, but {code!r} in its name means {CODES[code]}. Move it to "
            "where the release has it."
        )
    above = path.parts[-4] if len(path.parts) > 3 else ""
    person = re.fullmatch(r"s0*(\d{1,2})", above.casefold())
    if person and int(person[1]) != int(subject[1:]):
        raise DatasetError(
            f"{path} lies in the folder of {above}, but its name says {subject}. Move it to where "
            "the release has it."
        )
    numbers: list[int] = []
    with suppress(VideoError):  # frames that cannot be used are reported with the others' later
        numbers, _ = list_images(path)
    return Annotation(
        "smic",
        subject,
        clip,
        emotion,
        emotion.casefold(),
        where=str(path),
        onset=numbers[0] if numbers else None,
        offset=numbers[-1] if numbers else None,
        folder=(clip,),
        fps=FPS,
    )
