"""The gradient of a log probability, the one thing Keras leaves to each backend."""

import keras
import numpy as np

SMALLEST = 1e-12  # of a probability, before its logarithm is taken


def gradient_at(model: keras.Model, values: np.ndarray, chosen: int) -> np.ndarray:
    """d log p(chosen) / d values of a model from values to probabilities.

    Args:
        model: a built `keras.Model` with one input and one output `(B, K)`.
        values: float32, a batch of its input.
        chosen: index of the class.

    Returns:
        float32, shaped like `values`.
    """
    return {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}[keras.backend.backend()](
        model, values, chosen
    )


def _score(answer, chosen):
    return keras.ops.sum(keras.ops.log(answer[:, chosen] + SMALLEST))


def _tensorflow(model, values, chosen):
    import tensorflow as tf

    point = tf.constant(values)
    with tf.GradientTape() as tape:
        tape.watch(point)
        score = _score(model(point, training=False), chosen)
    return tape.gradient(score, point).numpy()


def _jax(model, values, chosen):
    import jax

    trainable = [v.value for v in model.trainable_variables]
    fixed = [v.value for v in model.non_trainable_variables]

    def score(point):
        answer, _ = model.stateless_call(trainable, fixed, point, training=False)
        return _score(answer, chosen)

    return np.asarray(jax.grad(score)(jax.numpy.asarray(values)))


def _torch(model, values, chosen):
    import torch

    point = keras.ops.convert_to_tensor(values).clone().requires_grad_(True)
    (gradient,) = torch.autograd.grad(_score(model(point, training=False), chosen), point)
    return gradient.cpu().numpy()
