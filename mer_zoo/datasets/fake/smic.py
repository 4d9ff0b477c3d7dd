"""A made-up SMIC-HS.

Quirks: labels in folders, no apex, subjects as s1 or s01, large frame numbers, clips of another camera and
clips without a micro-expression beside them, a stray file; in version "HS-E" also the annotation table of the
extended release with formulas, text below the rows and clips missing.
"""

from collections.abc import Sequence
from pathlib import Path

from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, spread, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import write_workbook
from mer_zoo.datasets.protocols import PROTOCOLS
from mer_zoo.datasets.smic import CODES, EMOTIONS

LAYOUTS = {
    "s1": ("HS", "s{}", "image{n:06d}.bmp"),
    "s01": ("SMIC_all_cropped/HS", "s{:02d}", "reg_image{n:06d}.bmp"),
}
SUBJECTS = (1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 18, 19, 20)
HEADER = ("Subject", "Filename", "OnsetF", "OffsetF", "FirstF", "LastF", "TotalMF1", "Emotion")


def write_smic(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    tree, person, pattern = LAYOUTS[options.choose("layout", tuple(LAYOUTS))]
    version = options.choose("version", ("folders", "HS-E"))
    clips = _clips(options, person)
    for clip in clips:
        micro = folder / tree / clip.subject / "micro"
        write_frames(clip, micro / clip.emotion / clip.name, pattern, options)
    if not options.clean:
        first = clips[0]
        for place in (f"{tree}/{first.subject}/non_micro", f"VIS/{first.subject}/micro/negative"):
            write_frames(first, folder / place / first.name, pattern, options)
        (folder / tree / first.subject / "Thumbs.db").write_bytes(b"\0")
    if version == "HS-E":
        listed = clips if options.clean else clips[1:]
        rows = [_row(clip, i + 2) for i, clip in enumerate(listed)]
        below: list[Sequence] = (
            [] if options.clean else [[None], ["Frame numbers count from the first frame"]]
        )
        sheets: dict[str, list[Sequence]] = {
            "HS": [HEADER, *rows, *below],
            "VIS": [HEADER, *rows[:1]],
        }
        write_workbook(folder / "SMIC-HS-E_annotation.xlsx", sheets)
    return folder


def _row(clip: FakeClip, row: int) -> tuple:
    number = int(clip.subject[1:])
    length = clip.offset - clip.onset + 1
    ends = (clip.onset - 20, clip.offset + 20)
    return number, clip.name, clip.onset, f"=C{row}+G{row}-1", *ends, length, clip.emotion


def _clips(options: FakeOptions, person: str) -> list[FakeClip]:
    inventor = Inventor(
        "smic", options, fps=100.0, action_units={}, first_frame=(400_000, 17_000_000)
    )
    codes = {emotion: code for code, emotion in CODES.items()}
    if options.full:
        counts = PROTOCOLS["smic-3class-164"].class_counts
        pairs = spread(counts, [f"{n:02d}" for n in SUBJECTS])
    else:
        subjects = [f"{n:02d}" for n in SUBJECTS[: options.subjects]]
        pairs = take_turns(subjects, options.clips_per_subject, EMOTIONS)
    clips, number = [], {}
    for subject, emotion in pairs:
        number[subject, emotion] = number.get((subject, emotion), 0) + 1
        name = person.format(int(subject))
        clip = f"{name}_{codes[emotion]}_{number[subject, emotion]:02d}"
        clips.append(inventor.clip(name, clip, emotion))
    return clips
