"""What a training batch draws."""

import numpy as np
import pytest

from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.recipe import Augmentation
from mer_zoo.training.batches import Batches


@pytest.mark.backend_free
def test_every_epoch_draws_variants_anew():
    images = np.arange(8 * 3, dtype=np.float32).reshape(8, 3, 1, 1, 1) * np.ones((6, 6, 1))
    batches = Batches(
        images,
        np.eye(8, dtype=np.float32),
        Preprocessing("difference", 6, 6),
        Augmentation(shift=0, flip=False),
        batch_size=8,
        seed=1,
    )
    seen = []
    for epoch in range(20):
        batches.start_epoch(epoch)
        drawn, targets = batches[0]
        clip, number = np.divmod(drawn[:, 0, 0, 0].astype(int), 3)
        np.testing.assert_array_equal(clip, targets.argmax(axis=1))
        seen.append(number)
    assert (np.ptp(seen, axis=0) == 2).all()


@pytest.mark.backend_free
def test_faces_of_other_shapes_are_drawn_about_the_centre():
    image = np.zeros((33, 33, 3), np.float32)
    image[8:25, 8:25] = 1  # 17 px, its middle in that of the image
    batches = Batches(
        np.repeat(image[None], 64, axis=0),
        np.ones((64, 1), np.float32),
        Preprocessing("difference", 33, 33),
        Augmentation(shift=0, flip=False, heights=[0.5, 0.8], widths=[1.0, 1.5]),
        batch_size=64,
        seed=1,
    )
    drawn, _ = batches[0]
    heights, widths = drawn[:, :, 16, 0].sum(axis=1) / 17, drawn[:, 16, :, 0].sum(axis=1) / 17
    assert 0.5 <= heights.min() < 0.55 and 0.75 < heights.max() <= 0.8
    assert 1.0 <= widths.min() < 1.05 and 1.45 < widths.max() <= 1.5
    np.testing.assert_allclose(drawn, drawn[:, ::-1, ::-1], atol=1e-5)
