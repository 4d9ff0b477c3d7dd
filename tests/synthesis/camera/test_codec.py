import numpy as np
import pytest

from mer_zoo.synthesis.camera.codec import InterFrameCodec


@pytest.fixture
def texture():
    rng = np.random.default_rng(0)
    smooth = np.cumsum(np.cumsum(rng.standard_normal((45, 61)), 0), 1)
    smooth -= smooth.min()
    return np.uint8(40 + 150 * smooth / smooth.max())


def test_small_changes_wait_until_they_are_large_enough(texture):
    codec = InterFrameCodec(step=16)
    frames = [np.clip(texture + np.int16(i // 2), 0, 255).astype(np.uint8) for i in range(12)]
    shown = [codec.record(frame) for frame in frames]
    errors = [np.abs(s.astype(int) - f).mean() for s, f in zip(shown, frames, strict=True)]
    assert np.array_equal(shown[0], frames[0])
    assert np.array_equal(shown[2], shown[0])  # one grey level is left out
    assert not np.array_equal(shown[-1], shown[0])  # five are not
    assert max(errors) < 3


@pytest.mark.parametrize("step", [2, 8, 30])
def test_coarser_steps_lose_more(texture, step):
    rng = np.random.default_rng(1)
    noisy = np.clip(texture + rng.normal(0, 12, texture.shape), 0, 255).astype(np.uint8)
    losses = []
    for s in (step, 2 * step):
        codec = InterFrameCodec(s)
        codec.record(texture)
        losses.append(np.abs(codec.record(noisy).astype(int) - noisy).mean())
    assert losses[0] < losses[1]


def test_colour_planes_are_coded_alike(texture):
    grey, colour = InterFrameCodec(6), InterFrameCodec(6)
    moved = np.roll(texture, 2, axis=1)
    for frame in (texture, moved):
        one, three = grey.record(frame), colour.record(np.repeat(frame[..., None], 3, -1))
    np.testing.assert_array_equal(three, np.repeat(one[..., None], 3, -1))
