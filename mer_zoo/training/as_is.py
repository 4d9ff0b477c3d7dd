"""Scoring an entry's own weights on clips that none of its training has seen."""

import time

import keras
import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Fold, Result, folds_hash
from mer_zoo.evaluation.journal import FoldOutcome
from mer_zoo.evaluation.pooling import pool
from mer_zoo.evaluation.runner import Follower
from mer_zoo.training.fitting import predict
from mer_zoo.zoo import load

AS_IS = "as-is"


def score_as_is(name: str, examples: Examples, follower: Follower | None = None) -> Result:
    """The answers of a zoo entry to all examples, without any training.

    Args:
        name: the entry. It must not have seen real clips, for they could be among these.
        examples: with the entry's classes, and images as its card says.
        follower: told of the one fold there is.

    Raises:
        EvaluationError: no entry is named, it saw real clips, or its classes are others.
    """
    if not name:
        raise EvaluationError(
            'The split "as-is" scores the weights of a zoo entry: name it by start=... (--start).'
        )
    model = load(name)
    card = model.card
    if card.trained_on.real_clips:
        raise EvaluationError(
            f"{name} was trained on {card.trained_on.real_clips} real clips, which could be among "
            "those it would be scored on. Leave one subject out instead (split loso)."
        )
    if tuple(model.class_names) != examples.class_names:
        raise EvaluationError(
            f"{name} tells {', '.join(model.class_names)} apart, the clips of {examples.protocol} "
            f"are labelled {', '.join(examples.class_names)}."
        )
    started = time.perf_counter()
    size = card.preprocessing.image_size
    everything = Fold("all", np.zeros(0, int), np.arange(len(examples)))
    outcome = FoldOutcome(
        seed=card.trained_on.seed,
        fold=everything.name,
        probabilities=predict(model, np.asarray(examples.originals, np.float32), size),
        epochs=None,
        fit_seconds=0.0,
    )
    plan = {
        "split": AS_IS,
        "folds": folds_hash([everything], examples.clips),
        "examples": examples.digest,
        "protocol": examples.protocol,
        "learner": {"entry": name, "sha256": card.weights.sha256},
        "seeds": [outcome.seed],
        "backend": keras.backend.backend(),
        "oracle": False,
        "keep_weights": False,
    }
    seconds = time.perf_counter() - started
    if follower is not None:
        follower.begun(None, plan, [everything])
        follower.fold_done(0, outcome)
    return pool(examples, [everything], [outcome], plan=plan, seconds=seconds)
