import numpy as np
import pytest

from mer_zoo.errors import UnknownNameError
from mer_zoo.synthesis import ACQUISITIONS, SCHEMAS
from mer_zoo.synthesis.camera.acquisition import (
    acquisition_shares,
    draw_acquisition,
    draw_camera,
    find_acquisition,
)


@pytest.mark.parametrize("schema", sorted(SCHEMAS))
def test_every_schema_sees_every_camera_and_its_own_most(schema):
    shares = acquisition_shares(schema)
    assert sum(shares.values()) == pytest.approx(1) and set(shares) == set(ACQUISITIONS)
    assert shares["webcam"] == 0.25
    if schema in ACQUISITIONS:
        assert shares[schema] == 0.5 == max(shares.values())
    rng = np.random.default_rng(0)
    drawn = [draw_acquisition(schema, rng).name for _ in range(2000)]
    for name, share in shares.items():
        assert np.mean([d == name for d in drawn]) == pytest.approx(share, abs=0.04)


@pytest.mark.parametrize("name", sorted(ACQUISITIONS))
def test_cameras_stay_within_their_preset(name):
    preset, rng = find_acquisition(name), np.random.default_rng(1)
    cameras = [draw_camera(preset, rng) for _ in range(100)]
    noise = [c["noise"] for c in cameras]
    assert preset.noise[0] <= min(noise) < max(noise) <= preset.noise[1]
    assert all((c["jpeg"] is None) == (preset.jpeg is None) for c in cameras)
    assert all((c["codec"] is None) == (preset.codec is None) for c in cameras)


def test_unknown_presets_are_named():
    with pytest.raises(UnknownNameError, match="webcam"):
        find_acquisition("webcm")
