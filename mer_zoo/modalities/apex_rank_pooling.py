"""Apex-centred rank pooling in NumPy: inferred from an abstract, not the authors' code.

The Keras layer `mer_zoo.layers.ApexRankPooling` computes the same image from a batch of clips. Version
3 of arXiv 2509.00056 names "apex-centered spatio-temporal rank pooling"; its formulas are not available
to us. See `docs/specification.md`.
"""

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.errors import ClipError
from mer_zoo.layers.parameters import check_parameters
from mer_zoo.modalities.dynamic_image import rank_pooling_weights, weighted_changes
from mer_zoo.modalities.phases import check_phases, phases_of
from mer_zoo.modalities.scaling import scale_to_bytes


def apex_rank_weights(
    onset: int, apex: int, offset: int, reading: str = "mirrored", balance: str = "equal"
) -> np.ndarray:
    """Returns the weights of apex-centred rank pooling; see `mer_zoo.layers.ApexRankPooling`.

    Args:
        onset: first frame of the expression.
        apex: strongest frame.
        offset: last frame of the expression.
        reading: "mirrored" or "closeness".
        balance: "equal" or "length": the shares of the two halves of "mirrored".

    Returns:
        float64 `(offset - onset + 1,)`. They sum to 0. All are 0 for a single frame.

    Raises:
        UnknownNameError: no such `reading` or `balance`.
        ClipError: not `0 <= onset <= apex <= offset`.
    """
    check_parameters(reading=reading, balance=balance)
    check_phases(offset + 1, onset, apex, offset)
    rise, fall = apex - onset, offset - apex  # steps, one less than frames
    if reading == "closeness":
        return _by_closeness(rise, fall)
    return _mirrored(rise, fall, balance)


def mesti_rank(
    clip: Clip, reading: str = "mirrored", balance: str = "equal", normalize: bool = True
) -> np.ndarray:
    """Apex-centred rank pooling of a clip, inferred from an abstract and not the authors' code.

    Version 3 of arXiv 2509.00056 describes one image of a clip that emphasises onset, apex and offset.
    See `mer_zoo.layers.ApexRankPooling` for the two readings. Frames are ranked by their number; their
    times are not used.

    Args:
        clip: a `mer_zoo.clips.Clip`; a missing apex is the frame midway between onset and offset.
        reading: "mirrored" or "closeness".
        balance: the shares of the two halves of "mirrored": "equal", or "length" for shares
            proportional to the number of steps from frame to frame. "closeness" ignores it.
        normalize: stretch all channels together from their minimum and maximum to 0..255; an image
            without contrast becomes 0. Otherwise grey levels.

    Returns:
        float32 `(H, W, 3)`, RGB.

    Raises:
        ClipError: onset or offset is missing, or they are the same frame.
        UnknownNameError: no such `reading` or `balance`.
        ParameterError: `normalize` is not True or False.
    """
    check_parameters(normalize=normalize)
    onset, apex, offset = phases_of(clip)
    if onset == offset:
        raise ClipError(
            f"Onset, apex and offset are all frame {onset}, so there are no frames to rank. "
            "Set them with clip.with_phases(onset, apex, offset)."
        )
    weights = apex_rank_weights(onset, apex, offset, reading, balance)
    image = weighted_changes(clip.frames[onset : offset + 1], weights)
    return scale_to_bytes(image) if normalize else image


def _mirrored(rise: int, fall: int, balance: str) -> np.ndarray:
    shares = np.array([rise, fall], dtype=float)
    if balance == "equal":
        shares = np.minimum(shares, 1.0)
    shares /= max(shares.sum(), 1.0)
    weights = np.zeros(rise + fall + 1)
    weights[: rise + 1] += shares[0] * _unit(rank_pooling_weights(rise + 1))
    weights[rise:] += shares[1] * _unit(rank_pooling_weights(fall + 1))[::-1]
    return weights


def _by_closeness(rise: int, fall: int) -> np.ndarray:
    # s_t times rise and fall: whole numbers, which tell ties exactly.
    up = np.arange(rise + 1) * max(fall, 1)
    down = np.arange(fall + 1)[::-1] * max(rise, 1)
    closeness = np.concatenate([up, down[1:]] if rise else [down])
    _, group, count = np.unique(closeness, return_inverse=True, return_counts=True)
    alpha = rank_pooling_weights(len(closeness))
    starts = np.cumsum(count) - count
    return _unit((np.add.reduceat(alpha, starts) / count)[group])


def _unit(weights: np.ndarray) -> np.ndarray:
    """Returns weights whose positive ones sum to 1; all 0 for a single frame."""
    if len(weights) == 1:
        return np.zeros(1)
    return weights / weights[weights > 0].sum()
