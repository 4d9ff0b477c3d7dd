"""What reads the videos of a batch: a zoo entry, or anything with the same methods."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from mer_zoo.batch.inputs import Input, ReadOptions, check_face
from mer_zoo.errors import WeightsError
from mer_zoo.readings import Reading
from mer_zoo.zoo import find


class Reader(Protocol):
    """What reads videos. It is sent to the processes with every video, so it should be small.

    Attributes:
        entry: name of the model, for the rows.
        class_names: of its probabilities.
        notes: what a report should say about the model.
    """

    @property
    def entry(self) -> str: ...

    @property
    def class_names(self) -> Sequence[str]: ...

    @property
    def notes(self) -> str: ...

    def describe(self) -> dict:
        """Plain values that name everything the rows depend on."""

    def prepare(self) -> None:
        """Called before each video; what it raises ends the batch. Heavy things are kept."""

    def read(self, clip: Input) -> Reading:
        """Reads one video; what it raises becomes the row of this video."""


@dataclass(frozen=True)
class EntryReader:
    """Reads videos with a zoo entry.

    Attributes:
        name: what the entry is loaded by, in every process.
        entry, class_names, notes: see `Reader`.
        sha256: digest of the entry's weights.
        preprocessing: of the entry's card, as text: what else the answers depend on.
        backend: Keras' backend.
        options: how videos are read.
    """

    name: str | Path
    entry: str
    class_names: tuple[str, ...]
    notes: str
    sha256: str
    preprocessing: str
    backend: str
    options: ReadOptions

    @classmethod
    def of(cls, name: str | Path, backend: str, options: ReadOptions) -> "EntryReader":
        """The reader of an entry; its card is read, its weights are not.

        Raises:
            UnknownNameError: there is no such entry, or no such face engine.
            BatchError: `face` is neither "largest" nor a number.
        """
        check_face(options.face, options.engine)
        found = find(name)
        card = found.card
        return cls(
            name=found.address or found.folder.resolve(),
            entry=card.name,
            class_names=tuple(card.class_names),
            notes=card.provenance(),
            sha256=card.weights.sha256,
            preprocessing=repr((card.preprocessing, card.rejection, *_units(card))),
            backend=backend,
            options=options,
        )

    def describe(self) -> dict:
        """See `Reader`."""
        shown = {
            name: getattr(self, name) for name in ("entry", "sha256", "preprocessing", "backend")
        }
        return {**shown, "class_names": list(self.class_names), **asdict(self.options)}

    def prepare(self) -> None:
        """See `Reader`. The first call in a process loads the network."""
        _classifier(self.name, self.sha256)

    def read(self, clip: Input) -> Reading:
        """See `Reader`."""
        return clip.read(_classifier(self.name, self.sha256), self.options)


def _units(card) -> tuple:
    """What decides on the action units of a row: the entry that names them and its thresholds."""
    if card.companion:
        other = find(card.companion).card
        return (card.companion, other.weights.sha256, other.rejection.upper_face, *_units(other))
    if card.units:
        return (tuple(unit.threshold for unit in card.units), card.one_sided)
    return ()


@lru_cache(maxsize=1)
def _classifier(name: str | Path, sha256: str):
    from mer_zoo.zoo import load

    model = load(name)
    if model.card.weights.sha256 != sha256:
        raise WeightsError(
            f"{name} has other weights here than where the batch was started. Install the same "
            "entry on every machine."
        )
    return model
