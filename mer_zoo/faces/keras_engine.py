"""Runs the face networks as Keras models, on whichever backend Keras uses."""

from functools import cached_property

import keras
import numpy as np

from mer_zoo.faces.networks import load_blazeface, load_facemesh

# Compiled once each; other batches are padded up to the next of them.
BATCH_SIZES = (1, 4, 16)


class KerasEngine:
    """See `mer_zoo.faces.engines.Engine`."""

    @cached_property
    def _blazeface(self) -> keras.Model:
        return _compiled(load_blazeface())

    @cached_property
    def _facemesh(self) -> keras.Model:
        return _compiled(load_facemesh())

    def blazeface(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, logits = self._blazeface.predict_on_batch(image[None])
        return values[0], logits[0, :, 0]

    def facemesh(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        landmarks, logits = [], []
        for start in range(0, len(images), BATCH_SIZES[-1]):
            part = images[start : start + BATCH_SIZES[-1]]
            size = next(size for size in BATCH_SIZES if size >= len(part))
            padding = np.zeros((size - len(part), *part.shape[1:]), part.dtype)
            points, faces = self._facemesh.predict_on_batch(np.concatenate([part, padding]))
            landmarks.append(points[: len(part)])
            logits.append(faces[: len(part), 0])
        return np.concatenate(landmarks), np.concatenate(logits)


def _compiled(model: keras.Model) -> keras.Model:
    # XLA pays on JAX (which has nothing else); TensorFlow's own kernels beat it on a CPU.
    model.compile(jit_compile=keras.backend.backend() == "jax")
    return model
