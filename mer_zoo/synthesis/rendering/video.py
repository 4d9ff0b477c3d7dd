"""Writing a synthetic clip as a video, with its truth beside it."""

import json
import os
import tempfile
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import MerZooError, VideoError
from mer_zoo.files import refuse_overwrite, write_atomically

VIDEO_SUFFIXES = (".mp4", ".m4v", ".mov")


def write_video(clip: Clip, path: str | Path, *, force: bool = False) -> Path:
    """Writes a clip as an MPEG-4 video and its phases and labels as JSON of the same name.

    Frames of odd width or height, which the format cannot hold, repeat their last column or row.

    Args:
        clip: the clip.
        path: ends in .mp4, .m4v or .mov.
        force: whether to replace files that are already there.

    Returns:
        The path of the JSON file, which holds source, fps, n_frames, onset, apex and offset
        (0-based), label, action_units and subject.

    Raises:
        OutputExistsError: the video or the JSON file exists and `force` is false.
        ClipError: the clip has one frame.
        VideoError: the suffix is another, or the video cannot be written.
    """
    clip.require_motion()
    assert clip.fps is not None  # there are two frames
    return write_frames(clip.frames, clip.fps, _truth(clip, clip.fps), path, force=force)


def write_frames(
    frames: Iterable[np.ndarray], fps: float, truth: dict, path: str | Path, *, force: bool = False
) -> Path:
    """As `write_video`, for frames that come one by one: (H, W, 3) uint8 RGB, all of one size.

    Args:
        frames: the frames, at least one; none is kept.
        fps: frames per second.
        truth: what the JSON file holds.
        path, force: see `write_video`.

    Returns:
        The path of the JSON file.

    Raises:
        OutputExistsError: the video or the JSON file exists and `force` is false.
        VideoError: the suffix is another, or the video cannot be written.
    """
    path = Path(path)
    if path.suffix.lower() not in VIDEO_SUFFIXES:
        raise VideoError(
            f"{path} must end in {', '.join(VIDEO_SUFFIXES)} to be written as a video."
        )
    truth_path = path.with_suffix(".json")
    for file in (path, truth_path):
        refuse_overwrite(file, force)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # OpenCV writes to a path and by its suffix: a finished file takes the place of the old one.
        with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.stem}.") as folder:
            partial = Path(folder) / f"video{path.suffix.lower()}"
            _encode(frames, fps, partial)
            os.replace(partial, path)
        write_atomically(truth_path, json.dumps(truth, indent=2).encode() + b"\n")
    except MerZooError:
        raise
    except OSError as error:
        raise VideoError(f"{path} cannot be written: {error.strerror or error}.") from error
    return truth_path


def _encode(frames: Iterable[np.ndarray], fps: float, path: Path) -> None:
    frames = iter(frames)
    first = next(frames)
    height, width = first.shape[:2]
    margins = ((0, height % 2), (0, width % 2), (0, 0))
    size = (width + width % 2, height + height % 2)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, size)
    try:
        if not writer.isOpened():
            raise VideoError(f"{path.name} cannot be written: OpenCV has no MPEG-4 encoder here.")
        for frame in chain([first], frames):
            writer.write(np.ascontiguousarray(np.pad(frame, margins, mode="edge")[..., ::-1]))
    finally:
        writer.release()
    if not path.exists() or path.stat().st_size == 0:
        raise VideoError(f"{path.name} could not be written: is the disk full or write-protected?")


def _truth(clip: Clip, fps: float) -> dict:
    return {
        "source": clip.source,
        "fps": round(fps, 6),
        "n_frames": clip.n_frames,
        "onset": clip.onset,
        "apex": clip.apex,
        "offset": clip.offset,
        "label": clip.label,
        "action_units": list(clip.action_units),
        "subject": clip.subject,
    }
