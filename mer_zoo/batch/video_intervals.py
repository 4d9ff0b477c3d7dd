"""The spotted intervals of one long video, as the journal keeps them."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mer_zoo.batch.rows import FAILED, OK
from mer_zoo.clips.folder import FolderStream


@dataclass(frozen=True)
class FoundInterval:
    """One interval; onset, apex and offset are numbers of frame files.

    `motion` and `score` are those of `mer_zoo.spotting.Interval`.
    """

    onset: int
    apex: int
    offset: int
    motion: float
    score: float


@dataclass(frozen=True)
class VideoIntervals:
    """What was spotted in one video.

    Attributes:
        first, last: numbers of the first and the last frame file; 0 for a failed video.
        found: (onset, apex, offset, motion, score) of each interval, see `FoundInterval`.
        status: "ok" or "failed".
        error: name and message of the error of a failed video, else None.
    """

    first: int = 0
    last: int = 0
    found: tuple[tuple[int, int, int, float, float], ...] = ()
    status: str = OK
    error: str | None = None

    @property
    def intervals(self) -> list[FoundInterval]:
        """The intervals, in the order of time."""
        return [FoundInterval(*values) for values in self.found]

    def to_dict(self) -> dict[str, Any]:
        """The arguments that make the row again."""
        return asdict(self)


def spot_folder(
    path: str, fps: float, options: Mapping[str, Any], *, own_process: bool
) -> VideoIntervals:
    """Spots the expressions in a folder of frames; whatever goes wrong with it is what the row says.

    Args:
        path: the folder.
        fps: frames per second.
        options: of `mer_zoo.spot`.
        own_process: whether other processes spot at the same time.
    """
    if own_process:
        import cv2

        cv2.setNumThreads(1)  # OpenCV has threads of its own, which no variable limits
    from mer_zoo.spotting import spot

    try:
        stream = FolderStream(path, fps=fps)
        number = stream.numbers
        found = tuple(
            (
                number[interval.onset],
                number[interval.apex],
                number[interval.offset],
                round(interval.motion, 3),
                round(interval.score, 3),
            )
            for interval in spot(stream, **options)
        )
    except Exception as error:  # of any kind: the other videos do not suffer from it
        return VideoIntervals(status=FAILED, error=f"{type(error).__name__}: {error}")
    return VideoIntervals(number[0], number[-1], found)
