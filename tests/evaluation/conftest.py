"""Examples that need no dataset, and learners that need no backend."""

import numpy as np
import pytest

from mer_zoo.evaluation import Examples
from tests.evaluation.learners import NearestMean


@pytest.fixture(scope="session")
def examples():
    """90 images of 9 subjects in two datasets; the class is seen in the left half."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 90)
    images = rng.normal(size=(90, 6, 6, 1)).astype(np.float32)
    images[:, :, :3, 0] += labels[:, None, None] * 0.25
    subjects = [f"{'ab'[i % 9 // 5]}/s{i % 9}" for i in range(90)]
    return Examples(
        images, labels, subjects, [f"clip{i:03d}" for i in range(90)], ("x", "y", "z"), "toy-90"
    )


@pytest.fixture()
def learner():
    return NearestMean()
