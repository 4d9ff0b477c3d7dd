"""The scale of an image: an exact percentile, however the values are arranged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mer_zoo.layers.constants import percentile_rank
from mer_zoo.modalities.scaling import SAMPLE_STEP, robust_maximum

pytestmark = pytest.mark.backend_free

SIGNED = st.floats(-255, 255, width=32)


def percentile(*planes: np.ndarray) -> float:
    """The 99th percentile of the absolute values, by sorting all of them."""
    values = np.sort(np.abs(np.concatenate([plane.ravel() for plane in planes])))
    return float(values[percentile_rank(values.size)])


@given(arrays(np.float32, array_shapes(min_dims=2, max_dims=2, max_side=60), elements=SIGNED))
def test_robust_maximum_is_the_percentile(plane):
    assert robust_maximum(plane) == percentile(plane)
    assert robust_maximum(plane, -plane[::-1]) == percentile(plane, plane)


def test_robust_maximum_where_the_sample_misleads():
    """Every place of the sample is large and nothing else is, or the other way round."""
    plane = np.linspace(0, 1, 112 * 112, dtype=np.float32)
    plane[::SAMPLE_STEP] += 10
    for values in (plane, 11 - plane):
        assert robust_maximum(values.reshape(112, 112)) == percentile(values)
