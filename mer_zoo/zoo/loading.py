"""From an entry to a ready classifier. Apart from `zoo/__init__`, since it imports a backend."""

import math
import os
from collections.abc import Sequence
from pathlib import Path

import keras

from mer_zoo import modalities, models
from mer_zoo.bounds import FEATURES, PARAMETERS, shown
from mer_zoo.errors import CardError, MerZooError, UnknownNameError, WeightsError
from mer_zoo.files import expanded
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.classifier import MicroExpressionClassifier
from mer_zoo.zoo.registry import HEAD, find
from mer_zoo.zoo.unit_classifier import ActionUnitClassifier

SAVED = ".keras"


def load(
    name: str | Path, *, class_names: Sequence[str] | None = None, num_classes: int | None = None
) -> MicroExpressionClassifier:
    """See `mer_zoo.load`."""
    own = _own_classes(class_names, num_classes)
    if str(name).endswith(SAVED):
        return _read_back(expanded(name), own)
    entry = find(name)
    card = entry.card
    if own and card.units:
        raise ValueError(
            f"{entry.where} names action units, so there are no classes to replace. For custom classes "
            "load an entry that names classes, such as meganet_casme2."
        )
    classes = len(own or card.class_names)
    _check_preprocessing(card, entry.where)
    network = entry.build(lambda: _built(card, classes, entry.where), fresh=(HEAD,) if own else ())
    if not own and trainable_parameters(network) != card.network.parameters:
        raise CardError(
            f"{entry.where}: the card promises {card.network.parameters} trainable parameters, the "
            f"network has {trainable_parameters(network)}. The card's network arguments are wrong."
        )
    return classifier_type(card)(
        network,
        card,
        class_names=own or card.class_names,
        fresh_head=own is not None,
        name=f"{card.name}_{len(own)}_own_classes" if own else card.name,
    )


def classifier_type(card: Card) -> type[MicroExpressionClassifier]:
    """The class of the model of a card: what it tells decides."""
    return ActionUnitClassifier if card.units else MicroExpressionClassifier


def _check_preprocessing(card: Card, where: str) -> None:
    """Raises CardError where the card's image is of no known kind, or has impossible parameters."""
    try:
        modalities.channel_names(card.preprocessing.modality, **card.preprocessing.parameters)
    except (MerZooError, TypeError) as error:
        raise CardError(f"{where}: preprocessing: {error} Correct the card.") from error


def _built(card: Card, num_classes: int, where: str):
    """The network of a card; variables have shapes and, where the caller defers them, no values yet."""
    arguments = {**card.network.arguments, "num_classes": num_classes}
    try:
        network = models.build(card.network.name, **arguments)
    except MerZooError as error:
        raise type(error)(f"{where}: {error}") from error
    except Exception as error:  # whatever Keras raises for arguments that a stranger chose
        raise CardError(
            f"{where}: no {card.network.name} can be built with the arguments of its card, "
            f"{shown(card.network.arguments)} ({type(error).__name__}: {str(error)[:500]}). Correct the "
            "card."
        ) from error
    _refuse_oversized(where, network)
    return network


def _refuse_oversized(where: str, network) -> None:
    """Raises CardError for more parameters, or larger feature maps, than any entry may have."""
    parameters = sum(math.prod(variable.shape) for variable in network.variables)
    features = max(_features(network))
    for found, most, what in (
        (parameters, PARAMETERS, "values in all its layers"),
        (features, FEATURES, "values in one feature map"),
    ):
        if found > most:
            raise CardError(
                f"{where}: the network that its card describes has {found:,} {what}; expected at "
                f"most {most:,}. Correct the card's network arguments."
            )


def _features(network):
    """Number of values in each feature map of one image."""
    for layer in network.layers:
        for output in keras.tree.flatten(layer.output):
            yield math.prod(output.shape[1:])
        if isinstance(layer, keras.Model):  # the trunk of a backbone
            yield from _features(layer)


def _read_back(path: Path, own) -> MicroExpressionClassifier:
    """A classifier that `model.save` wrote."""
    if own:
        raise ValueError(
            f"{path} has classes and a trained head already. For other classes begin with the entry it "
            "was made from: mer_zoo.load(name, class_names=...)."
        )
    if not os.path.isfile(path):
        raise UnknownNameError(
            f"There is no saved model {path}. A zoo entry is loaded by its name."
        )
    try:
        model = keras.saving.load_model(path)
    except (ValueError, TypeError, OSError, KeyError) as error:
        raise WeightsError(f"{path} cannot be read as a saved Keras model: {error}") from error
    if not isinstance(model, MicroExpressionClassifier):
        raise CardError(
            f"{path} holds a {type(model).__name__} without a card, so nothing is known of its images "
            "and classes. keras.saving.load_model reads it as it is."
        )
    return model


def _own_classes(class_names, num_classes):
    """The one rule: own classes, named or counted, mean a fresh head."""
    if class_names is None and num_classes is None:
        return None
    if class_names is not None and num_classes is not None and len(class_names) != num_classes:
        raise ValueError(
            f"class_names has {len(class_names)} names but num_classes={num_classes}. "
            "Give class_names alone."
        )
    names = list(class_names) if class_names is not None else None
    if names is None:
        names = [f"class_{i}" for i in range(num_classes)]
    if (
        len(names) < 2
        or len(set(names)) != len(names)
        or not all(isinstance(n, str) for n in names)
    ):
        raise ValueError(f"At least two different class names are needed, got {names!r}.")
    return names


def trainable_parameters(network: keras.Model) -> int:
    """Number of trainable parameters of a built network."""
    return sum(math.prod(variable.shape) for variable in network.trainable_variables)
