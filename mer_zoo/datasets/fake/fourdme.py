"""A made-up 4DME.

Quirks: clips with two emotions, action units marked "(k)".
"""

from dataclasses import replace
from pathlib import Path

from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import write_workbook
from mer_zoo.datasets.fourdme import EMOTIONS
from mer_zoo.errors import DatasetError

HEADER = ("sub_ID", "fold_name", "Emotion", "Onset", "Apex", "Offset", "AUs")
ACTION_UNITS = {
    "positive": ("AU12", "AU6+AU12"),
    "negative": ("AU4", "AU4+AU7"),
    "surprise": ("AU1+AU2",),
    "repression": ("AU15", "AU17"),
    "others": ("AU14",),
}


def write_fourdme(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    options.choose("layout", ("release",))
    options.choose("version", ("v1",))
    if options.full:
        raise DatasetError("4DME has no protocol with published counts here; leave full= out.")
    clips = _clips(options)
    for clip in clips:
        place = folder / "gray_micro" / clip.subject / clip.name
        write_frames(clip, place, "img{n:04d}.jpg", options)
    rows = [
        (
            clip.subject,
            clip.name,
            clip.emotion.title(),
            *(clip.onset, clip.apex, clip.offset),
            clip.action_units,
        )
        for clip in clips
    ]
    path = folder / "4DME_Labelling_Micro_release v1.xlsx"
    write_workbook(path, {"Sheet1": [HEADER, *rows]})
    return folder


def _clips(options: FakeOptions) -> list[FakeClip]:
    inventor = Inventor("4dme", options, fps=60.0, action_units=ACTION_UNITS)
    subjects = [f"{n:02d}" for n in range(1, options.subjects + 1)]
    pairs = take_turns(subjects, options.clips_per_subject, EMOTIONS)
    clips = [
        inventor.clip(subject, f"{subject}_clip{i + 1}", emotion)
        for i, (subject, emotion) in enumerate(pairs)
    ]
    if not options.clean:
        clips[0] = replace(clips[0], action_units="AU12+AU14(k)")
        clips[1] = replace(clips[1], emotion="surprise+negative")
    return clips
