"""Long videos with the intervals in which a dataset annotates expressions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from mer_zoo.datasets.report import LoadReport

KINDS = ("micro", "macro")


@dataclass(frozen=True)
class AnnotatedInterval:
    """An annotated expression.

    Attributes:
        kind: "micro" or "macro", as annotated.
        onset, offset: numbers of the frame files, both included, `onset <= offset`.
        apex: number of the frame file, None when not known.
    """

    kind: str
    onset: int
    offset: int
    apex: int | None = None


@dataclass(frozen=True)
class AnnotatedVideo:
    """One long video.

    Attributes:
        dataset: where it comes from: "samm_lv".
        subject: the person's name within the dataset: "006".
        name: the video's name, unique within the dataset: "006_1" in SAMM Long Videos, "spNO.1/b" in
            CAS(ME)^3.
        path: the folder of its frames.
        fps: frames per second.
        intervals: the annotated expressions, in the order of the table.
    """

    dataset: str
    subject: str
    name: str
    path: str
    fps: float
    intervals: tuple[AnnotatedInterval, ...]


@dataclass(frozen=True)
class AnnotatedVideos:
    """The long videos of a release.

    Attributes:
        name: the dataset.
        videos: those with annotated expressions and frames, sorted by name.
        table_sha256: digest of the annotation table.
        report: what was repaired, dropped or noticed; its `kept` counts annotated expressions.
    """

    name: str
    videos: tuple[AnnotatedVideo, ...]
    table_sha256: str
    report: LoadReport

    @property
    def counts(self) -> Mapping[str, int]:
        """Annotated expressions of each kind."""
        found = Counter(interval.kind for video in self.videos for interval in video.intervals)
        return {kind: found[kind] for kind in KINDS}
