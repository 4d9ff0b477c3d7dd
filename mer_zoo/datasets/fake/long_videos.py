"""Made-up SAMM Long Videos and CAS(ME)^3 long videos.

Quirks of both: an expression without an end (offset 0), one without an onset, a row that repeats another, a
folder without a row. Of SAMM Long Videos: a preamble of nine rows. Of CAS(ME)^3: capital letters of
videos, numbers stored as text, depth images beside the colour frames, missing frames.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.datasets.fake.workbook import write_workbook
from mer_zoo.errors import OutputExistsError, UnknownNameError

PREAMBLE = 9
SAMM_LV_HEADER = (
    *("Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration", "Type"),
    *("Action Units", "Notes"),
)
CASME3_HEADER = (
    *("Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type"),
    "Objective class",
)
RATES = {"samm_lv": 200.0, "casme3": 30.0}


@dataclass(frozen=True)
class FakeVideo:
    """A made-up long video.

    Attributes:
        number: 0, 1, ... among the videos of the release.
        subject: number of the subject, from 0.
        fps: frames per second.
        length: number of frames; their files are numbered from 1.
        intervals: (kind, onset, apex, offset) in numbers of frame files.
    """

    number: int
    subject: int
    fps: float
    length: int
    intervals: tuple[tuple[str, int, int, int], ...]


def fake_videos(
    name: str,
    folder: str | Path,
    *,
    seed: int = 0,
    subjects: int = 3,
    videos_per_subject: int = 2,
    seconds: float = 4.0,
    intervals: Callable[[int], Iterable[tuple[str, int, int, int]]] | None = None,
    frames: Callable[[FakeVideo], Iterable[np.ndarray]] | None = None,
    clean: bool = False,
) -> Path:
    """Writes a small fake release of long videos with the known quirks of the real one.

    Args:
        name: "samm_lv" or "casme3".
        folder: where to write; new or empty.
        seed: of the intervals.
        subjects, videos_per_subject: how many.
        seconds: length of each video, at least 3.
        intervals: number of a video -> (kind, onset, apex, offset) of its expressions, in numbers of
            frame files from 1; by default a micro- and a macro-expression at random places.
        frames: draws a video: takes a `FakeVideo` and yields `length` uint8 images, (H, W) or (H, W, 3)
            RGB. By default small grey frames without a face.
        clean: no quirks.

    Returns:
        The root to give to `mer_zoo.datasets.read_videos`.

    Raises:
        UnknownNameError: the name is not known.
        OutputExistsError: the folder is not empty.
    """
    if name not in RATES:
        raise UnknownNameError.among("dataset of long videos", name, tuple(RATES))
    folder = Path(folder).expanduser()
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputExistsError(f"{folder} is not empty. Choose another folder for the release.")
    random = np.random.default_rng(seed)
    fps = RATES[name]
    annotate = intervals or (lambda number: _draw(seconds, fps, random))
    videos = [
        FakeVideo(
            number=number,
            subject=number // videos_per_subject,
            fps=fps,
            length=round(seconds * fps),
            intervals=tuple(annotate(number)),
        )
        for number in range(subjects * videos_per_subject)
    ]
    write = _write_samm_lv if name == "samm_lv" else _write_casme3
    write(folder, videos, videos_per_subject, frames or _grey, clean)
    return folder


def _draw(seconds: float, fps: float, random: np.random.Generator):
    """A micro-expression of 0.4 s in the first half of a video and a macro-expression of 1 s in the other."""
    first, second = (
        random.uniform(0.2, seconds / 2 - 0.6),
        random.uniform(seconds / 2, seconds - 1.2),
    )
    starts = (("micro", first, 0.4), ("macro", second, 1.0))
    return tuple(
        (kind, *(1 + round((start + share * length) * fps) for share in (0, 0.5, 1)))
        for kind, start, length in starts
    )


def _grey(video: FakeVideo) -> Iterable[np.ndarray]:
    return (np.full((12, 16), 90 + n % 2, np.uint8) for n in range(video.length))


def _write_samm_lv(folder, videos, videos_per_subject, frames, clean) -> None:
    rows = []
    for video in videos:
        subject = f"{6 + video.subject:03d}"
        name = f"{subject}_{1 + video.number % videos_per_subject}"
        _write_frames(folder / "SAMM_longvideos" / name, f"{name}_{{:04d}}.jpg", frames(video))
        for place, (kind, *phases) in enumerate(video.intervals, 1):
            written = "Macro" if kind == "macro" else "Micro - 1/2"
            duration = phases[2] - phases[0] + 1
            rows.append((subject, f"{name}_{place}", 1, *phases, duration, written, "12", None))
    if not clean:
        subject, clip, code = rows[0][:3]
        rows += [
            (subject, clip[:-1] + "8", code, 5, 9, 0, 0, "Macro", "4", "Goes on"),
            (subject, clip[:-1] + "9", code, 0, 9, 12, 0, "Macro", "4", "Begins earlier"),
            rows[-1],
        ]
        _write_frames(folder / "SAMM_longvideos" / "037_9", "037_9_{:04d}.jpg", frames(videos[0]))
    preamble = [[f"Line {i + 1} of the terms of use"] for i in range(PREAMBLE)]
    sheets = {"SAMM Long Videos": [*preamble, SAMM_LV_HEADER, *rows]}
    write_workbook(folder / "SAMM_LongVideos_V3_Release.xlsx", sheets)


def _write_casme3(folder, videos, videos_per_subject, frames, clean) -> None:
    rows = []
    for video in videos:
        subject = f"spNO.{1 + video.subject}"
        name = "abcdefghijklm"[video.number % videos_per_subject]
        place = folder / "part_A" / subject / name
        missing = () if clean else (2,)
        _write_frames(place / "color", "{}.jpg", frames(video), missing)
        if not clean:
            _write_frames(place / "depth", "{}.png", [np.zeros((4, 4), np.uint8)])
        for kind, *phases in video.intervals:
            cells = list(map(str, phases)) if video.number % 2 and not clean else phases
            title = name if clean else name.upper()
            rows.append((subject, title, *cells, "4", f"{kind.capitalize()}-expression", "I"))
    if not clean:
        subject, title = rows[0][:2]
        rows += [
            (subject, title, 5, 9, 0, "4", "Macro-expression", "I"),
            (subject, title, 0, 9, 12, "4", "Macro-expression", "I"),
            rows[-1],
        ]
        _write_frames(folder / "part_A" / "spNO.99" / "a" / "color", "{}.jpg", frames(videos[0]))
    write_workbook(folder / "CAS(ME)3_part_A_v2.xlsx", {"label": [CASME3_HEADER, *rows]})


def _write_frames(folder: Path, pattern: str, images: Iterable[np.ndarray], missing=()) -> None:
    folder.mkdir(parents=True)
    for number, image in enumerate(images, 1):
        if number not in missing:
            file = folder / pattern.format(number)
            stored = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])
            cv2.imencode(file.suffix, stored)[1].tofile(file)
