"""What leaving one subject out costs beside the bare `fit` calls it contains, and what processes gain.

    python benchmarks/loso.py [--network STSTNet] [--epochs 200] [--split loso]

The clips are a made-up release of 309 flow images of 40 subjects, as large as SMIC-HS and CASME II in MEGC
2019; the time does not depend on what they show. Every process has one thread. The two runs (one process,
then two) give the same predictions, which is checked. On JAX there is a third run, in one process, in which
each fold compiles for itself.
"""

import os

# Before NumPy and the backend start their threads.
os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"), "1")
)

import argparse
import dataclasses
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import patch

import keras
import numpy as np

from mer_zoo import datasets, evaluation
from mer_zoo.datasets.fake import fake_release
from mer_zoo.evaluation import runner
from mer_zoo.recipes import Recipe, find_recipe
from mer_zoo.training import RecipeLearner
from mer_zoo.training.learner import REAL

RECIPES = {
    "STSTNet": "ststnet_flow309",
    "OFFApexNet": "off_apexnet_flow309",
    "MEGANet": "meganet_flow309",
}
OVERHEAD, GAIN = 1.1, 1.7


class FitTimer:
    """Adds up the time spent in `keras.Model.fit` in this process."""

    def __init__(self):
        self.seconds = 0.0
        self._fit = keras.Model.fit

    def __enter__(self):
        def timed(model, *args, **kwargs):
            started = time.perf_counter()
            history = self._fit(model, *args, **kwargs)
            self.seconds += time.perf_counter() - started
            return history

        keras.Model.fit = timed
        return self

    def __exit__(self, *failure):
        keras.Model.fit = self._fit


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--network", choices=sorted(RECIPES), default="STSTNet")
    parser.add_argument("--epochs", type=int, default=200)
    parser.add_argument("--split", default="loso")
    options = parser.parse_args()
    recipe = Recipe.read(find_recipe(RECIPES[options.network]))
    training = dataclasses.replace(recipe.real_section().training, epochs=options.epochs)
    learner = dataclasses.replace(RecipeLearner.of(recipe, REAL), training=training)
    seconds: dict[str, float] = {}
    results, timer = {}, FitTimer()
    with tempfile.TemporaryDirectory() as folder:
        root = fake_release("flow", Path(folder) / "flow", clean=True, full=True, version="309")
        dataset = datasets.load("flow", root, protocol="megc2019-flow-309")
        examples = learner.examples_of(dataset, progress=False)

        def measure(name: str, jobs: int) -> None:
            started = time.perf_counter()
            results[name] = evaluation.run(
                learner,
                examples,
                folder=Path(folder) / name,
                split=options.split,
                seeds=(1,),
                jobs=jobs,
            )
            seconds[name] = time.perf_counter() - started

        with timer:
            measure("one", 1)
        measure("two", 2)
        if keras.backend.backend() == "jax":
            with patch.object(runner, "shared_folder", lambda backend: nullcontext()):
                measure("each", 1)
    about = results["one"].about
    predictions = [result.probabilities for result in results.values()]
    same = all(np.array_equal(predictions[0], other) for other in predictions[1:])
    overhead, gain = seconds["one"] / timer.seconds, seconds["one"] / seconds["two"]
    print(
        f"{options.network}, {len(examples)} clips, {options.split}, {options.epochs} epochs, "
        f"backend {about['backend']}, versions {about['versions']}\n"
        f"one process    {seconds['one']:8.1f} s, of which Keras' fit {timer.seconds:.1f} s: "
        f"{overhead:.3f} times the bare fits (bar {OVERHEAD})\n"
        f"two processes  {seconds['two']:8.1f} s: {gain:.2f} times as fast (bar {GAIN})"
    )
    if "each" in seconds:
        ratio = seconds["each"] / seconds["one"]
        print(f"each compiles  {seconds['each']:8.1f} s: sharing is {ratio:.2f} times as fast")
    print(f"same predictions: {same}")
    return 0 if same and overhead <= OVERHEAD and gain >= GAIN else 1


if __name__ == "__main__":
    sys.exit(main())
