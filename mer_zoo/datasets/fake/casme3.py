"""A made-up CAS(ME)^3, part A.

Quirks: numbers stored as text, several expressions in one video, an apex before the onset (spNO.149/d), an
apex on the onset, an expression of more than two seconds, "Others", depth images beside the colour frames.
"""

from dataclasses import replace
from pathlib import Path

from mer_zoo.datasets.casme3 import COUNTS, EMOTIONS
from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, spread, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import write_workbook

HEADER = (
    "Subject",
    "Filename",
    "Onset",
    "Apex",
    "Offset",
    "AU",
    "Objective class",
    "emotion",
)
ACTION_UNITS = {
    "happy": ("12", "6+12"),
    "anger": ("4+5",),
    "fear": ("1+4", "L20"),
    "disgust": ("4+7", "10"),
    "surprise": ("1+2",),
    "others": ("14", "4"),
    "sad": ("15+17",),
}
SUBJECTS_IN_FULL = 100
CLASSES = ("I", "II", "III", "IV", "V", "VI", "VII")


def write_casme3(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    options.choose("layout", ("release",))
    options.choose("version", ("v2",))
    clips = _clips(options)
    videos: dict[tuple[str, str], list[FakeClip]] = {}
    for clip in clips:
        videos.setdefault((clip.subject, clip.name), []).append(clip)
    for (subject, name), parts in videos.items():
        place = folder / "part_A" / subject / name
        for part in parts:
            write_frames(part, place / "color", "{n}.jpg", options)
        if not options.clean:
            write_frames(parts[0], place / "depth", "{n}.png", options)
    rows = [_row(clip, i, options) for i, clip in enumerate(clips)]
    path = folder / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx"
    write_workbook(path, {"label": [HEADER, *rows]})
    return folder


def _row(clip: FakeClip, index: int, options: FakeOptions) -> tuple:
    phases = [clip.cell(name) for name in ("onset", "apex", "offset")]
    emotion = clip.emotion
    if not options.clean:
        phases = list(map(str, phases)) if index % 2 else phases
        emotion = "Others" if emotion == "others" and index % 2 else emotion
    objective = CLASSES[index % len(CLASSES)]
    return clip.subject, clip.name, *phases, clip.action_units, objective, emotion


def _clips(options: FakeOptions) -> list[FakeClip]:
    inventor = Inventor("casme3", options, fps=30.0, action_units=ACTION_UNITS, around=2)
    peculiar = _peculiar(inventor)
    if options.full:
        counts = dict(COUNTS["part A v2"])
        for clip in peculiar:
            counts[clip.emotion] -= 1
        pairs = spread(counts, [f"spNO.{n}" for n in range(1, SUBJECTS_IN_FULL + 1)])
    else:
        subjects = [f"spNO.{n}" for n in range(1, options.subjects + 1)]
        pairs = take_turns(subjects, options.clips_per_subject, EMOTIONS)
    regular, number = [], {}
    for subject, emotion in pairs:
        number[subject] = n = number.get(subject, 0) + 1
        # Every third expression comes later in the video of the one before it.
        video = "abcdefghijklm"[(n - n // 3) % 13]
        regular.append(inventor.clip(subject, video, emotion, onset=40 * n + 5))
    if options.clean:
        return regular + [replace(c, written={}) for c in peculiar if options.full]
    return regular + peculiar


def _peculiar(inventor: Inventor) -> list[FakeClip]:
    clip = inventor.clip
    long = {"onset": 400, "apex": 430, "offset": 470}
    return [
        clip("spNO.149", "d", "fear", onset=310, apex=318, offset=330, written={"apex": 290}),
        clip("spNO.150", "e", "others", onset=60, apex=66, offset=75, written={"apex": 60}),
        clip("spNO.150", "e", "disgust", **long),
    ]
