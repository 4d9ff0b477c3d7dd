"""Lips that part or close: a mouth that closes is on its way back to rest."""

import numpy as np

LEAST_PARTING = 3.0
"""Pixels of the 224 px crop by which lips must part or near for a movement to count as that. Landmarks of
still lips jitter by less than one."""

CLOSING_SECONDS = 0.3
"""Seconds before and after a movement that belong to the same closing: cheeks and lip corners move before
and after the lips meet."""


def parting(apart: np.ndarray) -> np.ndarray:
    """Between which two frames the lips part, bool `(T, T)`: from the row's to the column's.

    Args:
        apart: `(T,)`, the "lips" of `talking.mouth_courses`.
    """
    return apart[None, :] - apart[:, None] > LEAST_PARTING


def closing(apart: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Which movements from the row's to the column's frame are part of a closing of the lips, bool `(T, T)`.

    Args:
        apart: `(T,)`, the "lips" of `talking.mouth_courses`.
        times: `(T,)` seconds.
    """
    first = np.searchsorted(times, times - CLOSING_SECONDS)
    last = np.searchsorted(times, times + CLOSING_SECONDS, side="right")
    here = range(len(apart))
    recent = np.array([apart[first[i] : i + 1].max() for i in here])
    soon = np.array([apart[i : last[i]].min() for i in here])
    return (recent[:, None] - soon[None, :] > LEAST_PARTING) & ~parting(apart)
