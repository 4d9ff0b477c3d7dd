"""The simplest images of a clip: its apex frame, and what differs between apex and onset."""

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.layers.constants import RESPONSE_FLOOR
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.phases import apex_of, onset_of
from mer_zoo.modalities.scaling import scale_signed, to_grey


def apex(clip: Clip) -> np.ndarray:
    """Returns the apex frame, float32 `(H, W, 3)` RGB, 0..255.

    Args:
        clip: a `mer_zoo.clips.Clip`; a missing apex is the frame midway between onset and offset.

    Raises:
        ClipError: the clip has neither an apex nor an onset and an offset.
    """
    return clip.frames[apex_of(clip)].astype(np.float32)


def difference(clip: Clip, normalize: bool = True) -> np.ndarray:
    """Returns the grey levels of the apex frame less those of the onset frame.

    Args:
        clip: a `mer_zoo.clips.Clip`; a missing apex is the frame midway between onset and offset.
        normalize: divide by the 99th percentile of the absolute value and clip to -2..2. Otherwise
            grey levels.

    Returns:
        float32 `(H, W, 1)`.

    Raises:
        ClipError: the onset is missing, or the apex and the offset.
        ParameterError: `normalize` is not True or False.
    """
    check_parameters(normalize=normalize)
    onset, peak = (
        clip.frames[index].astype(np.float32) for index in (onset_of(clip), apex_of(clip))
    )
    image = to_grey(peak - onset)
    if normalize:
        (image,) = scale_signed(image, floor=RESPONSE_FLOOR)
    return image[..., None]
