import numpy as np
import pytest
from skimage import data

from mer_zoo.synthesis import Expression, Movement, Timing, canonical_portrait

TIMING = Timing(onset=4, apex=12, offset=24, plateau=3)


@pytest.fixture(scope="session")
def photo():
    """A real face, in the public domain: the part of NASA's portrait that shows the head."""
    return np.ascontiguousarray(data.astronaut()[:300, 80:380])


@pytest.fixture(scope="session")
def portrait(photo):
    return canonical_portrait(photo)


@pytest.fixture
def show():
    """An expression of one action unit."""

    def make(number, peak=2.5, left=1.0, right=1.0, timing=TIMING):
        return Expression((Movement(number, left, right),), timing, peak=peak)

    return make
