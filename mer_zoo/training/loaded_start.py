"""A loaded model as the start of a training: its weights, kept as the zoo entry that a recipe names."""

import dataclasses
from pathlib import Path

import keras
import numpy as np

from mer_zoo.errors import MerZooError
from mer_zoo.zoo import cards, find, weights
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.golden import golden_clips, golden_probabilities
from mer_zoo.zoo.loading import trainable_parameters
from mer_zoo.zoo.registry import CARD, HEAD, list_models

WEIGHTS = "weights.safetensors"


def keep_weights(model: MicroExpressionClassifier, folder: Path) -> str:
    """Makes the weights of a loaded model available as a start of training.

    Args:
        model: the model in memory, including any change of its weights since loading.
        folder: of the zoo entry to write if the weights differ from those of a packaged one. Its
            card says whether the weights are still those that the model's own card describes.

    Returns:
        The name of the packaged entry with the same weights, or `folder`.
    """
    packaged = _packaged_tensors(model)
    if packaged is not None and _equal(model, packaged):
        return model.card.name
    card = model.card
    folder.mkdir(parents=True, exist_ok=True)
    weights.save(model.network, folder / WEIGHTS, "float32")
    names = list(card.golden.clips) or list(golden_clips())
    seen = dataclasses.replace(
        card.trained_on, altered=card.trained_on.altered or not _is_as_stored(model, folder)
    )
    dataclasses.replace(
        card,
        class_names=list(model.class_names),
        network=dataclasses.replace(card.network, parameters=trainable_parameters(model.network)),
        rejection=model.rejection,
        weights=cards.Weights(
            file=WEIGHTS,
            sha256=weights.digest(folder / WEIGHTS),
            bytes=(folder / WEIGHTS).stat().st_size,
            dtype="float32",
        ),
        trained_on=seen,
        golden=cards.Golden(
            clips=names,
            probabilities=np.round(golden_probabilities(model, names), 7).tolist(),
            class_names=list(model.class_names),
        ),
        metrics=[],
    ).write(folder / CARD)
    return str(folder)


def _packaged_tensors(model) -> dict | None:
    """All tensors of the packaged entry that the model was loaded from; None when it was another."""
    if model.card.name not in list_models():
        return None
    entry = find(model.card.name)
    return entry.tensors() if entry.card.weights.sha256 == model.card.weights.sha256 else None


def _equal(model, tensors: dict) -> bool:
    """Whether the network has these weights. A head for other classes is not compared."""
    own_classes = list(model.class_names) != list(model.card.class_names)
    return all(
        np.array_equal(keras.ops.convert_to_numpy(variable), tensors[name].astype(np.float32))
        for name, variable in weights.variables_by_path(model.network).items()
        if not (own_classes and name.split("/")[0] == HEAD)
    )


def _is_as_stored(model, folder: Path) -> bool:
    """Whether the weights, stored as the card's were, give the very file that the card names."""
    stored = model.card.weights
    packaged = _packaged_tensors(model)
    if packaged is not None:
        return _equal(model, packaged)
    try:
        base = find(stored.base).tensors() if stored.base else None
        weights.save(model.network, folder / "compared.safetensors", stored.dtype, base)
        return weights.digest(folder / "compared.safetensors") == stored.sha256
    except MerZooError:  # values that the dtype cannot hold: others than were stored
        return False
    finally:
        (folder / "compared.safetensors").unlink(missing_ok=True)
