"""Arrays of a reading as pictures: the modality image, and a map over the aligned face."""

import base64

import cv2
import numpy as np

from mer_zoo.readings.legend import is_colour

PICTURE_SIZE = 224


def picture(image: np.ndarray, channels: tuple[str, ...] = ()) -> np.ndarray:
    """A modality image as uint8 RGB `(H, W, 3)`: 0 becomes mid grey, -2 black, 2 white.

    Args:
        image: float32 `(H, W, C)` in about -2..2. Of more than three channels, the first three are shown.
        channels: their names, see `Reading.channels`. An image with the colours of frames is shown as it
            is, its values being 0..255; values beyond are stretched to that.
    """
    if is_colour(channels):
        levels = image[..., :3]
        low, high = min(float(levels.min()), 0.0), max(float(levels.max()), 255.0)
        return np.rint((levels - low) * (255 / (high - low))).astype(np.uint8)
    planes = [image[..., min(c, image.shape[-1] - 1)] for c in range(3)]
    if image.shape[-1] == 2:
        planes[2] = np.zeros_like(planes[0])
    scaled = 127.5 + np.stack(planes, -1) * (127.5 / 2)
    return np.clip(np.rint(scaled), 0, 255).astype(np.uint8)


def overlay(face: np.ndarray, heat: np.ndarray, strength: float = 0.6) -> np.ndarray:
    """Draws a map over the central part of an aligned face, the part that the network saw.

    Args:
        face: uint8 `(S, S, 3)` RGB, an aligned face (`reading.frames`).
        heat: float32 `(H, W)`, 0..1, of the central `H x W` px of the face.
        strength: opacity where the map is 1.

    Returns:
        uint8, like `face`.

    Raises:
        ValueError: the face is not square RGB, or the map is larger than the face.
    """
    if face.ndim != 3 or face.shape[0] != face.shape[1] or face.shape[2] != 3:
        raise ValueError(f"Expected an aligned face (S, S, 3), got shape {face.shape}.")
    height, width = heat.shape
    if max(height, width) > len(face):
        raise ValueError(f"A map of {width}x{height} px does not fit a face of {len(face)} px.")
    top, left = (len(face) - height) // 2, (len(face) - width) // 2
    colours = cv2.applyColorMap(np.rint(heat * 255).astype(np.uint8), cv2.COLORMAP_INFERNO)
    weight = (strength * heat)[..., None]
    drawn = face.astype(np.float32)
    part = drawn[top : top + height, left : left + width]
    part[:] = part * (1 - weight) + colours[..., ::-1] * weight
    return np.rint(drawn).astype(np.uint8)


def as_data_url(image: np.ndarray, size: int = PICTURE_SIZE) -> str:
    """A uint8 RGB picture, resized to a square of `size` px, as the `data:` URL of a PNG."""
    larger = cv2.resize(image, (size, size), interpolation=cv2.INTER_CUBIC)
    ok, data = cv2.imencode(".png", np.ascontiguousarray(larger[..., ::-1]))
    if not ok:
        raise RuntimeError("OpenCV could not encode a picture")
    return "data:image/png;base64," + base64.b64encode(data.tobytes()).decode("ascii")
