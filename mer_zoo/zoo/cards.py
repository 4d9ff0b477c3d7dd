"""The card of a zoo entry: one TOML file with everything needed to use, judge and regenerate it."""

import dataclasses
import tomllib
import types
import typing
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from mer_zoo.errors import CardError
from mer_zoo.selection import Selection


@dataclass(frozen=True)
class Network:
    """Which class of `mer_zoo.models`, with which arguments, and how many trainable parameters."""

    name: str
    parameters: int
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Preprocessing:
    """How a clip becomes the network's input.

    The face is aligned to a square crop of `face_size` px (outer eye corners 0.4875 of that apart);
    with `alignment = "frame"` no face is searched and whole frames, such as the registered crops of a
    dataset, are resized to that square instead;
    the modality turns the clip into one image (as large as the crop, or as its parameter `size` says),
    and the central `image_size` px are what the network sees.
    """

    modality: str
    face_size: int
    image_size: int
    parameters: dict = field(default_factory=dict)
    alignment: str = "face"

    @property
    def side(self) -> int:
        """Side in px of the whole image the modality makes."""
        return self.parameters.get("size", self.face_size)

    @property
    def settings(self) -> str:
        """The parameters of the modality in words: "channels motion, detrend False"."""
        return ", ".join(f"{name} {value}" for name, value in self.parameters.items())


@dataclass(frozen=True)
class Rejection:
    """When the answer is "no expression".

    `threshold`: the largest probability must reach it. `min_motion`: so must the peak motion, in
    pixels of the 224 px crop. `auc`: of the largest probability as "is there an expression".
    """

    threshold: float
    min_motion: float
    auc: float
    kept: float


@dataclass(frozen=True)
class Weights:
    """The weight file beside the card, its size and sha256, and the dtype it is stored in.

    `url` is where the file may be fetched from when it is not beside the card. `base` names the
    packaged entry, with the digest `base_sha256`, whose weights are used where the file has none.
    `unchanged`: share of the held-out clips whose class is that of the weights before they were
    stored; 0 where that was not measured.
    """

    file: str
    sha256: str
    bytes: int
    dtype: str
    url: str = ""
    base: str = ""
    base_sha256: str = ""
    unchanged: float = 0.0

    def remarks(self) -> str:
        """What else a reader should know about the file, in words; empty for most."""
        told = []
        if self.base:
            told.append(f"the last layer alone, the rest is that of {self.base}")
        if self.dtype == "int8":
            told.append(
                f"as stored it gives {self.unchanged:.1%} of the held-out clips the class that it gave "
                "in float32"
            )
        return "; ".join(told)


@dataclass(frozen=True)
class TrainedOn:
    """What the weights saw. `real_clips = 0` means synthetic clips alone.

    `selection`: what the hyperparameters were chosen on. `altered`: the weights were changed after
    the training that this section describes, so they may have seen any clip.
    """

    corpus: str
    clips: int
    identities: int
    real_clips: int
    seed: int
    digest: str
    tuned_on: list[str] = field(default_factory=list)
    selection: list[Selection] = field(default_factory=list)
    altered: bool = False

    @property
    def real_clips_seen(self) -> str:
        """The real clips that the weights saw or may have seen, in words; empty for none."""
        seen = [f"{self.real_clips} real clips"] if self.real_clips else []
        return " and ".join([*seen, *["clips its card does not know"] * self.altered])


@dataclass(frozen=True)
class Metric:
    """One score, never without its protocol, its clip count, its seeds and the trivial baselines.

    `label`: what a reader must know before comparing it; empty for most.
    """

    name: str
    value: float
    protocol: str
    split: str
    clips: int
    identities: int
    seeds: list[int]
    values: list[float]
    majority: float
    chance: float
    interval: list[float] = field(default_factory=list)
    label: str = ""


@dataclass(frozen=True)
class Golden:
    """What the entry must answer to the golden clips of the package (`mer_zoo/zoo/golden.npz`)."""

    clips: list[str]
    probabilities: list[list[float]]


@dataclass(frozen=True)
class Card:
    """A zoo entry, described. See `docs/design.md` for the meaning of each field."""

    name: str
    summary: str
    version: str
    licence: str
    recipe: str
    class_names: list[str]
    intended_use: str
    limits: list[str]
    references: list[str]
    network: Network
    preprocessing: Preprocessing
    rejection: Rejection
    weights: Weights
    trained_on: TrainedOn
    golden: Golden
    metrics: list[Metric] = field(default_factory=list)
    made_with: dict = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> "Card":
        """Reads and checks a card.

        Raises:
            CardError: the file is not TOML, or a field is missing, unknown or of the wrong type.
        """
        try:
            data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise CardError(
                f"{path} does not exist. A local zoo entry is a folder that holds card.toml and "
                "the weight file it names; `mer-zoo train` writes one."
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise CardError(f"{path} is not valid TOML: {error}. Mend or regenerate it.") from error
        return cls.from_dict(data, where=str(path))

    @classmethod
    def from_dict(cls, data: dict, where: str = "card") -> "Card":
        """Builds a card from nested dictionaries, as TOML gives them."""
        return parse(cls, data, where)

    def provenance(self) -> str:
        """What the weights saw, and the limits, in words for a report."""
        saw = self.trained_on
        kind = saw.real_clips_seen or "synthetic clips only"
        return (
            f"{self.name} was trained on {kind} ({saw.clips} clips, {saw.identities} identities, "
            f"corpus {saw.corpus}). " + " ".join(self.limits)
        )

    def brief(self):
        """What the card says in one minute, a `mer_zoo.readings.Brief`."""
        from mer_zoo.readings.brief import Brief  # here, since its room needs OpenCV

        saw, score = self.trained_on, ""
        kind = saw.real_clips_seen or "synthetic clips only"
        if self.metrics:
            first = self.metrics[0]
            score = (
                f"{first.name} {first.value:.3f} on {first.clips:,} clips of {first.identities} "
                f"identities ({first.protocol}); always the commonest class would reach "
                f"{first.majority:.3f}, guessing {first.chance:.3f}"
            )
        return Brief(
            name=self.name,
            summary=self.summary,
            use=self.intended_use,
            trained_on=f"{kind}: {saw.clips:,} clips of {saw.identities} identities, {saw.corpus}",
            score=score,
            limits=tuple(self.limits),
        )

    def to_dict(self) -> dict:
        """The card as nested dictionaries of plain values."""
        return dataclasses.asdict(self)

    def write(self, path: Path) -> None:
        """Writes the card as TOML."""
        Path(path).write_text(tomli_w.dumps(self.to_dict(), multiline_strings=True), "utf-8")


def parse(kind, data, where):
    """Turns dictionaries into the dataclass `kind`, refusing unknown, missing and mistyped fields."""
    if not isinstance(data, dict):
        raise CardError(f"{where}: expected a table, got {data!r}.")
    fields = {f.name: f for f in dataclasses.fields(kind)}
    hints = typing.get_type_hints(kind)
    if unknown := sorted(set(data) - set(fields)):
        raise CardError(f"{where}: unknown field {unknown[0]!r}. Known: {', '.join(fields)}.")
    required = [
        n
        for n, f in fields.items()
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]
    if missing := [n for n in required if n not in data]:
        raise CardError(f"{where}: the field {missing[0]!r} is missing.")
    return kind(**{n: _value(hints[n], v, f"{where}: {n}") for n, v in data.items()})


def _value(hint, value, where):
    if isinstance(hint, types.UnionType):  # `X | None`: left out when there is none
        (hint,) = (kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    if dataclasses.is_dataclass(hint):
        return parse(hint, value, where)
    if isinstance(hint, types.GenericAlias):
        if not isinstance(value, list):
            raise CardError(f"{where}: expected a list, got {value!r}.")
        (item,) = typing.get_args(hint)
        return [_value(item, v, f"{where}[{i}]") for i, v in enumerate(value)]
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise CardError(f"{where}: expected {hint.__name__}, got {value!r}.")
    return value
