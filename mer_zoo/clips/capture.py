"""Cameras, network streams and files that are still being written, as streams of frames."""

import math
import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import cv2

from mer_zoo.clips.frame import Frame, FrameStream
from mer_zoo.clips.opencv_log import quiet_ffmpeg, quiet_opencv
from mer_zoo.clips.video import VideoStream
from mer_zoo.errors import VideoError
from mer_zoo.settings import is_offline

RECENT = 5.0
"""Seconds since the last change of a file within which it counts as still being written."""

PATIENCE_MS = 5000
"""Milliseconds without a new frame after which a stream, or a file that grows, has ended."""

_TIMEOUTS = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, cv2.CAP_PROP_READ_TIMEOUT_MSEC)
_OPTIONS = "OPENCV_FFMPEG_CAPTURE_OPTIONS"
_FOLLOW = "follow;1|analyzeduration;500000"  # microseconds: of a file that grows, little is there
_opening = threading.Lock()


class CaptureStream(FrameStream):
    """The frames of a camera or of a network stream, as they come. Times count from the first frame.

    Args:
        source: number of a camera, or an address such as `rtsp://...` or `http://...`.

    Raises:
        VideoError: it cannot be opened; `MER_ZOO_OFFLINE` is set and the source is an address; or,
            while iterating, a camera gives no more frames.
    """

    frame_count = None
    fps = None

    def __init__(self, source: int | str):
        self._source = source
        self.name = f"camera {source}" if isinstance(source, int) else _without_password(source)
        if not isinstance(source, int) and is_offline():
            raise VideoError(
                f"{self.name} is on the network, which MER_ZOO_OFFLINE forbids. Unset it, or give a "
                "file or the number of a camera."
            )

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        with self._opened() as capture:
            index, begun, last = 0, None, -math.inf
            while stop is None or index < stop:
                with quiet_opencv():
                    read, image = capture.read()
                if not read:
                    break
                stamp = self._time(capture)
                begun = stamp if begun is None else begun
                # A network stream may begin its times anew.
                begun = begun if stamp - begun > last else stamp - last - 1e-3
                last = stamp - begun
                if index >= start:
                    yield Frame(index, last, cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image))
                index += 1
        if isinstance(self._source, int) and (stop is None or index < stop):
            raise VideoError(
                f"{self.name.capitalize()} gives no more frames after {index}. Check its cable, and "
                "that no other program uses it."
            )

    def _time(self, capture: cv2.VideoCapture) -> float:
        if isinstance(self._source, int):
            return time.monotonic()  # what drivers say of their times cannot be relied on
        stamp = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        return stamp if math.isfinite(stamp) and stamp > 0 else time.monotonic()

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        with quiet_opencv(), quiet_ffmpeg():
            if isinstance(self._source, int):
                capture = cv2.VideoCapture(self._source)
            else:
                options = [value for limit in _TIMEOUTS for value in (limit, PATIENCE_MS)]
                capture = cv2.VideoCapture(self._source, cv2.CAP_FFMPEG, options)
        try:
            if not capture.isOpened():
                raise VideoError(self._why_not_opened())
            yield capture
        finally:
            capture.release()

    def _why_not_opened(self) -> str:
        if isinstance(self._source, int):
            return (
                f"{self.name.capitalize()} cannot be opened. Check that it is connected (the first "
                "camera is 0), that no other program uses it, and that this program may use cameras."
            )
        return (
            f"{self.name} cannot be opened within {PATIENCE_MS / 1000:g} seconds. Check the address, "
            "and that a player shows it."
        )


class GrowingVideo(VideoStream):
    """A video file that another program still writes: at its end, more frames are waited for.

    It ends when the file has not grown for `PATIENCE_MS`. Its container must be readable while it
    grows: MPEG-TS, Matroska or fragmented MP4, for instance.
    """

    _limits = tuple(value for limit in _TIMEOUTS for value in (limit, PATIENCE_MS))

    def __init__(self, path: str | Path):
        self._follows = False  # what there is must be readable as it is
        super().__init__(path, allow_truncated=True)
        self.frame_count = None
        self._follows = True

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        opened = super()._opened()
        if not self._follows:
            with opened as capture:
                yield capture
            return
        # OpenCV has no other way to give FFmpeg's file reader this option.
        with _opening:
            before = os.environ.get(_OPTIONS)
            os.environ[_OPTIONS] = f"{before}|{_FOLLOW}" if before else _FOLLOW
            try:
                capture = opened.__enter__()
            finally:
                if before is None:
                    del os.environ[_OPTIONS]
                else:
                    os.environ[_OPTIONS] = before
        try:
            yield capture
        finally:
            opened.__exit__(None, None, None)


def is_growing(path: Path) -> bool:
    """Whether a file was written within the last `RECENT` seconds."""
    return path.is_file() and time.time() - path.stat().st_mtime < RECENT


def is_address(source: str) -> bool:
    """Whether this is the address of a network stream, not a path."""
    return re.match(r"[a-z][a-z0-9+.-]+://", source, re.IGNORECASE) is not None


def _without_password(address: str) -> str:
    parts = urlsplit(address)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
