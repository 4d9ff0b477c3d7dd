"""Made-up precomputed flow images.

Quirks: a space before ".png", subjects of SMIC as s01 in the table and s1 in file names, another suffix for
the second segment, an image without a row; or the layout of one folder a fold.
"""

import csv
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.datasets.fake.clips import FakeOptions, spread, take_turns
from mer_zoo.datasets.flow import FOLDS, SUBJECT_FORMS
from mer_zoo.datasets.protocols import PROTOCOLS, THREE_CLASSES

HEADER = ("dataset", "sub", "filename_o", "label", "apex", "imagename", "sub_filename")
SIDE = 28
VERSIONS = {"442": "megc2019-flow-442", "309": "megc2019-flow-309"}
NUMBERS = {
    "casme2": (*range(1, 10), *range(11, 18), *range(19, 27)),
    "smic": (1, 2, 3, 4, 5, 6, 8, 9, 11, 12, 13, 14, 15, 18, 19, 20),
    "samm": (6, 7, *range(9, 25), 26, 28, *range(30, 38)),
}


def write_flow(folder: Path, options: FakeOptions) -> Path:
    """Writes the images; see `fake_release`."""
    layout = options.choose("layout", ("labels", "folds"))
    protocol = PROTOCOLS[VERSIONS[options.choose("version", tuple(VERSIONS))]]
    rows = _rows(options, protocol)
    random = np.random.default_rng(options.seed)
    if layout == "folds":
        _write_folds(folder / FOLDS, rows, random)
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    for segment, suffix in (("onset_apex", ""), ("apex_offset", "_1")):
        (folder / segment).mkdir()
        for dataset, subject, clip, _ in rows:
            name = clip
            if dataset == "smic" and not options.clean:
                name = f"s{int(subject[1:])}" + clip[3:]
            _write_image(folder / segment / f"{subject}_{name}{suffix} .png", random)
    if not options.clean:
        _write_image(folder / "onset_apex" / "sub99_EP01_01 .png", random)
    table = [
        (dataset, subject, clip, label, "", f"{subject}_{clip}.jpg", "")
        for dataset, subject, clip, label in rows
    ]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADER, *table])
    return folder


def _rows(options: FakeOptions, protocol) -> list[tuple[str, str, str, int]]:
    rows = []
    for dataset, counts in protocol.counts.items():
        people = [SUBJECT_FORMS[dataset].format(n) for n in NUMBERS[dataset]]
        if options.full:
            pairs = list(spread(counts, people))
        else:
            people = people[: options.subjects]
            pairs = list(take_turns(people, options.clips_per_subject, THREE_CLASSES))
        for i, (subject, emotion) in enumerate(pairs):
            rows.append((dataset, subject, _name(dataset, subject, emotion, i), _label(emotion)))
    return rows


def _label(emotion: str) -> int:
    return THREE_CLASSES.index(emotion)


def _name(dataset: str, subject: str, emotion: str, i: int) -> str:
    if dataset == "casme2":
        return f"EP{30 + i // 60}_{i % 60 + 1:02d}" + "f" * (i % 2)
    if dataset == "samm":
        return f"{subject}_{1 + i % 7}_{1 + i}"
    code = {"negative": "ne", "positive": "po", "surprise": "sur"}[emotion]
    return f"{subject}_{code}_{1 + i:02d}"


def _write_folds(folder: Path, rows, random: np.random.Generator) -> None:
    images = {row: _encoded(random) for row in rows}
    for held_out in sorted({subject for _, subject, _, _ in rows}):
        for row in rows:
            _, subject, clip, label = row
            part = "u_test" if subject == held_out else "u_train"
            place = folder / held_out / part / str(label)
            place.mkdir(parents=True, exist_ok=True)
            (place / f"{subject}_{clip} .png").write_bytes(images[row])


def _write_image(file: Path, random: np.random.Generator) -> None:
    file.write_bytes(_encoded(random))


def _encoded(random: np.random.Generator) -> bytes:
    """Strain in blue, v in green, u in red, as the files have it: strain is low nearly everywhere."""
    coarse = random.uniform((0, 40, 80), (60, 215, 255), (4, 4, 3)).astype(np.float32)
    image = cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR)
    return cv2.imencode(".png", image.astype(np.uint8))[1].tobytes()
