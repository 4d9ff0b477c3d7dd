"""Any source of frames as one kind of stream."""

import os
from collections.abc import Iterator
from pathlib import Path

from numpy.typing import ArrayLike

from mer_zoo.clips.arrays import as_clip
from mer_zoo.clips.clip import Clip
from mer_zoo.clips.folder import FolderStream
from mer_zoo.clips.frame import Frame, FrameStream
from mer_zoo.clips.rates import counts_frames
from mer_zoo.clips.video import VideoStream
from mer_zoo.errors import ClipError
from mer_zoo.files import expanded


class ClipStream(FrameStream):
    """The frames of a clip, at their own times; each image is a view, not a copy."""

    decodes = False

    def __init__(self, clip: Clip):
        self.name = clip.source or repr(clip)
        self.fps = clip.fps
        self.frame_count = clip.n_frames
        self.counts_frames = counts_frames(clip.times)
        self._clip = clip

    def _frames(self, start: int, stop: int | None) -> Iterator[Frame]:
        clip = self._clip
        for index in range(clip.n_frames)[start:stop]:
            yield Frame(index, float(clip.times[index]), clip.frames[index])


def open_frames(
    source: str | Path | ArrayLike | Clip | FrameStream,
    *,
    fps: float | None = None,
    bit_depth: int | None = None,
    allow_truncated: bool = False,
) -> FrameStream:
    """Opens a video file, a folder of images, an array or a clip as a stream of frames.

    The stream can be gone through as often as needed and holds one frame in memory at a time, so a
    video may be of any length. `stream.frames(start, stop)` gives a part.

    Args:
        source: path of a video file or of a folder of images; an array as `Clip.from_array` takes
            it; a `Clip`; or a stream, which comes back as it is.
        fps: frames per second. A folder needs it; for a video it replaces the file's times (a
            high-speed recording stored to play slowly); for an array None takes 30 and warns.
        bit_depth: for images and arrays of more than 8 bits; see `Clip.from_array`.
        allow_truncated: let a video that breaks off end quietly.

    Returns:
        A stream of `Frame(index, time, image)`, image (H, W, 3) uint8 RGB.

    Raises:
        VideoError: if the file or folder is missing or cannot be read; while iterating, if a frame
            cannot be read or a video breaks off.
        ClipError: if the source is of another kind, an array cannot be used, or fps is missing or
            out of place.

    Warns:
        FrameRateWarning: an array was given without its frame rate.
    """
    if isinstance(source, Clip | FrameStream):
        if fps is not None:
            raise ClipError(f"fps={fps} was given, but {source!r} has its own times. Leave it out.")
        return ClipStream(source) if isinstance(source, Clip) else source
    if isinstance(source, str | os.PathLike):
        path = expanded(source)
        if os.path.isdir(path):
            return FolderStream(path, fps=fps, bit_depth=bit_depth)
        return VideoStream(path, fps=fps, allow_truncated=allow_truncated)
    if hasattr(source, "__array__") or isinstance(source, list | tuple):
        return ClipStream(as_clip(source, fps, bit_depth))
    raise ClipError(
        f"Frames cannot be read from a {type(source).__name__}; expected the path of a video file "
        "or of a folder of images, an array of frames, or a Clip."
    )
