"""A real face with a known motion."""

import cv2
import numpy as np
import pytest
from skimage.data import astronaut

from mer_zoo.clips import Clip
from mer_zoo.modalities.profile import expression_profile


def _face(size: int) -> np.ndarray:
    """A face, uint8 `(size, size, 3)` RGB."""
    return cv2.resize(astronaut()[30:190, 145:305], (size, size), interpolation=cv2.INTER_AREA)


def _moving_face(
    size=32,
    count=12,
    phases=(1, 5, 10),
    shift=(0.0, 0.0),
    bump=4.0,
    noise=1.0,
    times=None,
) -> Clip:
    """A clip in which the face shifts by `shift` px and a mouth corner rises by `bump` px at 112."""
    times = np.arange(count, dtype=float) if times is None else np.asarray(times, dtype=float)
    still = _face(size).astype(np.float32)
    y, x = np.mgrid[:size, :size].astype(np.float32)
    place = np.exp(
        -(((x - 0.4 * size) / (0.12 * size)) ** 2 + ((y - 0.7 * size) / (0.1 * size)) ** 2)
    )
    rise = bump * size / 112 * place
    frames = []
    for amount in expression_profile(times, *phases):
        map_x = (x - amount * shift[0]).astype(np.float32)
        map_y = (y - amount * shift[1] + amount * rise).astype(np.float32)
        frames.append(
            cv2.remap(still, map_x, map_y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
        )
    grain = np.random.default_rng(0).normal(0, noise, (len(times), size, size, 1))
    frames = np.clip(np.rint(np.stack(frames) + grain), 0, 255).astype(np.uint8)
    return Clip(frames, times, *phases)


@pytest.fixture(scope="session")
def face():
    """Makes a face, uint8 `(size, size, 3)` RGB, from its size."""
    return _face


@pytest.fixture(scope="session")
def moving_face():
    """Makes a clip of a face with a known motion; see `_moving_face`."""
    return _moving_face
