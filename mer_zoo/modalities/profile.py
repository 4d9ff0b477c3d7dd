"""When the expression shows, and how much: profiles over time and the weights made of them."""

import numpy as np
from numpy.typing import ArrayLike

from mer_zoo.errors import ClipError
from mer_zoo.layers.constants import DETREND_FLOOR


def expression_profile(positions: ArrayLike, onset: int, apex: int, offset: int) -> np.ndarray:
    """Returns how far the expression is expected to have unfolded at each frame.

    `p = 1/2 - 1/2 cos(pi s)`, with `s` rising from 0 to 1 from onset to apex and falling back to 0
    from apex to offset. Where two of the marks coincide, that phase is left out.

    Args:
        positions: `(T,)` times of the frames in any unit, strictly increasing.
        onset: index of the frame where the expression begins.
        apex: index of the frame where it is strongest.
        offset: index of the frame where it has gone.

    Returns:
        float64 `(T,)`, 0 to 1; exactly 0 outside `onset..offset`.
    """
    positions = np.asarray(positions, dtype=np.float64)
    start, peak, end = positions[[onset, apex, offset]]
    rise = (positions - start) / (peak - start) if apex > onset else np.ones_like(positions)
    fall = (end - positions) / (end - peak) if offset > apex else np.ones_like(positions)
    share = np.minimum(rise, fall)
    share[:onset] = share[offset + 1 :] = 0.0
    return 0.5 - 0.5 * np.cos(np.pi * share)


def response_weights(
    positions: ArrayLike, onset: int, apex: int, offset: int, detrend: bool = False
) -> np.ndarray:
    """Returns the weights whose sum over the frames is the response E.

    `w = (p - mean p) / sum (p - mean p)^2` over the frames onset..offset: the least-squares estimate
    of what the expression adds at its apex. `sum w = 0` and `sum w p = 1`.

    Args:
        positions: `(T,)` times of the frames in any unit, strictly increasing.
        onset: first frame of the expression.
        apex: strongest frame.
        offset: last frame of the expression.
        detrend: also make the sum independent of linear changes in time.

    Returns:
        float64 `(T,)`, exactly 0 outside `onset..offset`.

    Raises:
        ClipError: the window has one frame, or too few to tell an expression from a drift.
    """
    if onset == offset:
        raise ClipError(
            f"The expression has a single frame ({onset}), so nothing moves. "
            "Give an onset and an offset at least one frame apart."
        )
    inside = slice(onset, offset + 1)
    profile = expression_profile(positions, onset, apex, offset)[inside]
    residual = profile - profile.mean()
    variance = residual @ residual
    if detrend:
        times = np.asarray(positions, dtype=np.float64)[inside]
        times = times - times.mean()
        residual = residual - times * (times @ residual) / (times @ times)
        if residual @ residual < DETREND_FLOOR * variance:
            raise ClipError(
                f"With onset={onset}, apex={apex}, offset={offset} the expression cannot be told "
                "from a linear drift. Use detrend=False, or a clip with more frames or both phases."
            )
    weights = np.zeros(np.size(positions))
    weights[inside] = residual / (residual @ residual)
    return weights
