"""Variants of real clips: drawn within bounds, always the same, cached, the first one untouched."""

import numpy as np
import pytest

from mer_zoo import clips, datasets
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import ClipError, DatasetError
from mer_zoo.preparation import ImageStore, prepare
from mer_zoo.preparation.variants import at_lower_rate, filmed_again, variant, with_moved_phases
from mer_zoo.preprocessing import Preprocessing

pytestmark = pytest.mark.backend_free

MESTI = Preprocessing("mesti", 40, 32, alignment="frame")


def moving(phases, n_frames=60, side=24, fps=200):
    """A textured square that brightens a little from frame to frame."""
    face = np.random.default_rng(5).integers(60, 180, (side, side, 3))
    frames = np.stack([face + t // 4 for t in range(n_frames)]).astype(np.uint8)
    onset, apex, offset = phases
    return clips.Clip.from_array(frames, fps=fps, onset=onset, apex=apex, offset=offset)


@pytest.mark.parametrize("phases", [(4, 20, 50), (0, 9, 59), (0, 30, 30), (3, 6, 40), (0, 4, 9)])
def test_phases_and_rates_stay_usable(phases):
    clip = moving(phases)
    lengths = set()
    for number in range(1, 60):
        rng = np.random.default_rng(number)
        moved = with_moved_phases(clip, rng)
        sparse = at_lower_rate(moved, rng)
        assert sparse.times[sparse.apex] == moved.times[moved.apex]
        assert sparse.offset - sparse.onset >= 5
        assert sparse.apex - sparse.onset >= 2
        assert sparse.offset == sparse.apex or sparse.offset - sparse.apex >= 2
        assert (phases[1] == phases[2]) == (sparse.offset == sparse.apex)
        assert sparse.fps <= clip.fps + 1e-6
        lengths.add(sparse.offset - sparse.onset)
    assert len(lengths) > 2


def test_expressions_of_a_few_frames_keep_theirs():
    short = moving((1, 2, 4), n_frames=6)
    rng = np.random.default_rng(1)
    assert with_moved_phases(short, rng).phases == (1, 2, 4)
    assert at_lower_rate(short, rng).n_frames == 6


def test_a_variant_belongs_to_its_clip_and_number():
    clip = moving((4, 20, 50))
    assert variant(clip, "toy/s1/a", 0) is clip
    first, again = variant(clip, "toy/s1/a", 1), variant(clip, "toy/s1/a", 1)
    np.testing.assert_array_equal(first.frames, again.frames)
    assert first.phases == again.phases
    assert first.onset == 0
    assert first.offset == first.n_frames - 1
    for other in (variant(clip, "toy/s1/a", 2), variant(clip, "toy/s1/b", 1)):
        same_shape = other.frames.shape == first.frames.shape
        assert not (same_shape and (other.frames == first.frames).all())
    with pytest.raises(ClipError, match="apex"):
        variant(clip.with_phases(onset=0, offset=20), "toy/s1/a", 1)


def test_light_is_shared_by_all_frames_and_noise_is_not():
    still = np.repeat(moving((4, 20, 50)).frames[:1], 30, axis=0)
    changed = 0
    for seed in range(8):
        filmed = filmed_again(still, 100.0, np.random.default_rng(seed)).astype(float)
        assert filmed.shape == still.shape
        levels = filmed.mean(axis=(1, 2, 3))
        # Drift (at most 3 %) and flicker (1.2 %) of the brightness, and nothing else, with time.
        assert np.abs(levels / levels.mean() - 1).max() < 0.06
        level_free = filmed / levels[:, None, None, None]
        assert 0 < level_free.std(axis=0).mean() * levels.mean() < 3  # grey levels of noise
        changed += abs(levels.mean() / still.mean() - 1) > 0.03
    assert changed >= 4


def test_images_of_variants_are_cached_and_the_first_is_the_clip_as_it_is(tmp_path):
    root = fake_release("smic", tmp_path / "smic", clean=True, subjects=1, clips_per_subject=2)
    data = datasets.load("smic", root)
    store = ImageStore(tmp_path / "store")
    single = prepare(data, MESTI, store=store, progress=False)
    images = prepare(data, MESTI, variants=3, store=store, progress=False)
    assert images.shape == (len(data), 3, 40, 40, 3)
    np.testing.assert_array_equal(images[:, 0], single)
    assert store.usage().images == 3 * len(data)
    assert all(np.abs(images[:, i] - single).mean() > 0.01 for i in (1, 2))
    elsewhere = ImageStore(tmp_path / "elsewhere")
    again = prepare(data.subset([1]), MESTI, variants=3, store=elsewhere, progress=False)
    np.testing.assert_array_equal(again, images[1:2])  # made anew, in one go
    for file in (tmp_path / "store").glob("*/*.npy"):
        np.save(file, np.full_like(single[0], 9))
    cached = prepare(data, MESTI, variants=4, store=store, progress=False)
    assert (cached[:, :3] == 9).all()  # read, not made
    assert not (cached[:, 3] == 9).all()


def test_impossible_numbers_and_precomputed_images_are_refused(tmp_path):
    root = fake_release("flow", tmp_path / "flow", clean=True)
    data = datasets.load("flow", root)
    flow = Preprocessing("flow", 28, 28, {"per_channel": True})
    with pytest.raises(DatasetError, match="Set variants = 1"):
        prepare(data, flow, variants=2, progress=False)
    with pytest.raises(DatasetError, match="variants=0"):
        prepare(data, flow, variants=0, progress=False)
