"""Light, lens, sensor and compression of rendered frames."""

import functools

import numpy as np

from mer_zoo.synthesis.disturbances import Disturbances

COLOUR_NOISE = 0.4  # noise of each colour, relative to that of brightness


def light(image: np.ndarray, disturbances: Disturbances) -> np.ndarray:
    """Constant exposure, gamma, shadow and lens blur.

    Args:
        image: (H, W) or (H, W, 3) float32, 0..255.
        disturbances: of the clip.

    Returns:
        float32 of the same shape, 0..255.
    """
    import cv2

    lit = np.clip(image, 0, 255)
    if disturbances.gamma != 1:
        lit = 255 * (lit / 255) ** np.float32(disturbances.gamma)
    if disturbances.exposure != 1 or any(disturbances.shadow):
        factor = disturbances.exposure * (1 + _gradient(image.shape[:2], disturbances.shadow))
        lit = lit * (factor if lit.ndim == 2 else factor[..., None])
    if disturbances.blur:
        lit = cv2.GaussianBlur(lit, (0, 0), disturbances.blur)
    return np.clip(lit, 0, 255).astype(np.float32, copy=False)


def develop(frames: np.ndarray, disturbances: Disturbances, rng: np.random.Generator) -> np.ndarray:
    """Changing light, noise and compression of every frame.

    Args:
        frames: (T, H, W) or (T, H, W, 3) float32, changed in place.
        disturbances: of the clip.
        rng: source of the noise.

    Returns:
        uint8 of the same shape.
    """
    shape = frames.shape[1:3]
    if disturbances.gradient.any():
        right, down = _ramps(shape)
        slopes = disturbances.gradient
    for index, frame in enumerate(frames):
        factor = disturbances.gain[index]
        if disturbances.gradient.any():
            factor = factor + slopes[index, 0] * right + slopes[index, 1] * down
            factor = factor if frame.ndim == 2 else factor[..., None]
        frame *= factor
    if disturbances.noise:
        _add_noise(frames, disturbances, rng)
    frames += 0.5  # rounds, since the cast cuts off
    developed = np.clip(frames, 0, 255, out=frames).astype(np.uint8)
    return developed if disturbances.jpeg is None else _compress(developed, disturbances.jpeg)


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


def _add_noise(frames: np.ndarray, disturbances: Disturbances, rng: np.random.Generator) -> None:
    height, width = frames.shape[1:3]
    # Room for 300 different places each way, so that two frames hardly ever share a pattern.
    tile = _noise_tile(height + 300, width + 300)
    # The variance is `noise` squared at mid grey; the photons' share of it follows brightness.
    brightness = np.clip(frames.mean(axis=0), 0, 255) / 128
    deviation = disturbances.noise * np.sqrt(
        1 - disturbances.shot + disturbances.shot * brightness
    ).astype(np.float32)
    planes = 1 if frames.ndim == 3 else 4
    places = rng.integers(0, 300, (len(frames), planes, 2))
    flips = rng.integers(0, 2, (len(frames), planes)) * 2 - 1
    for frame, corners, ways in zip(frames, places, flips, strict=True):
        patches = [
            tile[y : y + height, x : x + width][:, ::way]
            for (y, x), way in zip(corners, ways, strict=True)
        ]
        if frame.ndim == 2:
            frame += deviation * patches[0]
        else:
            colours = np.stack(patches[1:], axis=-1)
            frame += deviation * (patches[0][..., None] + COLOUR_NOISE * colours)


def _compress(frames: np.ndarray, quality: int) -> np.ndarray:
    """Each frame through JPEG, as motion-JPEG cameras do."""
    import cv2

    grey = frames.ndim == 3
    out = np.empty_like(frames)
    for target, frame in zip(out, frames, strict=True):
        # JPEG takes any order of colours the same way as long as it gets back the same order,
        # but its brightness weights expect BGR.
        image = frame if grey else frame[..., ::-1]
        _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
        decoded = cv2.imdecode(data, cv2.IMREAD_GRAYSCALE if grey else cv2.IMREAD_COLOR)
        target[...] = decoded if grey else decoded[..., ::-1]
    return out
