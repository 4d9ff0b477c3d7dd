"""The entry that names action units in the image another entry has made."""

import functools

from mer_zoo.errors import CardError
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.loading import load
from mer_zoo.zoo.registry import find
from mer_zoo.zoo.unit_classifier import ActionUnitClassifier


def companion_of(card: Card) -> ActionUnitClassifier:
    """The companion that a card names, loaded once in a process.

    Raises:
        UnknownNameError: there is no such packaged entry.
        CardError: it names no action units, or reads other images than the entry of the card.
        WeightsError: its weights are missing or altered.
    """
    own, other = card.preprocessing, find(card.companion).card
    if not other.units or other.preprocessing != own:
        raise CardError(
            f"{card.name} names {card.companion} as the entry that names the action units in the same "
            f"image, but that one {'reads other images' if other.units else 'names none'}. Expected an "
            "entry of action units with the same preprocessing; correct or empty `companion` on the card."
        )
    return _loaded(card.companion, other.weights.sha256)


@functools.lru_cache(maxsize=4)
def _loaded(name: str, sha256: str) -> ActionUnitClassifier:
    # Kept here, since an attribute of a model would become part of it and of what it saves.
    model = load(name)
    assert isinstance(model, ActionUnitClassifier)
    return model
