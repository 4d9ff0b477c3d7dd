"""The window of `mer-zoo watch --window`: the picture with the face and its motion."""

import os
import sys
from collections import deque

import cv2
import numpy as np

from mer_zoo.errors import SettingError
from mer_zoo.spotting import LiveFrame

SHOWN = 20.0  # seconds of the motion curve
GREEN = (80, 220, 80)
ESCAPE, QUIT = 27, ord("q")


class LiveWindow:
    """A window of OpenCV.

    Args:
        title: what it is called.

    Raises:
        SettingError: there is no display, or this OpenCV has no windows.
    """

    def __init__(self, title: str):
        if not _has_display():
            raise SettingError(
                "--window needs a display, and DISPLAY and WAYLAND_DISPLAY are not set. Leave "
                "--window out: the terminal shows the same figures."
            )
        self._title = f"mer-zoo watch {title}"
        self._motion: deque[tuple[float, float]] = deque()
        try:
            cv2.namedWindow(self._title, cv2.WINDOW_NORMAL)
        except cv2.error as error:
            raise SettingError(
                "--window needs an OpenCV with windows. Install opencv-python instead of "
                "opencv-python-headless, or leave --window out."
            ) from error

    def show(self, frame: LiveFrame) -> bool:
        """Shows a frame. Returns False once the user has pressed q or Escape, or closed the window."""
        self._motion += [(float(t), float(m)) for t, m in frame.motion]
        while self._motion and self._motion[0][0] < frame.time - SHOWN:
            self._motion.popleft()
        cv2.imshow(self._title, drawn(frame, list(self._motion)))
        key = cv2.waitKey(1) & 0xFF
        visible = cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1
        return visible and key not in (QUIT, ESCAPE)

    def close(self) -> None:
        """Closes the window."""
        if cv2.getWindowProperty(self._title, cv2.WND_PROP_VISIBLE) >= 1:
            cv2.destroyWindow(self._title)


def drawn(frame: LiveFrame, motion: list[tuple[float, float]]) -> np.ndarray:
    """The picture with the face's box and the motion curve below, uint8 BGR.

    Args:
        frame: the frame.
        motion: seconds and motion in pixels of the 224 px crop, of the last `SHOWN` seconds.
    """
    picture = cv2.cvtColor(frame.image, cv2.COLOR_RGB2BGR)
    height, width = picture.shape[:2]
    if frame.box is not None:
        x0, y0, x1, y1 = (round(v) for v in frame.box)
        cv2.rectangle(picture, (x0, y0), (x1, y1), GREEN, 2)
    if len(motion) > 1:
        times, values = np.array(motion).T
        x = width * (1 - (frame.time - times) / SHOWN)
        y = height - 4 - values / max(4.0, values.max()) * height / 5
        line = np.round(np.column_stack([x, y])).astype(np.int32)
        cv2.polylines(picture, [line], isClosed=False, color=GREEN, thickness=1)
    return picture


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
