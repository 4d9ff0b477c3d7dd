import numpy as np
import pytest

from mer_zoo.readings import Reading


@pytest.fixture
def reading():
    """A reading with an odd name, drawn pictures and no card."""
    rng = np.random.default_rng(0)
    return Reading(
        label="happiness",
        probabilities={"happiness": 0.7, "others": 0.3},
        expression=True,
        onset=13,
        apex=25,
        offset=25,
        held=True,
        image_span=(13, 17, 17),
        motion=3.21,
        fps=30.0,
        source="a <b>& smile.mp4",
        model="meganet_tiny",
        provenance="Trained on synthetic clips only.",
        curve=np.linspace(0, 3, 60, dtype=np.float32),
        curve_start=5,
        frames=rng.integers(0, 255, (3, 112, 112, 3), dtype=np.uint8),
        image=rng.normal(size=(96, 96, 3)).astype(np.float32),
        attention=rng.random((96, 96), dtype=np.float32),
    )
