"""Fitting one network with one seed; interrupted, it goes on where it was."""

from pathlib import Path

import keras
import numpy as np

from mer_zoo.training.batches import Batches, EpochStarter
from mer_zoo.training.recipe import Training


def fit_network(
    network: keras.Model,
    batches: Batches,
    training: Training,
    *,
    checkpoint: Path | None = None,
    callbacks=(),
    verbose: int = 0,
) -> keras.callbacks.History:
    """Trains `network` for the fixed number of epochs of the recipe.

    AdamW under a warm-up and cosine decay, cross-entropy on soft targets.

    Args:
        network: a model of `mer_zoo.models` ending in probabilities.
        batches: training images.
        training: the recipe's section.
        checkpoint: folder of the state after each epoch. When it holds the state of an interrupted
            call, training goes on from there with the same result (same backend); it is removed at
            the end.
        callbacks: further Keras callbacks.

    Returns:
        The Keras history.
    """
    steps = len(batches) * training.epochs
    warmup = max(1, round(steps * training.warmup))
    schedule = keras.optimizers.schedules.CosineDecay(
        initial_learning_rate=training.learning_rate / 25,
        decay_steps=max(1, steps - warmup),
        warmup_target=training.learning_rate,
        warmup_steps=warmup,
        alpha=1e-3,
    )
    network.compile(
        optimizer=keras.optimizers.AdamW(schedule, weight_decay=training.weight_decay),
        loss="categorical_crossentropy",
        metrics=["accuracy"],
    )
    callbacks = [EpochStarter(batches), *callbacks]
    if checkpoint is not None:
        callbacks.insert(0, keras.callbacks.BackupAndRestore(str(checkpoint)))
    return network.fit(
        batches, epochs=training.epochs, verbose=verbose, shuffle=False, callbacks=callbacks
    )


def predict(
    network: keras.Model, images: np.ndarray, image_size: int, batch_size=256
) -> np.ndarray:
    """Probabilities of the central crops of many images, float32 `(N, classes)`."""
    border = (images.shape[1] - image_size) // 2
    middle = slice(border, border + image_size)
    return np.concatenate(
        [
            network.predict_on_batch(
                np.asarray(images[i : i + batch_size, middle, middle], "float32")
            )
            for i in range(0, len(images), batch_size)
        ]
    )
