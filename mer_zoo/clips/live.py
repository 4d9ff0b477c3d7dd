"""A source of frames that does not wait for its reader."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2

from mer_zoo.clips.capture import CaptureStream, GrowingVideo, is_address, is_growing
from mer_zoo.clips.frame import Frame, FrameStream
from mer_zoo.clips.stream import open_frames
from mer_zoo.errors import ClipError
from mer_zoo.files import expanded
from mer_zoo.read_ahead import read_ahead

WAITING_BYTES = 96 * 2**20
"""Of frames that wait for their reader: more than a second of 1280x720 at 30 frames per second."""

MOST_PIXELS = 1280 * 720
"""Of a frame. Larger ones are halved, or divided by 3, 4, ..., so that memory stays small."""


class LiveStream(FrameStream):
    """Frames as they come. Those that come while too many wait are dropped and counted.

    It can be gone through once. `index` counts the frames given, dropped ones not included, and `time`
    is the time of the source.

    Args:
        source: where the frames come from.
        every_frame: wait for the reader instead of dropping frames.
        paced: give no frame before its time, as a camera would. For files.
        seconds: end after this time of the source.

    Attributes:
        dropped: number of frames dropped so far.
    """

    frame_count = None
    decodes = False  # its own thread does

    def __init__(
        self,
        source: FrameStream,
        *,
        every_frame: bool = False,
        paced: bool = False,
        seconds: float | None = None,
    ):
        if seconds is not None and not seconds > 0:
            raise ClipError(
                f"seconds is {seconds}; expected a positive number, or None for no end."
            )
        self.name, self.fps = source.name, source.fps
        self.counts_frames = source.counts_frames
        self.dropped = 0
        self._source, self._seconds = source, seconds
        self._every_frame, self._paced = every_frame, paced
        self._stopped = threading.Event()
        self._begun = False
        self._after_gap: deque[int] = deque()

    def stop(self) -> None:
        """Ends the stream after the frames that wait. May be called from any thread."""
        self._stopped.set()

    def follows_gap(self, index: int) -> bool:
        """Whether frames were dropped just before this one; ask once for each index, in order."""
        while self._after_gap and self._after_gap[0] < index:
            self._after_gap.popleft()
        return bool(self._after_gap) and self._after_gap[0] == index

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        if self._begun:
            raise ClipError(f"{self.name} is live and can be read only once. Open it again.")
        self._begun = True
        gap = None if self._every_frame else self._drop
        for frame in read_ahead(self._arriving(), WAITING_BYTES, _bytes, gap):
            if stop is not None and frame.index >= stop:
                return
            if frame.index >= start:
                yield frame

    def _drop(self, frame: Frame) -> None:
        self.dropped += 1
        if not self._after_gap or self._after_gap[-1] != frame.index:
            self._after_gap.append(frame.index)  # the next frame that is kept has this index

    def _arriving(self):
        """The frames of the source; runs in the thread that reads ahead, and so does `_drop`."""
        first, begun = None, time.monotonic()
        for count, frame in enumerate(self._source.frames()):
            if first is None:
                first, begun = frame.time, time.monotonic()
            elapsed = frame.time - first
            if self._paced and not self._every_frame:
                self._stopped.wait(max(0.0, begun + elapsed - time.monotonic()))
            over = self._seconds is not None and elapsed >= self._seconds
            if self._stopped.is_set() or over:
                return
            yield Frame(count - self.dropped, frame.time, _bounded(frame.image))


def _bytes(frame: Frame) -> int:
    return frame.image.nbytes


def _bounded(image):
    """The image, divided by a whole number if it has too many pixels."""
    height, width = image.shape[:2]
    divisor = 1
    while (height // divisor) * (width // divisor) > MOST_PIXELS:
        divisor += 1
    if divisor == 1:
        return image
    size = (width // divisor, height // divisor)
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA)


def open_live(
    source: int | str | Path | FrameStream,
    *,
    every_frame: bool = False,
    seconds: float | None = None,
) -> LiveStream:
    """Opens a camera, a network stream or a file as a stream of frames that come in real time.

    A file is read at the speed at which it plays. If it was written within the last seconds, more
    frames are waited for at its end. Frames of more than 1280x720 pixels are made smaller by a whole
    number.

    Args:
        source: number of a camera (0 is the first), address such as `rtsp://...`, path of a video file,
            or any stream of frames. A `LiveStream` comes back as it is.
        every_frame: drop no frame. For files and streams; a file is then read as fast as it is used.
        seconds: end after this time of the source.

    Raises:
        VideoError: the source is a file that is missing or cannot be read, or an address while
            `MER_ZOO_OFFLINE` is set. Cameras and addresses are opened when the first frame is asked for.
        ClipError: `seconds` is not a positive number.
    """
    if isinstance(source, LiveStream):
        return source
    options: dict[str, Any] = {"every_frame": every_frame, "seconds": seconds}
    if isinstance(source, FrameStream):
        return LiveStream(source, paced=True, **options)
    text = str(source)
    if text.isdecimal() and not Path(text).exists():
        return LiveStream(CaptureStream(int(text)), **options)
    if is_address(text):
        return LiveStream(CaptureStream(text), paced=True, **options)
    path = expanded(text)
    stream = GrowingVideo(path) if is_growing(path) else open_frames(path, allow_truncated=True)
    return LiveStream(stream, paced=True, **options)
