"""A made-up CASME II.

Quirks: unnamed columns, an apex "/", an apex on the onset and one on the offset, two wrong offsets, frames
without a row (sub24/EP02_07), a missing frame file, a stray shortcut, several patterns of file names, two
versions of the table, three trees.
"""

from dataclasses import replace
from pathlib import Path

from mer_zoo.datasets.casme2 import COUNTS
from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, spread, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import number_or_text, write_workbook
from mer_zoo.datasets.protocols import CASME2_FIVE

LAYOUTS = {
    "raw": ("CASME2_RAW_selected", "sub{:02d}", "img{n}.jpg"),
    "cropped": ("Cropped", "sub{:02d}", "reg_img{n}.jpg"),
    "updated": ("Cropped-updated/Cropped", "{}", "reg_img{n}.jpg"),
}
VERSIONS = tuple(COUNTS)
HEADER = (
    "Subject",
    "Filename",
    None,
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    None,
    "Action Units",
    "Estimated Emotion",
)
ACTION_UNITS = {
    "happiness": ("12", "R6+R12", "14"),
    "disgust": ("4+7", "4+L10", "9"),
    "surprise": ("1+2", "5", "L1+L2"),
    "repression": ("15", "17", "12+15"),
    "others": ("4", "14", "?"),
    "sadness": ("1",),
    "fear": ("L20",),
}
RELABELLED = ("EP07_01", "EP07_04f", "EP10_03")  # of sub24, between the two versions
NAMES = ("EP{0:02d}_{1:02d}", "EP{0:02d}_{1:02d}f", "EP{0:02d}_{1:02d}_01", "EP{0:02d}_{1}")


def write_casme2(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    layout = options.choose("layout", tuple(LAYOUTS))
    version = options.choose("version", VERSIONS)
    tree, person, pattern = LAYOUTS[layout]
    clips = _clips(options, version)
    for clip in clips:
        number = int(clip.subject.removeprefix("sub"))
        place = folder / tree / person.format(number) / clip.name
        write_frames(clip, place, pattern, options)
    if not options.clean:
        (folder / tree / person.format(1) / "Desktop - Shortcut.lnk").write_bytes(b"L\0\0\0")
    rows = [_row(clip) for clip in clips if clip.in_table]
    sheets = {"Sheet1": [HEADER, *rows], "Sheet2": [], "Sheet3": []}
    write_workbook(folder / f"CASME2-coding-{version}.xlsx", sheets)
    return folder


def _row(clip: FakeClip) -> tuple:
    return (
        clip.subject.removeprefix("sub"),
        clip.name,
        None,
        clip.cell("onset"),
        clip.cell("apex"),
        clip.cell("offset"),
        None,
        number_or_text(clip.action_units),
        clip.emotion,
    )


def _clips(options: FakeOptions, version: str) -> list[FakeClip]:
    inventor = Inventor("casme2", options, fps=200.0, action_units=ACTION_UNITS)
    peculiar = _peculiar(inventor, version)
    if options.full:
        counts = dict(COUNTS[version])
        for clip in peculiar:
            counts[clip.emotion] -= clip.in_table
        subjects = [f"sub{n:02d}" for n in range(1, 27)]
        pairs = spread(counts, subjects, _may_show)
    else:
        subjects = [f"sub{n:02d}" for n in range(1, options.subjects + 1)]
        pairs = take_turns(subjects, options.clips_per_subject, CASME2_FIVE)
    regular = []
    for i, (subject, emotion) in enumerate(pairs):
        name = NAMES[i % len(NAMES)].format(30 + i // 60, i % 60 + 1)
        regular.append(inventor.clip(subject, name, emotion))
    if options.clean:
        regular = [_plain_units(clip) for clip in regular]
        truth = [replace(clip, written={}) for clip in peculiar if clip.in_table]
        return sorted(regular + (truth if options.full else []), key=_order)
    first = regular[0]
    numbers = tuple(n for n in first.numbers if n != first.apex)
    regular[0] = replace(first, numbers=numbers, name="EP09f")
    return sorted(regular + peculiar, key=_order)


def _peculiar(inventor: Inventor, version: str) -> list[FakeClip]:
    clip = inventor.clip
    sub24 = "sadness" if version == "20140508" else "surprise"
    return [
        clip("sub04", "EP12_01f", "disgust", written={"apex": "/"}),
        clip("sub05", "EP09_05f", "disgust", onset=40, apex=52, offset=61, written={"apex": 40}),
        clip("sub20", "EP16_01", "others", onset=30, apex=44, offset=51, written={"apex": 51}),
        clip("sub07", "EP06_01", "others", onset=54, apex=60, offset=91, written={"offset": 68}),
        clip("sub16", "EP01_08", "others", onset=70, apex=84, offset=96, written={"offset": 110}),
        *(clip("sub24", name, sub24) for name in RELABELLED),
        clip("sub24", "EP02_07", "disgust", in_table=False),
    ]


def _may_show(subject: str, emotion: str) -> bool:
    # Two subjects show nothing that MEGC 2019 counts.
    return subject not in ("sub10", "sub18") or emotion == "others"


def _plain_units(clip: FakeClip) -> FakeClip:
    return replace(clip, action_units="4") if clip.action_units == "?" else clip


def _order(clip: FakeClip) -> tuple[str, str]:
    return clip.subject, clip.name
