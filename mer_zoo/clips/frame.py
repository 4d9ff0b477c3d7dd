"""One frame, and the streams that give frames one by one."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mer_zoo.clips.validation import whole_number
from mer_zoo.errors import ClipError

MAX_CLIP_BYTES = 4 * 2**30
"""The most memory that `Clip.from_video` and `Clip.from_frames` fill: 4 GiB of frames."""


class Frame(NamedTuple):
    """One frame of a stream.

    Attributes:
        index: position in the source, 0-based.
        time: seconds since the source's beginning.
        image: (H, W, 3) uint8 RGB.
    """

    index: int  # type: ignore[assignment]  # hides `tuple.index`
    time: float
    image: np.ndarray


class FrameStream(ABC):
    """Frames one by one, as often as asked, with one frame in memory at a time.

    Attributes:
        name: what to call the source in messages: a path, or a word.
        fps: nominal frames per second, or None when the source does not say.
        frame_count: how many frames to expect, or None when the source does not say. For a video
            file this is what its header promises: a hint.
        counts_frames: the times are 0, 1, 2, ..., as those of a clip that has no frame rate.
        decodes: getting a frame takes work, so a thread of its own may do it ahead.
    """

    counts_frames = False
    decodes = True
    name: str
    fps: float | None
    frame_count: int | None

    def __iter__(self) -> Iterator[Frame]:
        return self.frames()

    def frames(self, start: int | None = None, stop: int | None = None) -> Iterator[Frame]:
        """Gives the frames `start` to `stop` (not included), at their own indices and times.

        Raises:
            ClipError: if start or stop is not a whole number >= 0, or start >= stop.
            VideoError: while iterating, if a frame cannot be read.
        """
        start, stop = whole_number("start", start) or 0, whole_number("stop", stop)
        if start < 0 or (stop is not None and stop <= start):
            raise ClipError(f"start is {start} and stop is {stop}; expected 0 <= start < stop.")
        return self._frames(start, stop)

    @abstractmethod
    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]: ...

    def describe(self, index: int) -> str:
        """What to call a frame in a message: its file's name, or `frame 12`."""
        return f"frame {index}"

    def read(
        self, start: int | None = None, stop: int | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Reads the frames `start` to `stop` into memory.

        Returns:
            frames (T, H, W, 3) uint8 RGB, and times (T,) float64 seconds.

        Raises:
            ClipError: if there is no such frame, or the frames would fill more than
                MAX_CLIP_BYTES.
            VideoError: if a frame cannot be read.
        """
        frames, times = None, []
        for frame in self.frames(start, stop):
            if frames is None:
                n_expected = self._expected(start, stop)
                self._check_memory(n_expected, frame.image.nbytes)
                frames = np.empty((n_expected, *frame.image.shape), np.uint8)
            elif len(times) == len(frames):  # the header promised too few
                self._check_memory(len(frames) + 1, frame.image.nbytes)
                frames = np.concatenate([frames, np.empty_like(frames[: len(frames) // 2 + 1])])
            frames[len(times)] = frame.image
            times.append(frame.time)
        if frames is None:
            raise ClipError(
                f"{self.name} has no frame {start or 0}"
                + ("." if self.frame_count is None else f"; it has {self.frame_count}.")
            )
        return frames[: len(times)], np.array(times)

    def _expected(self, start: int | None, stop: int | None) -> int:
        ends = [end for end in (stop, self.frame_count) if end is not None]
        return max(1, min(ends, default=256) - (start or 0))

    def _check_memory(self, n_frames: int, frame_bytes: int) -> None:
        if n_frames * frame_bytes > MAX_CLIP_BYTES:
            raise ClipError(
                f"{self.name}: {n_frames} frames of {frame_bytes} bytes need "
                f"{n_frames * frame_bytes / 2**30:.1f} GiB; a clip holds at most "
                f"{MAX_CLIP_BYTES / 2**30:g} GiB. Read a part with start and stop, or go through "
                "it frame by frame with open_frames."
            )
