"""A clip from what a caller has in memory: a `Clip`, or a plain array of frames."""

from numpy.typing import ArrayLike

from mer_zoo.clips.clip import Clip
from mer_zoo.clips.rates import USUAL_FPS, warn_caller
from mer_zoo.errors import ClipError


def as_clip(
    frames: Clip | ArrayLike, fps: float | None = None, bit_depth: int | None = None
) -> Clip:
    """Makes an array of frames into a clip; a `Clip` comes back as it is.

    Args:
        frames: a `Clip`, or an array of frames as `Clip.from_array` takes it, for instance uint8 RGB
            `(T, H, W, 3)`.
        fps: frames per second of an array. None assumes 30 and warns. Spotting looks for expressions
            that last some tenths of a second, so a wrong rate gives wrong phases, or none.
        bit_depth: for arrays of more than 8 bits; see `Clip.from_array`.

    Raises:
        ClipError: the array has another shape or kind, `frames` is neither an array nor a clip, or a
            frame rate was given for a clip, which has its own times.

    Warns:
        FrameRateWarning: an array was given without its frame rate.
    """
    if isinstance(frames, Clip):
        if fps is not None:
            raise ClipError(f"fps={fps} was given, but {frames!r} has its own times. Leave it out.")
        return frames
    if not hasattr(frames, "__array__") and not isinstance(frames, list | tuple):
        raise ClipError(
            f"A {type(frames).__name__} is no clip; expected a mer_zoo.Clip, or an array of frames "
            "(frames, height, width, 3) of kind uint8. A video file is read by predict_video."
        )
    rate = USUAL_FPS if fps is None else fps
    clip = Clip.from_array(frames, fps=rate, bit_depth=bit_depth, source="the array of frames")
    if fps is None:
        warn_caller(
            f"The array of {clip.n_frames} frames came without its frame rate, so {USUAL_FPS:g} frames "
            "a second were assumed. Give fps=: spotting depends on it."
        )
    return clip
