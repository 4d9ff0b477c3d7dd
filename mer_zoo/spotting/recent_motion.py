"""How the face moved in the last seconds, for a display. Intervals do not depend on it."""

import numpy as np

from mer_zoo.clips import Clip
from mer_zoo.spotting.blinks import blinking, eye_closure
from mer_zoo.spotting.following import FacePath, Step
from mer_zoo.spotting.motion import bridged, displacement_fields, eye_cells, magnitude
from mer_zoo.spotting.views import View

REFERENCE = 2.0
"""Seconds whose mean face motion is measured from."""

EVERY = 0.5
"""Seconds between two measurements."""

FEWEST = 5
"""Frames without which nothing is measured."""

SIZE = 112


class RecentMotion:
    """Measures the motion of a face twice a second, from the frames of the last two seconds."""

    def __init__(self) -> None:
        self._steps: list[Step] = []
        self._measured = -np.inf

    def add(self, step: Step) -> np.ndarray:
        """Adds a frame and returns what was measured since the last call.

        Args:
            step: of `follow_steps`, with its view.

        Returns:
            float64 `(n, 2)`: seconds, and pixels of the 224 px crop. Empty in most calls.
        """
        if step.cut or not step.present:
            self._steps = []
        if not step.present or step.view is None:
            return np.empty((0, 2))
        self._steps.append(step._replace(view=step.view.around(step.points)))
        self._steps = [s for s in self._steps if s.time >= step.time - REFERENCE]
        if len(self._steps) < FEWEST or step.time - self._measured < EVERY:
            return np.empty((0, 2))
        times, motion = self._measure()
        new = times > self._measured
        self._measured = step.time
        return np.column_stack([times, motion])[new]

    def _measure(self) -> tuple[np.ndarray, np.ndarray]:
        path = FacePath.of(self._steps, 0)
        views: list[View] = [step.view for step in self._steps if step.view is not None]
        matrices = path.transforms(SIZE)
        clip = Clip(
            np.stack([view.crop(m, SIZE) for view, m in zip(views, matrices, strict=True)]),
            path.times,
        )
        fields = displacement_fields(clip.grey, turning=True)
        fields = bridged(fields, blinking(eye_closure(path), path.times), eye_cells())
        return path.times, magnitude(fields)
