"""What would feeding the network faster gain: batches made ahead in threads, or several steps a call?

    KERAS_BACKEND=torch python benchmarks/feeding.py [--recipe ststnet_megc2019] [--clips 320] [--epochs 3]

Fits the network of a recipe on made-up images of its size with `mer_zoo.training.fit`, on one core for the
network: as it is; with a thread that makes the batches of an epoch ahead; with two threads of Keras; and
with 8 steps a call, which torch does not have. Every way is fitted `--repeats` times, and the shortest
times count, of the clock and of the processor. The first epoch, which compiles, is left out. The weights
at the end are compared.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))

import argparse
import dataclasses
import sys
import time
from pathlib import Path

import keras
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mer_zoo import models
from mer_zoo.read_ahead import read_ahead
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.training.batches import Batches, soft_targets
from mer_zoo.training.fit import fit_network

CLASSES = ("negative", "positive", "surprise")
STEPS = 8
AHEAD = 64_000_000  # bytes of images


class Clock(keras.callbacks.Callback):
    """When each epoch ended, by the clock and by the time of the processor, in seconds."""

    def __init__(self):
        super().__init__()
        self.ended = []

    def on_epoch_end(self, epoch, logs=None):
        self.ended.append((time.perf_counter(), time.process_time()))


class Ahead(Batches):
    """The same batches, made ahead by a thread from the beginning of an epoch on."""

    def start_epoch(self, epoch):
        super().start_epoch(epoch)
        self._waiting, self._next = None, 0

    def __getitem__(self, batch):
        if self._waiting is None or batch != self._next:  # Keras looks at a batch before it begins
            made = (super(Ahead, self).__getitem__(i) for i in range(batch, len(self)))
            self._waiting = read_ahead(made, AHEAD, lambda pair: pair[0].nbytes)
        self._next = batch + 1
        return next(self._waiting)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--recipe", default="ststnet_megc2019")
    options.add_argument("--clips", type=int, default=320)
    options.add_argument("--epochs", type=int, default=3)
    options.add_argument("--repeats", type=int, default=2)
    given = options.parse_args()
    ways = {
        "as it is": (Batches, 1, 1),
        "batches ahead": (Ahead, 1, 1),
        "batches ahead by Keras": (Batches, 2, 1),
    }
    if keras.backend.backend() != "torch":
        ways[f"{STEPS} steps a call"] = (Batches, 1, STEPS)
    found = {name: [] for name in ways}
    for _ in range(given.repeats):  # in turns, for other programs disturb the machine
        for name, way in ways.items():
            found[name].append(fitted(given, *way))
    first = found["as it is"][0]
    print(f"{keras.backend.backend()}, {given.recipe}, {given.clips} clips, {given.epochs} epochs")
    print(
        f"making a batch: {1000 * min(f.making for f in found['as it is']):.1f} ms of the processor"
    )
    for name, fits in found.items():
        clock, processor = np.min([fit.step for fit in fits], axis=0) * 1000
        pairs = zip(first.weights, fits[0].weights, strict=True)
        apart = max(np.abs(a - b).max() for a, b in pairs)
        print(
            f"{name}: {clock:.1f} ms a step, {processor:.1f} ms of the processor; "
            f"weights differ by {apart:.1e}"
        )


@dataclasses.dataclass(frozen=True)
class Fit:
    """Seconds of a step by the clock and of the processor, those of making a batch, the last weights."""

    step: tuple[float, float]
    making: float
    weights: list


def fitted(given: argparse.Namespace, kind: type[Batches], threads: int, steps: int) -> Fit:
    recipe = read_recipe(given.recipe)
    training = dataclasses.replace(recipe.synthetic()[1], epochs=given.epochs)
    keras.utils.clear_session(free_memory=True)
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    side = recipe.preprocessing.image_size
    images = rng.normal(size=(given.clips, side, side, 3)).astype(np.float32)
    batches = kind(
        images,
        soft_targets(rng.integers(0, len(CLASSES), given.clips), len(CLASSES), 0.1),
        recipe.preprocessing,
        recipe.augmentation,
        batch_size=training.batch_size,
        seed=1,
    )
    started = time.process_time()
    for number in range(len(batches)):
        Batches.__getitem__(batches, number)
    making = (time.process_time() - started) / len(batches)
    batches.workers = threads
    shape = {"input_shape": (side, side, 3), "num_classes": len(CLASSES)}
    network = models.build(recipe.network.name, **{**recipe.network.arguments, **shape})
    clock = Clock()
    compile_as_it_is = network.compile
    network.compile = lambda **told: compile_as_it_is(steps_per_execution=steps, **told)
    fit_network(network, batches, training, callbacks=[clock])
    steps_timed = len(batches) * (given.epochs - 1)
    step = [(b - a) / steps_timed for a, b in zip(clock.ended[0], clock.ended[-1], strict=True)]
    return Fit((step[0], step[1]), making, network.get_weights())


if __name__ == "__main__":
    main()
