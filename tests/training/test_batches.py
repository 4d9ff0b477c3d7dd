"""What a training batch draws."""

import numpy as np
import pytest

from mer_zoo.training.batches import Batches


@pytest.mark.backend_free
def test_every_epoch_draws_variants_anew():
    images = np.arange(8 * 3, dtype=np.float32).reshape(8, 3, 1, 1, 1) * np.ones((6, 6, 1))
    batches = Batches(
        images,
        np.eye(8, dtype=np.float32),
        **{"image_size": 6, "modality": "difference", "parameters": {}, "shift": 0, "flip": False},
        **{"batch_size": 8, "seed": 1},
    )
    seen = []
    for epoch in range(20):
        batches.start_epoch(epoch)
        drawn, targets = batches[0]
        clip, number = np.divmod(drawn[:, 0, 0, 0].astype(int), 3)
        np.testing.assert_array_equal(clip, targets.argmax(axis=1))
        seen.append(number)
    assert (np.ptp(seen, axis=0) == 2).all()
