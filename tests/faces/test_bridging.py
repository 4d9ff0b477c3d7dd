"""Short gaps are filled, long ones stay."""

import numpy as np
import pytest

from mer_zoo.errors import ClipError
from mer_zoo.faces import FaceLandmarks, bridge


def face(value: float, score: float = 1.0) -> FaceLandmarks:
    return FaceLandmarks(np.full((468, 3), value, np.float32), score, np.eye(2, 3) * (1 + value))


def test_a_short_gap_is_interpolated_in_time():
    track = [face(0.0), None, None, face(4.0, 0.8)]
    filled = bridge(track, [0.0, 0.05, 0.15, 0.2])
    np.testing.assert_allclose([f.points[0, 0] for f in filled], [0, 1, 3, 4], rtol=1e-6)
    np.testing.assert_allclose([f.motion[0, 0] for f in filled], [1, 2, 4, 5], rtol=1e-6)
    assert [f.score for f in filled] == [1.0, 0.8, 0.8, 0.8]
    assert filled[0] is track[0] and track[1] is None


def test_long_and_open_gaps_stay():
    track = [None, face(0.0), None, face(1.0), None, None, face(2.0), None]
    filled = bridge(track, np.arange(8) * 0.1)
    assert [f is None for f in filled] == [True, False, False, False, True, True, False, True]
    assert bridge(track, np.arange(8) * 0.1, max_gap=0.05) == track
    assert bridge([], []) == []


@pytest.mark.parametrize("times", [[0.0], [0.0, 0.0], [1.0, 0.0]])
def test_times_must_fit(times):
    with pytest.raises(ClipError, match="increasing"):
        bridge([face(0.0), face(1.0)], times)
