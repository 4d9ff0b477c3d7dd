"""The frames of a clip that an image needs: onset, apex and offset."""

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError


def onset_of(clip: Clip) -> int:
    """Returns the clip's onset; ClipError if it has none."""
    return _required(clip, "onset")


def offset_of(clip: Clip) -> int:
    """Returns the clip's offset; ClipError if it has none."""
    return _required(clip, "offset")


def apex_of(clip: Clip) -> int:
    """Returns the clip's apex; where it has none, the frame midway between onset and offset.

    Raises:
        ClipError: the clip has neither an apex nor an onset and an offset.
    """
    if clip.apex is not None:
        return clip.apex
    return (_required(clip, "onset") + _required(clip, "offset")) // 2


def phases_of(clip: Clip) -> tuple[int, int, int]:
    """Returns `(onset, apex, offset)`; a missing apex is the frame midway between the two others.

    Raises:
        ClipError: the clip has no onset or no offset.
    """
    return onset_of(clip), apex_of(clip), offset_of(clip)


def check_phases(count: int, onset: int, apex: int, offset: int) -> None:
    """Raises ClipError unless `0 <= onset <= apex <= offset < count`."""
    if not 0 <= onset <= apex <= offset < count:
        raise ClipError(
            f"Expected 0 <= onset <= apex <= offset <= {count - 1} (there are {count} frames), got "
            f"onset={onset}, apex={apex}, offset={offset}. Mind that frames are counted from 0."
        )


def check_finite(frame: np.ndarray, index: int) -> None:
    """Raises ClipError, naming the frame, if it holds NaN or infinity."""
    if not np.isfinite(frame).all():
        raise ClipError(
            f"Frame {index} holds NaN or infinity. Give grey levels between 0 and 255, or leave the "
            "frame out."
        )


def _required(clip, name: str) -> int:
    frame = getattr(clip, name)
    if frame is None:
        raise ClipError(
            f"The clip has no {name}, and this image needs it. Set it with "
            "clip.with_phases(onset=..., apex=..., offset=...), or let mer_zoo.spotting find it."
        )
    return frame
