"""Finding zoo entries. Packaged or local, an entry is a folder with `card.toml` and its weights."""

import fnmatch
import os
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.errors import CardError, UnknownNameError, WeightsError
from mer_zoo.files import expanded
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.listing import ModelNames

if TYPE_CHECKING:
    import keras

ENTRIES = Path(str(resources.files("mer_zoo.zoo"))) / "entries"
CARD = "card.toml"
HUB = "hf://"
HEAD = "head"
"""Name of the layer that tells the classes apart, in every network."""


@dataclass(frozen=True)
class Entry:
    """A card and the folder it was read from.

    `address` is what loads the same entry on any machine: its name in the package, or its pinned
    `hf://` address. None for a local folder.
    """

    card: Card
    folder: Path
    address: str | None = None

    @property
    def where(self) -> str:
        """What to call the entry in messages: its name, with the path of its card if it is local."""
        return self.address or f"{self.card.name} ({self.folder / CARD})"

    def weight_file(self) -> Path:
        """The weight file beside the card, or else in the cache; its digest is not checked."""
        stored = self.card.weights
        path = self.folder / stored.file
        if not path.exists() and stored.url:
            from mer_zoo.zoo import cache  # here, since a list of entries needs no HTTP client

            return cache.fetch(stored.url, stored.sha256, size=stored.bytes)
        return path

    def build(self, make: "Callable[[], keras.Model]", fresh: tuple[str, ...] = ()):
        """The network that `make()` builds, with the verified weights except in layers of `fresh`.

        Raises:
            CardError: its base entry is not packaged, or has a base itself.
            WeightsError: the weight file, or that of its base entry, is missing or altered.
        """
        from mer_zoo.zoo import weights  # here, since a list of entries needs no NumPy

        stored = self.card.weights
        return weights.build_loaded(
            make, self.weight_file(), stored.sha256, fresh, self._base(), stored.bytes
        )

    def tensors(self) -> dict:
        """All verified weights by path, float32 or float16, including those of the base entry."""
        from mer_zoo.zoo import weights

        stored = self.card.weights
        own = weights.read(self.weight_file(), stored.sha256, stored.bytes)
        return {**self._base(), **own}

    def _base(self) -> dict:
        """The weights that this entry's file leaves out."""
        stored = self.card.weights
        if not stored.base:
            return {}
        if stored.base not in _packaged():
            raise CardError(
                f"{self.where} builds on {stored.base!r}, which is not a packaged entry. Install "
                "the version of mer-zoo it was made with "
                f"({self.card.made_with.get('mer_zoo', 'unknown')}), or make it again."
            )
        base = find(stored.base)
        if base.card.weights.base:
            raise CardError(
                f"{self.where} builds on {stored.base}, which builds on "
                f"{base.card.weights.base} itself. Expected an entry with all its weights: make "
                f"{self.card.name} again."
            )
        if base.card.weights.sha256 != stored.base_sha256:
            raise WeightsError(
                f"{self.where} holds the last layer alone and was made on {stored.base} with the "
                f"sha256 {stored.base_sha256[:16]}…; the one installed has "
                f"{base.card.weights.sha256[:16]}…. Install the version of mer-zoo that "
                f"{self.card.name} was made with ({self.card.made_with.get('mer_zoo', 'unknown')}), or "
                "make it again."
            )
        return base.tensors()


def list_models(pattern: str = "*") -> ModelNames:
    """Names of the packaged entries that match a shell pattern, sorted: a list that prints as a table.

    Args:
        pattern: for instance `"meganet*"` or `"*_casme2"`.

    Example:
        >>> import mer_zoo
        >>> mer_zoo.list_models("ststnet*")
        ['ststnet_megc2019']
    """
    return ModelNames(sorted(n for n in _packaged() if fnmatch.fnmatchcase(n, pattern)))


def find(name: str | Path) -> Entry:
    """The entry of that name, or in that folder.

    `hf://org/repo@revision` is an entry on the Hub, which is fetched once (`mer_zoo.zoo.hub`). A
    `Path`, or text that holds a path separator or starts with a dot, is a folder. Any other text is a
    name in the zoo, even if there is a folder of this name.

    Raises:
        UnknownNameError: no such entry. The message lists close matches.
        CardError: the folder has no card, or its card is wrong.
        HubError: the entry cannot be fetched from the Hub.
    """
    text = str(name)
    if isinstance(name, str) and text.startswith(HUB):
        from mer_zoo.zoo import hub

        pinned, folder = hub.fetch(text)
        return Entry(Card.read(folder / CARD), folder, pinned)
    if isinstance(name, Path) or "/" in text or "\\" in text or text.startswith((".", "~")):
        folder = expanded(name)
        return Entry(Card.read(folder / CARD), folder)
    packaged = _packaged()
    if text not in packaged:
        error = UnknownNameError.among("zoo entry", text, packaged)
        if os.path.isdir(text):
            error = UnknownNameError(f"{error} To load the local folder, write './{text}'.")
        raise error
    return Entry(Card.read(packaged[text] / CARD), packaged[text], text)


def card(name: str | Path) -> Card:
    """The card of an entry, by name or local folder. Imports no backend and reads no weights.

    Example:
        >>> import mer_zoo
        >>> mer_zoo.card("meganet_casme2").class_names
        ['happiness', 'disgust', 'surprise', 'repression', 'others']
    """
    return find(name).card


def _packaged() -> dict[str, Path]:
    return {path.parent.name: path.parent for path in ENTRIES.glob(f"*/{CARD}")}
