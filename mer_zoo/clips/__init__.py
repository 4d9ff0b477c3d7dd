"""Clips: frames with times and phases, and the files, folders and arrays they come from."""

from mer_zoo.clips.arrays import as_clip
from mer_zoo.clips.clip import Clip
from mer_zoo.clips.frame import MAX_CLIP_BYTES, Frame, FrameStream
from mer_zoo.clips.live import LiveStream, open_live
from mer_zoo.clips.stream import open_frames
from mer_zoo.clips.table import ClipRow, read_clip_table

__all__ = [
    "MAX_CLIP_BYTES",
    "Clip",
    "ClipRow",
    "Frame",
    "FrameStream",
    "LiveStream",
    "as_clip",
    "open_frames",
    "open_live",
    "read_clip_table",
]
