"""The zoo: cards, verified weights, and `load`."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.registry import card, find, list_models

if TYPE_CHECKING:  # imports a backend
    from mer_zoo.zoo.classifier import MicroExpressionClassifier

__all__ = ["Card", "card", "find", "list_models", "load", "push"]


def load(
    name: str | Path, *, class_names: Sequence[str] | None = None, num_classes: int | None = None
) -> "MicroExpressionClassifier":
    """Loads a zoo entry: network, verified weights, preprocessing and card.

    Args:
        name: a packaged entry (`mer_zoo.list_models()`), a local folder with a `card.toml`,
            `hf://org/repo@revision` on the Hub (extra `hub`), or the `.keras` file that a
            classifier's `save` wrote, on any backend.
        class_names: names of your custom classes. The head is then new and must be trained with
            `fit`; all other layers are loaded.
        num_classes: the same with generated names. Give only one of the two.

    Returns:
        A `MicroExpressionClassifier`, which is a `keras.Model`.

    Raises:
        UnknownNameError: the entry or file does not exist; close matches are listed.
        CardError: the card is wrong or does not fit the network, or a saved model has none.
        WeightsError: the weights are missing or altered. Random weights are never returned.
        HubError: the entry cannot be fetched from the Hub.
        ValueError: both arguments are given, the classes are invalid, or classes are given for a
            saved model.

    Example:
        >>> import mer_zoo
        >>> model = mer_zoo.load("meganet_tiny", class_names=["calm", "tense"])
        >>> model.output_shape
        (None, 2)
    """
    from mer_zoo.zoo.loading import load as load_entry

    return load_entry(name, class_names=class_names, num_classes=num_classes)


def push(
    folder: str | Path, address: str, *, public: bool = False, force: bool = False, rights: str = ""
):
    """Publishes a local entry folder on the Hub; see `mer_zoo.zoo.pushing.push`."""
    from mer_zoo.zoo.pushing import push as push_entry

    return push_entry(folder, address, public=public, force=force, rights=rights)
