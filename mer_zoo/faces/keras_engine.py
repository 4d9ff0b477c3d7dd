"""Runs the face networks as Keras models, on whichever backend Keras uses."""

from contextlib import contextmanager
from functools import cached_property

import keras
import numpy as np

from mer_zoo.faces.networks import load_blazeface, load_facemesh

# JAX compiles anew for each batch size, which takes seconds, so there every call has this size.
# It reads as many frames per second as a batch of 16.
JAX_BATCH = 4


class KerasEngine:
    """See `mer_zoo.faces.engines.Engine`."""

    parallel = False

    @cached_property
    def _blazeface(self) -> keras.Model:
        return _compiled(load_blazeface())

    @cached_property
    def _facemesh(self) -> keras.Model:
        return _compiled(load_facemesh())

    def blazeface(self, image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        values, logits = _run(self._blazeface, image[None])
        return values[0], logits[0, :, 0]

    def facemesh(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        count = len(images)
        if keras.backend.backend() == "jax":
            padding = np.zeros((-count % JAX_BATCH, *images.shape[1:]), images.dtype)
            images = np.concatenate([images, padding])
            parts = np.split(images, len(images) // JAX_BATCH)
        else:
            parts = [images]
        outputs = [_run(self._facemesh, part) for part in parts]
        landmarks, logits = (
            np.concatenate(output)[:count] for output in zip(*outputs, strict=True)
        )
        return landmarks, logits[:, 0]


def _compiled(model: keras.Model) -> keras.Model:
    # XLA pays on JAX (which has nothing else); TensorFlow's own kernels beat it on a CPU.
    model.compile(jit_compile=keras.backend.backend() == "jax")
    return model


def _run(model: keras.Model, batch: np.ndarray) -> list[np.ndarray]:
    with _one_torch_thread():
        return model.predict_on_batch(batch)


@contextmanager
def _one_torch_thread():
    """Keeps PyTorch on one thread for a while; does nothing on other backends.

    The layers are so small that PyTorch's threads wait for each other more than they work; where
    other processes use the processor too, that makes them ten times slower.
    """
    if keras.backend.backend() != "torch":
        yield
        return
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
