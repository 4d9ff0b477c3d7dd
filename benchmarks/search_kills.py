"""A search that is killed 20 times at random moments, beside one that never is.

    KERAS_BACKEND=torch python benchmarks/search_kills.py [--kills 20] [--trials 8] [--seed 1]

Both search the same small network on the same made-up images. Every attempt is a process of its own that
is ended by kill -9; the last one is left alone. The first quarter of the kills falls into the making of the
tracking database, which takes as long as several trials. Trials, values, scores and the best UF1 must then
be those of the search that was never killed. Attempts are forked after the packages have been imported, so
that a kill hits the search and not an import; JAX does not survive forks, so the backend is torch or
TensorFlow.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"))
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import argparse
import json
import logging
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import tuner
from mer_zoo.evaluation import Examples
from mer_zoo.recipes import Recipe
from mer_zoo.tracking import Store

RECIPE = """
name = "killed"
[data]
schema = "megc2019"
seed = 1
clips_per_identity = 6
[preprocessing]
modality = "mesti"
face_size = 40
image_size = 24
[network]
name = "MEGANet"
[network.arguments]
stages = [[8], [12]]
stem_strides = 2
neck = 8
attention_stages = [2]
[training]
epochs = 3
seeds = [1]
batch_size = 16
[card]
summary = "A benchmark."
intended_use = "A benchmark."
limits = ["Made-up images."]
references = []
[search.space]
"training.learning_rate" = {kind = "float", low = 1e-4, high = 1e-2, sampling = "log"}
"network.arguments.dropout" = {kind = "float", low = 0.1, high = 0.6}
"augmentation.shift" = {kind = "int", low = 0, high = 4}
"""


def examples(rows: int = 96, side: int = 32) -> Examples:
    """Images of three classes, of eight subjects; the class is the third that is brighter."""
    rng = np.random.default_rng(1)
    labels = rng.integers(0, 3, rows)
    images = rng.normal(size=(rows, side, side, 3)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[label * 10 : label * 10 + 10] += 0.3
    subjects = np.array([f"made/s{i % 8}" for i in range(rows)])
    names = ("negative", "positive", "surprise")
    return Examples(images, labels, subjects, np.array([f"c{i:03d}" for i in range(rows)]), names)


def database(folder: Path) -> str:
    """URI of the database in `folder`."""
    return f"sqlite:///{folder / 'mlflow.db'}"


def make_database(folder: Path, trials: int, begun) -> None:
    """What the first search in a folder does before all else."""
    begun.set()
    Store.at(database(folder)).client()


def attempt(folder: Path, trials: int, begun) -> None:
    """Searches in `folder` and writes down what was found."""
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    recipe = folder / "killed.toml"
    recipe.write_text(RECIPE)
    begun.set()
    found = tuner.search(
        Recipe.read(recipe),
        examples(),
        trials=trials,
        seed=7,
        project=folder / "project",
        tracking_uri=database(folder),
        progress=False,
    )
    client = found.record.client
    runs = client.search_runs([found.record.experiment], max_results=1000)
    content = {
        "trials": [[t.number, t.status, t.values, t.uf1] for t in found.trials],
        "best": found.best.uf1,
        "runs": len(runs),
        "fits": sum(len(client.get_metric_history(r.info.run_id, "fold_uf1")) for r in runs),
    }
    (folder / "found.json").write_text(json.dumps(content))


def run(work, folder: Path, trials: int, kill_after: float | None = None) -> tuple[str, float]:
    """One attempt at `work`.

    Returns:
        "finished", or what the killed attempt was doing, and its seconds.
    """
    context = multiprocessing.get_context("fork")
    begun = context.Event()
    process = context.Process(target=work, args=(folder, trials, begun))
    process.start()
    begun.wait()
    started = time.perf_counter()
    process.join(kill_after)
    seconds = time.perf_counter() - started
    if process.is_alive():
        process.kill()
        process.join()
        return stage(folder), seconds
    if process.exitcode:
        raise SystemExit(f"an attempt failed with exit code {process.exitcode}")
    return "finished", seconds


def stage(folder: Path) -> str:
    """Where a killed attempt had come to."""
    if not (folder / "mlflow.db").exists():
        return "while the database was made"
    state = folder / "project" / "oracle.json"
    if not state.exists():
        return "before the first trial"
    return f"{len(json.loads(state.read_text())['end_order'])} trials ended"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--kills", type=int, default=20)
    options.add_argument("--trials", type=int, default=8)
    options.add_argument("--seed", type=int, default=1, help="of the moments of the kills")
    given = options.parse_args()
    import keras
    import keras_tuner  # noqa: F401
    import mlflow  # noqa: F401

    from tuner import champion, engine, searching  # noqa: F401

    moments = random.Random(given.seed)
    with tempfile.TemporaryDirectory() as whole, tempfile.TemporaryDirectory() as killed:
        _, making = run(make_database, Path(whole), given.trials)
        _, seconds = run(attempt, Path(whole), given.trials)
        print(f"{keras.backend.backend()}: never killed, {given.trials} trials in {seconds:.1f} s")
        stages: Counter[str] = Counter()
        while stages.total() < given.kills:
            longest = seconds / 4
            if stages.total() < given.kills // 4:
                longest = making
            elif not (Path(killed) / "mlflow.db").exists():
                run(make_database, Path(killed), given.trials)
            where, _ = run(attempt, Path(killed), given.trials, moments.uniform(0, longest))
            if where == "finished":
                raise SystemExit(f"finished after {stages.total()} kills; give it more --trials")
            stages[where] += 1
            print(f"kill {stages.total()}: {where}", flush=True)
        run(attempt, Path(killed), given.trials)
        expected, found = (
            json.loads((Path(folder) / "found.json").read_text()) for folder in (whole, killed)
        )
    print(f"killed at: {dict(stages)}")
    print(f"best UF1 {expected['best']:.6f} never killed, {found['best']:.6f} killed")
    print(f"runs {expected['runs']} and {found['runs']}, folds {expected['fits']}, {found['fits']}")
    if found != expected:
        raise SystemExit(f"They differ:\n{json.dumps(expected)}\n{json.dumps(found)}")
    print(f"same {given.trials} trials, values and scores after {given.kills} kills")


if __name__ == "__main__":
    main()
