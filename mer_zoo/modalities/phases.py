"""The frames of a clip that a modality reads: onset, apex and offset, checked."""

import numpy as np

from mer_zoo.errors import ClipError

_MEND = "Set them with clip.with_phases(onset, apex, offset), or spot them first."


def onset_of(clip) -> int:
    """Returns the clip's onset.

    Raises:
        ClipError: the clip has none, or it lies outside the clip.
    """
    return _mark(clip, "onset")


def apex_of(clip) -> int:
    """Returns the clip's apex; where it has none, the frame midway between onset and offset.

    Raises:
        ClipError: there is neither an apex nor an onset and an offset, or the marks are out of order.
    """
    if clip.apex is None:
        return sum(_ordered(_mark(clip, "onset"), None, _mark(clip, "offset"))) // 2
    apex = _mark(clip, "apex")
    onset = apex if clip.onset is None else _mark(clip, "onset")
    offset = apex if clip.offset is None else _mark(clip, "offset")
    _ordered(onset, apex, offset)
    return apex


def phases_of(clip) -> tuple[int, int, int]:
    """Returns `(onset, apex, offset)`; a missing apex is the frame midway between the two others.

    Raises:
        ClipError: onset or offset is missing, outside the clip or out of order.
    """
    return _mark(clip, "onset"), apex_of(clip), _mark(clip, "offset")


def check_phases(count: int, onset: int, apex: int, offset: int) -> None:
    """Raises ClipError unless `0 <= onset <= apex <= offset < count`."""
    for name, frame in (("onset", onset), ("apex", apex), ("offset", offset)):
        _inside(name, frame, count)
    _ordered(onset, apex, offset)


def frames_of(clip) -> np.ndarray:
    """Returns the clip's frames.

    Raises:
        ClipError: they are not `(T, H, W, 3)`, or a float frame holds NaN or infinity.
    """
    frames = np.asarray(clip.frames)
    if frames.ndim != 4 or frames.shape[-1] != 3:
        raise ClipError(
            f"The clip's frames have the shape {frames.shape}; expected (T, H, W, 3), RGB."
        )
    if frames.dtype.kind == "f":
        for index, frame in enumerate(frames):
            check_finite(frame, index)
    return frames


def check_finite(frame: np.ndarray, index: int) -> None:
    """Raises ClipError, naming the frame, if it holds NaN or infinity."""
    if not np.isfinite(frame).all():
        raise ClipError(
            f"Frame {index} holds NaN or infinity. Give grey levels between 0 and 255, or leave the "
            "frame out."
        )


def _mark(clip, name: str) -> int:
    frame = getattr(clip, name)
    if frame is None:
        raise ClipError(f"The clip has no {name}, and this image needs it. {_MEND}")
    _inside(name, frame, len(clip.frames))
    return int(frame)


def _inside(name: str, frame: int, count: int) -> None:
    if not 0 <= frame < count:
        raise ClipError(
            f"The {name} is frame {frame}, but the clip has {count} frames, counted from 0. {_MEND}"
        )


def _ordered(onset: int, apex: int | None, offset: int) -> tuple[int, int]:
    if onset > offset or (apex is not None and not onset <= apex <= offset):
        raise ClipError(
            f"Expected onset <= apex <= offset, got onset={onset}, apex={apex}, offset={offset}. "
            f"{_MEND}"
        )
    return onset, offset
