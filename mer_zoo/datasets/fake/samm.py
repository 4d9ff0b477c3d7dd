"""A made-up SAMM.

Quirks: a preamble of 13 rows, a second sheet, a duration given as a formula, capitalised emotions, "Others",
action units with "or", a wrong offset (013_1_9), an apex before the onset (028_4_1) and one after the
offset (032_3_1), file numbers of four digits, grey frames, frames beyond onset and offset.
"""

from pathlib import Path

from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions, Inventor, spread, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.datasets.fake.workbook import number_or_text, write_workbook
from mer_zoo.datasets.protocols import SAMM_FIVE
from mer_zoo.datasets.samm import COUNTS

HEADER = (
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Duration",
    "Micro",
    "Action Units",
    "Estimated Emotion",
    "Objective Classes",
    "Notes",
)
ACTION_UNITS = {
    "anger": ("4+7", "7", "L4 or R4"),
    "contempt": ("R14", "L12"),
    "happiness": ("12", "6+12"),
    "surprise": ("1+2", "5"),
    "other": ("14", "AU20"),
    "disgust": ("9", "10"),
    "fear": ("1+2+4",),
    "sadness": ("1+15",),
}
SUBJECTS = tuple(f"{n:03d}" for n in (6, 7, *range(9, 27), 28, *range(30, 38)))
ONLY_OTHER = ("025",)
NONE_OF_FIVE = ("016", "017")
PREAMBLE = 13


def write_samm(folder: Path, options: FakeOptions) -> Path:
    """Writes the release; see `fake_release`."""
    options.choose("layout", ("release",))
    version = options.choose("version", ("v2",))
    clips = _clips(options)
    for clip in clips:
        digits = 4 if not options.clean and clip.subject == clips[0].subject else 5
        pattern = f"{clip.subject}_{{n:0{digits}d}}.jpg"
        write_frames(clip, folder / "SAMM" / clip.subject / clip.name, pattern, options)
    preamble = [[f"Line {i + 1} of the terms of use"] for i in range(PREAMBLE)]
    rows = [_row(clip, PREAMBLE + 2 + i, options) for i, clip in enumerate(clips)]
    sheets = {
        "MICRO_ONLY": [*preamble, HEADER, *rows],
        "MICRO_MACRO": [["All movements"], HEADER, *rows[:2]],
    }
    merged = [("MICRO_ONLY", "A1:F1")]
    write_workbook(folder / f"SAMM_Micro_FACS_Codes_{version}.xlsx", sheets, merged)
    return folder


def _row(clip: FakeClip, row: int, options: FakeOptions) -> tuple:
    emotion = clip.emotion.capitalize()
    if emotion == "Other" and not options.clean and row % 2:
        emotion = "Others"
    return (
        clip.subject,
        clip.name,
        int(clip.name.split("_")[1]),
        clip.cell("onset"),
        clip.cell("apex"),
        clip.cell("offset"),
        f"=F{row}-D{row}+1",
        "Micro - 1/2",
        number_or_text(clip.action_units),
        emotion,
        1 + row % 7,
        None if row % 5 else "Made up",
    )


def _clips(options: FakeOptions) -> list[FakeClip]:
    inventor = Inventor(
        "samm", options, fps=200.0, action_units=ACTION_UNITS, first_frame=(1000, 9000), around=2
    )
    peculiar = _peculiar(inventor, options.clean)
    if options.full:
        counts = dict(COUNTS["v2"])
        for clip in peculiar:
            counts[clip.emotion] -= 1
        pairs = spread(counts, SUBJECTS, _may_show)
    else:
        peculiar = [] if options.clean else peculiar
        subjects = SUBJECTS[: options.subjects]
        pairs = take_turns(subjects, options.clips_per_subject, SAMM_FIVE)
    regular = [
        inventor.clip(subject, f"{subject}_{5 + i % 3}_{10 + i}", emotion)
        for i, (subject, emotion) in enumerate(pairs)
    ]
    return sorted(regular + peculiar, key=lambda clip: (clip.subject, clip.name))


def _peculiar(inventor: Inventor, clean: bool) -> list[FakeClip]:
    rows = (
        ("013_1_9", {"onset": 5715, "apex": 5726, "offset": 5739}, {"offset": 5939}),
        ("028_4_1", {"onset": 2210, "apex": 2221, "offset": 2234}, {"apex": 2201}),
        ("032_3_1", {"onset": 3310, "apex": 3321, "offset": 3330}, {"apex": 3340}),
    )
    return [
        inventor.clip(name[:3], name, "anger", **phases, written={} if clean else written)
        for name, phases, written in rows
    ]


def _may_show(subject: str, emotion: str) -> bool:
    if subject in ONLY_OTHER:
        return emotion == "other"
    return subject not in NONE_OF_FIVE or emotion not in SAMM_FIVE
