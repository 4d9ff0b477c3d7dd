"""Loads a logged model in any process: `mlflow.pyfunc.load_model` calls this module.

The process needs `mer_zoo` and any Keras backend, not the one the model was trained with.
"""

from pathlib import Path

import numpy as np

from mer_zoo.settings import choose_backend

UNKNOWN = -1  # a frame index that is not given
FPS = 100.0


class ClipReader:
    """A classifier that takes raw clips.

    Args:
        folder: a zoo entry.
    """

    def __init__(self, folder: str):
        choose_backend()
        from mer_zoo.zoo import load

        self.model = load(Path(folder))

    def predict(self, model_input: np.ndarray, params: dict | None = None) -> dict:
        """Classifies one clip: face, alignment, phases, image, network.

        Args:
            model_input: uint8 `(T, H, W, 3)` RGB or `(T, H, W)` grey.
            params: `fps`, by default 100; `onset`, `apex` and `offset`, 0-based frame indices if
                known, otherwise -1.

        Returns:
            The reading as plain values, as `mer_zoo.readings.Reading.to_dict` returns it: label,
            probabilities, onset, apex, offset, motion, ...

        Raises:
            ClipError: the frames or phases cannot be used.
            NoFaceError: no face was found.
        """
        from mer_zoo.clips import Clip

        params = params or {}
        phases = {name: params.get(name, UNKNOWN) for name in ("onset", "apex", "offset")}
        known = {name: int(frame) for name, frame in phases.items() if frame != UNKNOWN}
        clip = Clip.from_array(np.asarray(model_input), fps=params.get("fps", FPS), **known)
        return self.model.predict_clip(clip).to_dict()


def _load_pyfunc(path: str) -> ClipReader:
    """What MLflow calls with the folder of the zoo entry."""
    return ClipReader(path)
