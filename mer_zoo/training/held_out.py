"""Scores on the clips of held-out identities, as a `Result`: predictions first, everything from them."""

import time
from collections.abc import Mapping

import keras
import numpy as np

from mer_zoo.evaluation import Examples, Fold, Result, folds_hash
from mer_zoo.evaluation.journal import FoldOutcome
from mer_zoo.evaluation.pooling import pool
from mer_zoo.synthesis.schemas import NONE
from mer_zoo.training.corpora import CorpusImages
from mer_zoo.training.fitting import predict
from mer_zoo.training.recipe import Recipe

SPLIT = "held-out identities"


def held_out_result(
    recipe: Recipe,
    networks: Mapping[int, keras.Model],
    data: CorpusImages,
    class_names: list[str],
    *,
    fit_seconds: float = 0.0,
    weights: str = "",
) -> Result:
    """The answers of trained networks to the expressions of identities none of them has seen.

    Clips without an expression are left out: no class is right for them. A subject is named
    `rig/identity`, so that `Result.by_dataset` tells the face rigs apart.

    Args:
        recipe: what the networks were trained by.
        networks: seed -> network.
        data: images of the corpus; its test split is scored.
        class_names: the classes in the order of the outputs.
        fit_seconds: for the record.
        weights: sha256 of the weights of a zoo entry, for the record; "" for networks just trained.
    """
    started = time.perf_counter()
    test = data.split("test")
    test = test.part(np.flatnonzero(test.table["label"] != NONE))
    examples = Examples(
        images=test.images,
        labels=np.array([class_names.index(label) for label in test.labels]),
        subjects=np.char.add(np.char.add(test.table["rig"], "/"), test.table["identity"]),
        clips=[f"{row['identity']}/{row['clip']}" for row in test.table],
        class_names=tuple(class_names),
        protocol=data.description,
    )
    everything = Fold("held out", np.zeros(0, int), np.arange(len(examples)))
    size = recipe.preprocessing.image_size
    outcomes = [
        FoldOutcome(
            seed=seed,
            fold=everything.name,
            probabilities=predict(network, examples.images, size),
            epochs=None,
            fit_seconds=fit_seconds / len(networks),
        )
        for seed, network in networks.items()
    ]
    plan = {
        "split": SPLIT,
        "folds": folds_hash([everything], examples.clips),
        "examples": examples.digest,
        "protocol": examples.protocol,
        "learner": recipe.to_dict(),
        "seeds": list(networks),
        "backend": keras.backend.backend(),
        "corpus": data.digest,
        "weights": weights,
        "training_clips": len(data.table) and int((data.table["split"] == "train").sum()),
        "oracle": False,
        "keep_weights": False,
    }
    seconds = time.perf_counter() - started + fit_seconds
    return pool(examples, [everything], outcomes, plan=plan, seconds=seconds)
