"""Keeps OpenCV's and FFmpeg's own messages off the user's screen while we report by exceptions."""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import cv2

SILENT = 0


class _QuietBlocks:
    """The blocks open now, in all threads: OpenCV has one log level for the whole process."""

    def __init__(self):
        self.lock = threading.Lock()
        self.count = 0
        self.level = None


_blocks = _QuietBlocks()


@contextmanager
def quiet_opencv() -> Iterator[None]:
    """Silences OpenCV inside the `with` block and restores its log level after the last one."""
    log = getattr(cv2.utils, "logging", cv2)  # OpenCV 4 has these functions at its top
    with _blocks.lock:
        if _blocks.count == 0:
            _blocks.level = log.getLogLevel()
            log.setLogLevel(SILENT)
        _blocks.count += 1
    try:
        yield
    finally:
        with _blocks.lock:
            _blocks.count -= 1
            if _blocks.count == 0:
                log.setLogLevel(_blocks.level)


@contextmanager
def quiet_ffmpeg() -> Iterator[None]:
    """Silences FFmpeg, if the process opens its first video inside the `with` block.

    OpenCV reads FFmpeg's level from the environment once, at that first opening, and keeps it. A
    level that the user has set in OPENCV_FFMPEG_LOGLEVEL is left alone.
    """
    name, quiet = "OPENCV_FFMPEG_LOGLEVEL", "-8"
    ours = os.environ.setdefault(name, quiet) == quiet
    try:
        yield
    finally:
        if ours:
            os.environ.pop(name, None)
