"""Fits one network with one seed, its head first. Interrupted training resumes where it stopped."""

import io
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from mer_zoo.files import write_atomically
from mer_zoo.recipes.recipe import Training
from mer_zoo.training.batches import Batches, EpochStarter
from mer_zoo.training.unit_loss import UnitLoss
from mer_zoo.zoo.registry import HEAD

RANDOM_STATE = "random_state.npz"
EpochLog = Callable[[int, Mapping[str, float]], None]
"""Called with the number of an epoch, from 0, and its mean loss and accuracy."""


def fit_network(
    network: keras.Model,
    batches: Batches,
    training: Training,
    *,
    checkpoint: Path | None = None,
    callbacks: Iterable[keras.callbacks.Callback] = (),
    log: EpochLog | None = None,
    stop_after: int | None = None,
    verbose: int = 0,
) -> keras.callbacks.History:
    """Trains `network` for the fixed number of epochs of the recipe.

    AdamW with warm-up and cosine decay. Cross-entropy on soft targets, or, for action units, binary
    cross-entropy with weights for rare units (`UnitLoss`).

    Args:
        network: a model of `mer_zoo.models` ending in probabilities.
        batches: training images.
        training: the recipe's section.
        checkpoint: folder of the state after each epoch. If it holds the state of an interrupted
            call, training resumes from it with the same result (on the same backend). It is removed
            at the end.
        callbacks: further Keras callbacks.
        log: called for every epoch before its state is saved, so that none is missing after a kill.
            The interrupted epoch may be reported again, with the same values.
        stop_after: number of epochs after which to stop; the learning rate follows the full
            schedule.

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
        loss=UnitLoss.of(batches.targets) if batches.units else "categorical_crossentropy",
        metrics=[keras.metrics.BinaryAccuracy("accuracy")] if batches.units else ["accuracy"],
    )
    callbacks = [EpochStarter(batches), *callbacks]
    told = [] if log is None else [keras.callbacks.LambdaCallback(on_epoch_end=log)]
    if checkpoint is not None:
        folder = Path(checkpoint)
        callbacks = [
            RandomStateBackup(folder / RANDOM_STATE),
            keras.callbacks.BackupAndRestore(str(folder)),
            *callbacks,
        ]
    return network.fit(
        batches,
        epochs=stop_after or training.epochs,
        verbose=verbose,
        shuffle=False,
        callbacks=[*told, *callbacks],
    )


def fit_in_phases(
    network: keras.Model,
    batches: Batches,
    training: Training,
    *,
    epochs: int,
    checkpoint: Path | None = None,
    log: Callable[[str], EpochLog] | None = None,
    watch: Callable[[], None] | None = None,
    verbose: int = 0,
) -> None:
    """Trains the head alone for the recipe's `head_epochs`, then the layers of its `unfreeze`.

    Args:
        network, batches, training: see `fit_network`.
        epochs: number of epochs of the second phase; the learning rate follows the recipe's.
        checkpoint: folder of the state of both phases; see `fit_network`.
        log: returns the log of the phase "head" or "train"; see `fit_network`.
        watch: called after each epoch of the second phase.
        verbose: 2 prints one line per epoch of the second phase.
    """

    def kept(phase: str) -> Path | None:
        return None if checkpoint is None else Path(checkpoint) / phase

    if training.head_epochs:
        first = replace(training, epochs=training.head_epochs)
        logged = None if log is None else log("head")
        with frozen(network, "head"):
            fit_network(network, batches, first, checkpoint=kept("head"), log=logged)
    watching = (
        [] if watch is None else [keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: watch())]
    )
    with frozen(network, training.unfreeze):
        fit_network(
            network,
            batches,
            training,
            checkpoint=kept("all"),
            callbacks=watching,
            log=None if log is None else log("train"),
            stop_after=epochs,
            verbose=verbose,
        )


@contextmanager
def frozen(network: keras.Model, unfreeze: str) -> Iterator[None]:
    """Freezes all layers except those of `Training.unfreeze`, with their moving averages."""
    below = [
        layer
        for layer in network.layers
        if layer.name != HEAD and layer.trainable and layer.weights
    ]
    kept = below[: {"all": 0, "top": len(below) // 2, "head": len(below)}[unfreeze]]
    for layer in kept:
        layer.trainable = False
    try:
        yield
    finally:
        for layer in kept:
            layer.trainable = True


class RandomStateBackup(keras.callbacks.Callback):
    """Saves the state of the network's random generators, which Keras' own backup omits.

    Without it, resumed training would draw different dropout masks than uninterrupted training.

    Args:
        path: the `.npz` file; its folder is removed with Keras' backup when training ends.
    """

    def __init__(self, path: Path):
        super().__init__()
        self.path = path

    def on_train_begin(self, logs: Mapping[str, float] | None = None):
        if self.path.exists():
            with np.load(self.path, allow_pickle=False) as stored:
                self._restore({name: stored[name] for name in stored.files})

    def on_epoch_end(self, epoch: int, logs: Mapping[str, float] | None = None):
        content = io.BytesIO()
        np.savez(content, **self._state())
        write_atomically(self.path, content.getvalue())

    def _generators(self):
        return [v for v in self.model.variables if "seed_generator" in v.path]

    def _state(self):
        state = {
            f"generator{i}": keras.ops.convert_to_numpy(v) for i, v in enumerate(self._generators())
        }
        if keras.backend.backend() == "torch":  # where unseeded dropout draws from torch itself
            import torch

            state["torch"] = torch.get_rng_state().numpy()
        return state

    def _restore(self, state):
        for i, variable in enumerate(self._generators()):
            variable.assign(state[f"generator{i}"])
        if keras.backend.backend() == "torch":
            import torch

            torch.set_rng_state(torch.from_numpy(state["torch"]))


def predict(
    network: keras.Model, images: np.ndarray, image_size: int, batch_size: int = 256
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
