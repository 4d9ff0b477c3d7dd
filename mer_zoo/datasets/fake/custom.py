"""Made-up clips of one's own, as a csv table or a folder a class."""

import csv
from pathlib import Path

from mer_zoo.datasets.fake.clips import FakeOptions, Inventor, take_turns
from mer_zoo.datasets.fake.drawing import write_frames
from mer_zoo.errors import DatasetError

CLASSES = ("calm", "tense")
FPS = 100.0
HEADER = ("path", "subject", "label", "onset", "apex", "offset", "fps")


def write_custom(folder: Path, options: FakeOptions) -> Path:
    """Writes the clips; see `fake_release`."""
    layout = options.choose("layout", ("csv", "folders", "names"))
    options.choose("version", ("own",))
    if options.full:
        raise DatasetError("custom clips have no published counts; leave full= out.")
    inventor = Inventor("custom", options, fps=FPS, action_units={})
    people = [f"person{n}" for n in range(1, options.subjects + 1)]
    rows = []
    for i, (subject, label) in enumerate(take_turns(people, options.clips_per_subject, CLASSES)):
        clip = inventor.clip(subject, f"clip{i + 1}", label)
        places = {
            "csv": f"clips/{subject}/{clip.name}",
            "folders": f"{label}/{subject}/{clip.name}",
            "names": f"{label}/{subject}__{clip.name}",
        }
        write_frames(clip, folder / places[layout], "img{n}.png", options)
        apex = "" if i == 0 and not options.clean else clip.apex
        rows.append((places[layout], subject, label, clip.onset, apex, clip.offset, FPS))
    if layout == "csv":
        with (folder / "clips.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([HEADER, *rows])
    return folder
