"""Light, lens, sensor and compression of rendered frames."""

import functools

import cv2
import numpy as np

from mer_zoo.synthesis.camera.codec import InterFrameCodec
from mer_zoo.synthesis.camera.disturbances import Disturbances

NOISE_PLACES = 300
COLOUR_NOISE = 0.4  # noise of each colour, relative to that of brightness


def light(image: np.ndarray, disturbances: Disturbances) -> np.ndarray:
    """Constant exposure, gamma, shadow and lens blur.

    Args:
        image: (H, W) or (H, W, 3) float32, 0..255.
        disturbances: of the clip.

    Returns:
        float32 of the same shape, 0..255.
    """
    lit = np.clip(image, 0, 255)
    if disturbances.gamma != 1:
        lit = 255 * (lit / 255) ** np.float32(disturbances.gamma)
    if disturbances.exposure != 1 or any(disturbances.shadow):
        factor = disturbances.exposure * (1 + _gradient(image.shape[:2], disturbances.shadow))
        lit = lit * (factor if lit.ndim == 2 else factor[..., None])
    if disturbances.blur:
        lit = cv2.GaussianBlur(lit, (0, 0), disturbances.blur)
    return np.clip(lit, 0, 255).astype(np.float32, copy=False)


class Camera:
    """Turns rendered frames into recorded ones: changing light, noise, 8 bits, compression.

    Args:
        lit: (H, W) or (H, W, 3) float32 frame at rest, whose brightness sets the photon noise.
        disturbances: of the clip.
        rng: source of the noise.
    """

    def __init__(self, lit: np.ndarray, disturbances: Disturbances, rng: np.random.Generator):
        self._disturbances = disturbances
        self._rng = rng
        self._right, self._down = _ramps(lit.shape[:2])
        self._codec = InterFrameCodec(disturbances.codec) if disturbances.codec else None
        # The variance is `noise` squared at mid grey; the photons' share of it follows brightness.
        shot = disturbances.shot
        self._deviation = disturbances.noise * np.sqrt(1 - shot + shot * np.clip(lit, 0, 255) / 128)

    def record(self, frame: np.ndarray, index: int) -> np.ndarray:
        """Returns a frame as the camera records it. A video codec needs the frames in their order.

        Args:
            frame: (H, W) or (H, W, 3) float32; left as it is.
            index: its number in the clip.

        Returns:
            uint8 of the same shape.
        """
        lamp = self._disturbances
        factor = lamp.gain[index]
        if lamp.gradient[index].any():
            right, down = lamp.gradient[index]
            factor = factor + right * self._right + down * self._down
            factor = factor if frame.ndim == 2 else factor[..., None]
        recorded = frame * factor
        if lamp.noise:
            recorded += self._deviation * self._noise(frame.shape)
        recorded += 0.5  # rounds, since the cast cuts off
        recorded = np.clip(recorded, 0, 255, out=recorded).astype(np.uint8)
        if lamp.jpeg is not None:
            recorded = _compress(recorded, lamp.jpeg)
        return recorded if self._codec is None else self._codec.record(recorded)

    def _noise(self, shape: tuple[int, ...]) -> np.ndarray:
        height, width = shape[:2]
        # Room for many places each way, so that two frames hardly ever share a pattern.
        tile = _noise_tile(height + NOISE_PLACES, width + NOISE_PLACES)
        planes = 1 if len(shape) == 2 else 4
        places = self._rng.integers(0, NOISE_PLACES, (planes, 2)).tolist()
        ways = (self._rng.integers(0, 2, planes) * 2 - 1).tolist()
        patches = [
            tile[y : y + height, x : x + width][:, ::way]
            for (y, x), way in zip(places, ways, strict=True)
        ]
        if planes == 1:
            return patches[0]
        return patches[0][..., None] + COLOUR_NOISE * np.stack(patches[1:], axis=-1)


def _ramps(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """From -1 to 1, to the right (1, W) and downwards (H, 1); float32."""
    height, width = shape
    right = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return right, down


def _gradient(shape: tuple[int, int], slopes: tuple[float, float]) -> np.ndarray:
    right, down = _ramps(shape)
    return np.float32(slopes[0]) * right + np.float32(slopes[1]) * down


@functools.cache
def _noise_tile(height: int, width: int) -> np.ndarray:
    """Standard normal noise, drawn once; frames show it at different places and both ways."""
    return np.random.default_rng(468).standard_normal((height, width), dtype=np.float32)


def _compress(frame: np.ndarray, quality: int) -> np.ndarray:
    """A frame through JPEG, as motion-JPEG cameras do."""
    grey = frame.ndim == 2
    # JPEG's brightness weights expect OpenCV's order of colours, blue first.
    image = frame if grey else frame[..., ::-1]
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
    return decoded if grey else decoded[..., ::-1]
