"""Fills the short gaps in which a tracker lost the face."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from mer_zoo.faces.landmarks import FaceLandmarks
from mer_zoo.faces.smoothing import check_times


def bridge(
    track: Sequence[FaceLandmarks | None], times: Sequence[float], max_gap: float = 0.25
) -> list[FaceLandmarks | None]:
    """Interpolates the landmarks of frames without a face, linearly in time.

    Args:
        track: One result a frame, from `FaceTracker.track`.
        times: Seconds, one a frame, strictly increasing.
        max_gap: Longest time in seconds between the two frames with a face around a gap. Longer
            gaps, those with a camera cut in them, and those at the beginning and the end stay None.

    Returns:
        The track with its short gaps filled; a filled frame has the lower score of its two ends.

    Raises:
        ClipError: There are not as many times as frames, or they do not increase.
    """
    at = np.asarray(times, np.float64)
    check_times(at, len(track))
    filled = list(track)
    seen = [(index, landmarks) for index, landmarks in enumerate(track) if landmarks is not None]
    for (before, start), (after, end) in pairwise(seen):
        if at[after] - at[before] > max_gap or start.shot != end.shot:
            continue
        for index in range(before + 1, after):
            share = (at[index] - at[before]) / (at[after] - at[before])
            filled[index] = FaceLandmarks(
                points=start.points + np.float32(share) * (end.points - start.points),
                score=min(start.score, end.score),
                motion=start.motion + share * (end.motion - start.motion),
                shot=start.shot,
            )
    return filled
