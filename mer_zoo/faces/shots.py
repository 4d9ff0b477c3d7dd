"""Finds the camera cuts of a video: where one frame shows another picture than the frame before."""

import cv2
import numpy as np

THUMBNAIL = (48, 27)
SAMPLES = 4
"""Pixels of the image, across and down, of which a pixel of the thumbnail is the mean, at least."""

SHIFT = (6, 3)
"""Pixels of the thumbnail, across and down, by which a moving camera may shift the picture: an eighth of
the width and a ninth of the height."""

SAME_SHOT = 0.8
"""Correlation of two thumbnails below which they belong to different shots.

In real videos without a cut of three people who nod, turn, speak and move their hands, frames 1/25 s
apart correlate by .95 or more, and frames 1/5 s apart by .88 or more.
"""


class ShotCounter:
    """Numbers the shots of a video, frame by frame. A shot is what lies between two camera cuts.

    Two neighbouring frames belong to one shot if their thumbnails correlate, as they are or shifted;
    brightness and contrast do not matter. A frame without any contrast, such as a black one, belongs
    to the shot before it, and the next frame is compared with the last frame that has contrast. Not
    found: dissolves, and cuts between pictures that are nearly the same.

    Example:
        >>> counter = ShotCounter()
        >>> shots = [counter.shot_of(frame) for frame in frames]
    """

    def __init__(self) -> None:
        self._shot = 0
        self._last: np.ndarray | None = None  # the last thumbnail that has contrast

    def shot_of(self, image: np.ndarray) -> int:
        """Returns the number of cuts up to this frame, 0 for the first frame.

        Args:
            image: The next frame, uint8 (height, width, 3).
        """
        height, width = image.shape[:2]
        across, down = THUMBNAIL
        step = max(1, min(width // (SAMPLES * across), height // (SAMPLES * down)))
        rows = image[::step]
        # Channel by channel: NumPy is slow to copy pixels of three bytes that lie apart.
        sampled = [np.ascontiguousarray(rows[:, ::step, channel]) for channel in range(3)]
        thumbnail = cv2.resize(cv2.merge(sampled), THUMBNAIL, interpolation=cv2.INTER_AREA)
        if _is_flat(thumbnail):
            return self._shot
        if self._last is not None and not _alike(self._last, thumbnail):
            self._shot += 1
        self._last = thumbnail
        return self._shot


def _alike(one: np.ndarray, other: np.ndarray) -> bool:
    if _correlation(one, other) >= SAME_SHOT:
        return True
    across, down = SHIFT
    return _correlation(one, other[down:-down, across:-across]) >= SAME_SHOT


def _correlation(image: np.ndarray, part: np.ndarray) -> float:
    """How well the part fits where in the image it fits best, -1 to 1."""
    if _is_flat(part):  # OpenCV says that it fits anywhere
        return 0.0
    return float(cv2.matchTemplate(image, part, cv2.TM_CCOEFF_NORMED).max())


def _is_flat(image: np.ndarray) -> bool:
    return bool((image == image[:1, :1]).all())
