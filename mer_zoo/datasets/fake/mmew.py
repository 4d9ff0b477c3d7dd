"""A made-up MMEW.

Quirks: an apex after the offset, an offset before the onset, a column of remarks,
macro-expressions beside the micro-expressions.
"""

from dataclasses import replace
from pathlib import Path

from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, spread, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import number_or_text, write_workbook
from mer_zoo.datasets.mmew import CLIPS

HEADER = (
    "Subject",
    "Filename",
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    "Action Units",
    "Estimated Emotion",
    "remarks",
)
EMOTIONS = ("happiness", "surprise", "anger", "disgust", "fear", "sadness", "others")
ACTION_UNITS = {
    "happiness": ("12", "6+12"),
    "surprise": ("1+2", "5"),
    "anger": ("4+7",),
    "disgust": ("10", "9"),
    "fear": ("20",),
    "sadness": ("1+15",),
    "others": ("4", "14"),
}
SUBJECTS_IN_FULL = 30


def write_mmew(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    layout = options.choose("layout", ("emotions", "subjects"))
    options.choose("version", ("release",))
    clips = _clips(options)
    for clip in clips:
        above = "Micro_Expression" if layout == "emotions" else clip.subject
        write_frames(clip, folder / above / clip.emotion / clip.name, "{n}.jpg", options)
    if not options.clean:
        first = clips[0]
        place = folder / "Macro_Expression" / first.emotion / first.name
        write_frames(first, place, "{n}.jpg", options)
    rows = [
        (
            int(clip.subject[1:]),
            clip.name,
            *(clip.cell(name) for name in ("onset", "apex", "offset")),
            number_or_text(clip.action_units),
            clip.emotion,
            None if i % 4 else "made up",
        )
        for i, clip in enumerate(clips)
    ]
    write_workbook(folder / "MMEW_Micro_Exp.xlsx", {"Sheet1": [HEADER, *rows]})
    return folder


def _clips(options: FakeOptions) -> list[FakeClip]:
    inventor = Inventor("mmew", options, fps=90.0, action_units=ACTION_UNITS, first_frame=(2, 30))
    if options.full:
        each, more = divmod(CLIPS, len(EMOTIONS))
        counts = {emotion: each + (i < more) for i, emotion in enumerate(EMOTIONS)}
        pairs = spread(counts, [f"S{n:02d}" for n in range(1, SUBJECTS_IN_FULL + 1)])
    else:
        subjects = [f"S{n:02d}" for n in range(1, options.subjects + 1)]
        pairs = take_turns(subjects, options.clips_per_subject, EMOTIONS)
    clips = []
    for i, (subject, emotion) in enumerate(pairs):
        name = f"{subject}-{EMOTIONS.index(emotion) + 1:02d}-{i + 1:03d}"
        clips.append(inventor.clip(subject, name, emotion))
    if not options.clean:
        clips[0] = replace(clips[0], written={"apex": clips[0].offset + 9})
        clips[1] = replace(clips[1], written={"offset": clips[1].onset - 1})
    return clips
