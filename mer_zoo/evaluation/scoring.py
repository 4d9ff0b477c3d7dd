"""Scoring one fold. Nothing here imports Keras, which reads the environment when it is imported."""

import time
import zlib

import numpy as np

from mer_zoo.evaluation.examples import Examples, Fitted, Learner
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold


def score_fold(
    learner: Learner,
    examples: Examples,
    fold: Fold,
    *,
    seed: int,
    fit_seed: int | None = None,
    oracle: bool = False,
) -> tuple[FoldRecord, Fitted]:
    """Trains on the training part of a fold and predicts its test part once, after the last epoch.

    The learner receives only the training examples, so no epoch can be chosen by a test clip.

    Args:
        learner: what is trained.
        examples: of the evaluation.
        fold: the rows to train on and to test.
        seed: of the run, for the record.
        fit_seed: of the training; by default `fold_seed(seed, fold.name)`.
        oracle: also predict the test clips after each epoch. The predictions go only into the
            record.

    Returns:
        The record and what the learner returned.
    """
    watched: list[np.ndarray] = []
    test = _test_images(examples, fold)

    def look(predict):
        watched.append(predict(test).argmax(axis=1).astype(np.int8))

    started = time.perf_counter()
    fitted = learner.fit(
        examples.part(fold.train),
        fold_seed(seed, fold.name) if fit_seed is None else fit_seed,
        look if oracle else None,
    )
    seconds = round(time.perf_counter() - started, 3)
    epochs = np.stack(watched) if watched else None
    return score_fitted(
        fitted, examples, fold, seed=seed, fit_seconds=seconds, epochs=epochs
    ), fitted


def score_fitted(
    fitted: Fitted,
    examples: Examples,
    fold: Fold,
    *,
    seed: int,
    fit_seconds: float = 0.0,
    epochs: np.ndarray | None = None,
) -> FoldRecord:
    """What a trained network predicts for the test part of a fold.

    Args:
        fitted: a network that was trained elsewhere, on other clips.
        examples, fold, seed: see `score_fold`.
        fit_seconds, epochs: of the training, for the record.
    """
    return FoldRecord(
        fold=fold.name,
        seed=seed,
        clips=tuple(examples.clips[fold.test].tolist()),
        labels=examples.labels[fold.test],
        probabilities=np.asarray(fitted.predict(_test_images(examples, fold)), dtype=np.float32),
        fit_seconds=fit_seconds,
        epochs=epochs,
    )


def fold_seed(seed: int, fold: str) -> int:
    """The seed of a fold's training: equal on all machines, different for every fold, never 0."""
    return zlib.crc32(f"{seed}/{fold}".encode()) % (2**31 - 1) + 1


def _test_images(examples: Examples, fold: Fold) -> np.ndarray:
    return np.asarray(examples.originals[fold.test], dtype=np.float32)
