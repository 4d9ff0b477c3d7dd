"""Runs the face networks' original tflite files in LiteRT, the fast path."""

from functools import cached_property

import numpy as np

from mer_zoo.faces.weights import BLAZEFACE, FACEMESH, WEIGHTS_FOLDER, NetworkFiles, read_verified
from mer_zoo.native_messages import withheld_if_quiet
from mer_zoo.settings import face_threads


class LiteRTEngine:
    """See `mer_zoo.faces.engines.Engine`. Images go through one by one."""

    @property
    def parallel(self) -> bool:
        return face_threads() > 1

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
    """One tflite file, verified before it is read, with an interpreter for each thread that runs it.

    Interpreters of one thread each, side by side, read more images a second than one of two threads.
    """

    def __init__(self, files: NetworkFiles):
        self._content = read_verified(WEIGHTS_FOLDER / files.tflite, files.tflite_sha256)
        self._idle: list[_Interpreter] = [_Interpreter(self._content)]

    def run(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(height, width, 3) float32 -> the larger and the smaller output."""
        try:
            interpreter = self._idle.pop()
        except IndexError:  # all are running in other threads
            interpreter = _Interpreter(self._content)
        outputs = interpreter.run(image)
        self._idle.append(interpreter)
        return outputs


class _Interpreter:
    def __init__(self, content: bytes):
        from ai_edge_litert.interpreter import Interpreter

        with withheld_if_quiet():  # it announces its XNNPACK delegate
            self._interpreter = Interpreter(model_content=content, num_threads=1)
            self._interpreter.allocate_tensors()
        self._input = self._interpreter.get_input_details()[0]["index"]
        outputs = self._interpreter.get_output_details()
        # Larger first: by size, because the files list their outputs in no fixed order.
        outputs.sort(key=lambda detail: -int(np.prod(detail["shape"])))
        self._outputs = [detail["index"] for detail in outputs]

    def run(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        large, small = (self._interpreter.get_tensor(index) for index in self._outputs)
        return large, small
