"""A video file as a stream of frames."""

import math
import mimetypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2

from mer_zoo.clips.folder import IMAGE_SUFFIXES
from mer_zoo.clips.frame import Frame, FrameStream
from mer_zoo.clips.image_size import MAX_PIXELS
from mer_zoo.clips.missing import missing_path
from mer_zoo.clips.opencv_log import quiet_ffmpeg, quiet_opencv
from mer_zoo.clips.validation import checked_fps
from mer_zoo.errors import VideoError
from mer_zoo.files import expanded

VIDEO_SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".m4v", ".mpg", ".mpeg", ".wmv")
"""Names of files that are taken for videos where a folder is searched."""

ENOUGH = 0.9
"""A video that ends before this share of what its header promises counts as truncated."""


STALL_MS = 8000
"""How long reading one frame may take. FFmpeg looks for the next one through gigabytes of zeros, as
recorders that reserve space leave behind the last."""

BOXES = 10_000
"""Most boxes of an MP4 that are looked at; a fragmented recording of hours has a few thousand."""


class VideoStream(FrameStream):
    """The frames of a video file, rotated as its metadata says.

    Times are those of the file where they increase, so variable frame rates keep their timing;
    elsewhere a frame follows the previous one by 1 / fps. All frames before `start` are decoded,
    because seeking lands on the wrong frame with some codecs. They are not converted to RGB.

    Args:
        path: the file.
        fps: the camera's frame rate, for a high-speed recording stored to play slowly: the time
            of a frame is then index / fps. None takes the times of the file.
        allow_truncated: accept a file that ends too early.

    Raises:
        VideoError: if the file is missing, holds no picture that can be decoded, or (at the end of
            iteration) breaks off before 90% of both the frames and the seconds that its header
            promises. Both, because the count alone is a guess in some containers.
        ClipError: if fps is not a positive number.
    """

    _limits: tuple[int, ...] = (cv2.CAP_PROP_READ_TIMEOUT_MSEC, STALL_MS)

    def __init__(
        self, path: str | Path, *, fps: float | None = None, allow_truncated: bool = False
    ):
        self._path = expanded(path)
        self.name = str(path)
        self._allow_truncated = allow_truncated
        self._given_fps = None if fps is None else checked_fps(fps)
        _check_file(self._path)
        with self._opened() as capture:
            self._header_fps = _sane(capture.get(cv2.CAP_PROP_FPS), 1e5)
            count = _sane(capture.get(cv2.CAP_PROP_FRAME_COUNT), 1e9)
            self.frame_count = None if count is None else round(count)
            self._refuse_huge(capture)
            if not _grab(capture) or not capture.retrieve()[0]:
                raise VideoError(f"{self.name} opens as a video, but no frame of it {_MEND}")
        self.fps = self._given_fps or self._header_fps

    def _refuse_huge(self, capture: cv2.VideoCapture) -> None:
        width = capture.get(cv2.CAP_PROP_FRAME_WIDTH)
        height = capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if width * height > MAX_PIXELS:
            raise VideoError(
                f"{self.name} says that its frames are {width:.0f}x{height:.0f}; expected at most "
                f"{MAX_PIXELS / 1e6:.0f} million pixels. Convert it to a smaller size."
            )

    @contextmanager
    def _opened(self) -> Iterator[cv2.VideoCapture]:
        with quiet_opencv(), quiet_ffmpeg():
            capture = cv2.VideoCapture(str(self._path), cv2.CAP_ANY, self._limits)
            if not capture.isOpened():  # a backend that does not know this property
                capture = cv2.VideoCapture(str(self._path))
            capture.set(cv2.CAP_PROP_ORIENTATION_AUTO, 1)
        try:
            if not capture.isOpened():
                raise VideoError(_why_not_opened(self._path))
            yield capture
        finally:
            capture.release()

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        with self._opened() as capture:
            index, time, shape = 0, None, None
            while (stop is None or index < stop) and _grab(capture):
                time = self._next_time(time, capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
                if index >= start:
                    image = self._retrieve(capture, index, shape)
                    shape = image.shape
                    given = self._given_fps
                    yield Frame(index, time if given is None else index / given, image)
                index += 1
            if index != stop:
                self._check_complete(index, time)

    def _retrieve(self, capture: cv2.VideoCapture, index: int, shape: tuple | None):
        with quiet_opencv():
            decoded, image = capture.retrieve()
        if not decoded:
            raise VideoError(f"Frame {index} of {self.name} {_MEND}")
        if shape is not None and image.shape != shape:
            raise VideoError(
                f"{self.name} changes its frame size at frame {index}, from "
                f"{shape[1]}x{shape[0]} to {image.shape[1]}x{image.shape[0]}. Cut it there, or "
                "convert it to one size."
            )
        return cv2.cvtColor(image, cv2.COLOR_BGR2RGB, dst=image)

    def _next_time(self, last: float | None, stamp: float) -> float:
        if math.isfinite(stamp) and (last is None or stamp > last):
            return stamp
        if last is None:
            return 0.0
        if self.fps is None:
            raise VideoError(
                f"{self.name} contains neither usable times nor a frame rate. Give fps, the frame "
                "rate of the camera."
            )
        return last + 1 / (self._header_fps or self.fps)

    def _check_complete(self, n_read: int, last: float | None) -> None:
        promised = self.frame_count
        if self._allow_truncated or promised is None or n_read >= ENOUGH * promised:
            return
        if self._header_fps is not None and last is not None:
            seconds = promised / self._header_fps
            if last + 1 / self._header_fps >= ENOUGH * seconds:
                return
        raise VideoError(
            f"{self.name} breaks off: its header promises {promised} frames, {n_read} could be "
            "read. Copy it again from where it came from, or give allow_truncated=True "
            "(--allow-truncated) to use what there is (as for a recording that a phone has trimmed "
            "without encoding it again)."
        )


_MEND = "could be decoded. Copy the file again, or convert it to MP4 (H.264)."


def _grab(capture: cv2.VideoCapture) -> bool:
    with quiet_opencv():
        return capture.grab()


def _sane(value: float, limit: float) -> float | None:
    """A header field, or None where the container left it empty or wrote nonsense."""
    return value if math.isfinite(value) and 0 < value < limit else None


def _check_file(path: Path) -> None:
    if os.path.isdir(path):
        raise VideoError(
            f"{path} is a folder, not a video file. Read a folder of images with "
            "Clip.from_frames(folder, fps=...) or open_frames(folder, fps=...)."
        )
    if not os.path.isfile(path):
        raise missing_path(path, "video file")
    if path.suffix.lower() in IMAGE_SUFFIXES:
        raise VideoError(
            f"{path} is one image, not a video. Give the folder that holds the frames."
        )


def _why_not_opened(path: Path) -> str:
    size = path.stat().st_size
    if size == 0:
        return f"{path} is empty (0 bytes). Copy it again from where it came from."
    promised = _mp4_bytes(path)
    if promised is not None and promised > size:
        return (
            f"{path} is an MP4 that breaks off: {size} bytes of at least {promised} could be read, "
            "so its index is missing and no frame can be found. Copy it again, or repair it with a "
            "tool for broken recordings; allow_truncated cannot help."
        )
    if (mimetypes.guess_type(path.name)[0] or "").startswith("audio/"):
        return f"{path} is an audio file: it has no picture. Give the video."
    return (
        f"{path} cannot be opened as a video: it has no picture (audio only), is another kind of "
        "file, or uses a codec that this OpenCV lacks. Convert it to MP4 (H.264)."
    )


def _mp4_bytes(path: Path) -> int | None:
    """How many bytes the boxes of an MP4 or MOV claim, None for another kind of file."""
    with path.open("rb") as file:
        end, size = 0, path.stat().st_size
        for _ in range(BOXES):
            if end + 8 > size:
                break
            file.seek(end)
            header = file.read(16)
            if end == 0 and header[4:8] not in (b"ftyp", b"moov", b"mdat", b"wide", b"free"):
                return None
            length = int.from_bytes(header[:4], "big")
            if length == 1:  # a 64-bit length follows
                length = int.from_bytes(header[8:16], "big")
            if length == 0:  # to the end of the file: a recording that was never closed
                return max(end + 8, size + 1)
            end += max(length, 8)
    return end if end else None
