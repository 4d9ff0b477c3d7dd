"""What the tuner and its tracking cost beside the bare fits of a search.

    KERAS_BACKEND=torch python benchmarks/search_overhead.py [--trials 3] [--clips 192] [--epochs 8]

One search with MEGANet at its full size on made-up images. The time inside the learner's `fit` and the
networks' `predict` is the bare work; everything else between calling `tuner.search` and its return is the
tuner, KerasTuner and MLflow. What is done once, before the first trial, is shown apart and counted.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import argparse
import dataclasses
import logging
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tuner
from mer_zoo.evaluation import Examples
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.training.learner import SYNTHETIC, RecipeLearner

BAR = 0.05


@dataclass
class Bare:
    """Wall and processor seconds spent in fits and predictions."""

    wall: float = 0.0
    processor: float = 0.0
    first: float = field(default=0.0)

    def timed(self, call, *args):
        started, worked = time.perf_counter(), time.process_time()
        self.first = self.first or started
        found = call(*args)
        self.wall += time.perf_counter() - started
        self.processor += time.process_time() - worked
        return found


@dataclass(frozen=True)
class Timed:
    """A learner, or what it hands back, whose work is timed."""

    inner: Any
    bare: Bare

    def fit(self, examples, seed, watch=None):
        return Timed(self.bare.timed(self.inner.fit, examples, seed, watch), self.bare)

    def predict(self, images):
        return self.bare.timed(self.inner.predict, images)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--trials", type=int, default=3)
    options.add_argument("--clips", type=int, default=192)
    options.add_argument("--epochs", type=int, default=8)
    given = options.parse_args()
    import keras
    import keras_tuner  # noqa: F401
    import mlflow  # noqa: F401

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    recipe = read_recipe("meganet_casme2")
    training = dataclasses.replace(recipe.synthetic()[1], epochs=given.epochs)
    recipe = dataclasses.replace(recipe, training=training, real=None)
    rng = np.random.default_rng(1)
    rows = given.clips
    made = Examples(
        rng.normal(size=(rows, 112, 112, 3)).astype(np.float32),
        rng.integers(0, 5, rows),
        np.array([f"made/s{i % 12}" for i in range(rows)]),
        np.array([f"c{i:04d}" for i in range(rows)]),
        ("happiness", "disgust", "surprise", "repression", "others"),
    )
    bare = Bare()
    with tempfile.TemporaryDirectory() as folder:
        from mer_zoo.tracking.store import Store

        Store.at(f"sqlite:///{folder}/mlflow.db").client()  # a database is made once for all
        started, worked = time.perf_counter(), time.process_time()
        tuner.search(
            recipe,
            made,
            trials=given.trials,
            project=Path(folder) / "project",
            tracking_uri=f"sqlite:///{folder}/mlflow.db",
            learner=lambda trial: Timed(RecipeLearner.of(trial, SYNTHETIC), bare),
            progress=False,
        )
        wall, processor = time.perf_counter() - started, time.process_time() - worked
    fits = 3 * given.trials
    over, over_processor = wall / bare.wall - 1, processor / bare.processor - 1
    print(f"{keras.backend.backend()}, {given.trials} trials of 3 folds, {rows} clips")
    print(f"bare: {bare.wall:.1f} s ({bare.processor:.1f} s of processor), {fits} fits")
    print(f"search: {wall:.1f} s ({processor:.1f} s of processor)")
    print(f"before the first trial: {bare.first - started:.2f} s")
    print(f"each trial: {(wall - bare.wall - bare.first + started) / given.trials:.2f} s on top")
    print(f"overhead: {over:.1%} of the time, {over_processor:.1%} of the processor's")
    if over > BAR:
        raise SystemExit(f"more than {BAR:.0%}")


if __name__ == "__main__":
    main()
