"""A real face (NASA portrait, public domain) and films made of it by known movements."""

import cv2
import numpy as np
import pytest
from skimage import data


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    return data.astronaut()


@pytest.fixture(scope="session")
def film(astronaut):
    """film(poses) -> frames and the matrices from the photograph to each frame.

    A pose is (x, y, scale, angle): the face's middle in the 640x360 frame, and its turn in radians.
    """

    def make(poses, noise: float = 2.0):
        rng = np.random.default_rng(0)
        frames, matrices = [], []
        for x, y, scale, angle in poses:
            cos, sin = scale * np.cos(angle), scale * np.sin(angle)
            turn = np.array([[cos, -sin], [sin, cos]])
            matrix = np.column_stack([turn, [x, y] - turn @ [225, 130]])
            frame = cv2.warpAffine(
                astronaut,
                matrix,
                (640, 360),
                flags=cv2.INTER_CUBIC,
                borderMode=cv2.BORDER_REFLECT_101,
            )
            frame = frame + rng.normal(0, noise, frame.shape)
            frames.append(np.clip(np.round(frame), 0, 255).astype(np.uint8))
            matrices.append(matrix)
        return frames, np.array(matrices)

    return make
