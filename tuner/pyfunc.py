"""Loads a model that a search logged, in any process: `mlflow.pyfunc.load_model` calls it.

MLflow copies this package into the model. The process needs `mer_zoo` and a Keras backend; neither
KerasTuner nor, at this place, MLflow.
"""

import numpy as np

UNKNOWN = -1  # a frame index that is not given
FPS = 100.0


class ClipReader:
    """A classifier that reads raw clips.

    Args:
        folder: a zoo entry.
    """

    def __init__(self, folder: str):
        from mer_zoo.cli.common import choose_backend

        choose_backend()
        from pathlib import Path

        import mer_zoo

        self.model = mer_zoo.load(Path(folder))

    def predict(self, model_input: np.ndarray, params: dict | None = None) -> dict:
        """Reads one clip: face, alignment, phases, image, network.

        Args:
            model_input: uint8 `(T, H, W, 3)` RGB or `(T, H, W)` grey.
            params: `fps`, by default 100; `onset`, `apex` and `offset`, 0-based frame indices, where
                they are known, else -1.

        Returns:
            The reading as plain values, as `mer_zoo.readings.Reading.to_dict` gives it: label,
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
