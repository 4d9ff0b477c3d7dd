"""One fold. Nothing here imports Keras, which reads the environment when it is first imported."""

import os
import time
import zlib

import numpy as np

from mer_zoo.evaluation.examples import Examples, Learner
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.journal import FoldOutcome, Journal


def run_fold(
    journal: Journal,
    examples: Examples,
    learner: Learner,
    fold: Fold,
    number: int,
    seed: int,
    *,
    watch: bool,
    keep_weights: bool,
    environment: dict[str, str],
) -> FoldOutcome:
    """Trains on the training part of a fold, predicts its test part, and writes the journal.

    The learner is handed the training examples alone. With `watch`, the test clips are also
    predicted after each epoch; the answers go into the journal and nowhere else.

    `environment` is set first; it is empty where the fold runs in the caller's own process.
    """
    os.environ.update(environment)
    watched: list[np.ndarray] = []
    test = np.asarray(examples.originals[fold.test], dtype=np.float32)

    def look(predict):
        watched.append(predict(test).argmax(axis=1).astype(np.int8))

    started = time.perf_counter()
    fitted = learner.fit(
        examples.part(fold.train), fold_seed(seed, fold.name), look if watch else None
    )
    fit_seconds = time.perf_counter() - started
    outcome = FoldOutcome(
        seed=seed,
        fold=fold.name,
        probabilities=np.asarray(fitted.predict(test), dtype=np.float32),
        epochs=np.stack(watched) if watched else None,
        fit_seconds=fit_seconds,
    )
    if keep_weights:
        file = journal.weights_file(seed, number)
        file.parent.mkdir(parents=True, exist_ok=True)
        fitted.save(file)
    journal.write(number, outcome)
    return outcome


def fold_seed(seed: int, fold: str) -> int:
    """The seed of a fold: the same on every machine, another for every fold, never 0."""
    return zlib.crc32(f"{seed}/{fold}".encode()) % (2**31 - 1) + 1


def worker_environment(backend: str | None, threads: int) -> dict[str, str]:
    """Environment variables that give a process its backend and its share of the cores."""
    environment = {
        name: str(threads)
        for name in (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
        )
    }
    environment["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        single = "--xla_cpu_multi_thread_eigen=false"
        environment["XLA_FLAGS"] = flags if single in flags else f"{flags} {single}".strip()
    if backend:
        environment["KERAS_BACKEND"] = backend
    return environment
