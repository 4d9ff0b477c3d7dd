"""Runs the face networks' original tflite files in LiteRT, the fast path."""

from functools import cached_property

import numpy as np

from mer_zoo.faces.weights import BLAZEFACE, FACEMESH, WEIGHTS_FOLDER, NetworkFiles, read_verified
from mer_zoo.native_messages import withheld_if_quiet
from mer_zoo.settings import face_threads


class LiteRTEngine:
    """See `mer_zoo.faces.engines.Engine`. Images go through one by one."""

    @cached_property
    def _blazeface(self) -> "_Network":
        return _Network(BLAZEFACE)

    @cached_property
    def _facemesh(self) -> "_Network":
        return _Network(FACEMESH)

    def blazeface(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, logits = self._blazeface.run(image)
        return values.reshape(-1, 16), logits.reshape(-1)

    def facemesh(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        outputs = [self._facemesh.run(image) for image in images]
        landmarks = np.stack([points.reshape(-1, 3) for points, _ in outputs])
        return landmarks, np.array([logit.item() for _, logit in outputs], np.float32)


class _Network:
    """One tflite file with its interpreter, verified before it is read."""

    def __init__(self, files: NetworkFiles):
        from ai_edge_litert.interpreter import Interpreter

        content = read_verified(WEIGHTS_FOLDER / files.tflite, files.tflite_sha256)
        with withheld_if_quiet():  # it announces its XNNPACK delegate
            self._interpreter = Interpreter(model_content=content, num_threads=face_threads())
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = self._interpreter.get_output_details()
        # Larger first: by size, because the files list their outputs in no fixed order.
        outputs.sort(key=lambda detail: -int(np.prod(detail["shape"])))
        self._outputs = [detail["index"] for detail in outputs]

    def run(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(height, width, 3) float32 -> the larger and the smaller output."""
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        large, small = (self._interpreter.get_tensor(index) for index in self._outputs)
        return large, small
