"""The card of a zoo entry: one TOML file with everything needed to use, judge and regenerate it.

The type of a field states its bounds (`mer_zoo.bounds`); `parse` enforces them.
"""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tomli_w

from mer_zoo.action_units import NAMES, ONE_SIDED, OUTPUTS, UNITS
from mer_zoo.bounds import (
    CHANNELS,
    CLASSES,
    DTYPES,
    PARAMETERS,
    SIDE,
    WEIGHT_BYTES,
    Arguments,
    Count,
    Digest,
    FetchableUrl,
    FileBesideCard,
    Items,
    Like,
    Line,
    MeasuredShare,
    Name,
    OneOf,
    Paragraphs,
    Prose,
    Seed,
    Share,
    Text,
    Within,
    shown,
)
from mer_zoo.config import TomlFormat
from mer_zoo.errors import CardError
from mer_zoo.files import write_atomically
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.selection import Selection

FORMAT = TomlFormat(
    "card",
    CardError,
    "A local zoo entry is a folder that holds card.toml and the weight file it names; `mer-zoo train` "
    "writes one.",
)


@dataclass(frozen=True)
class NetworkFacts:
    """The class of `mer_zoo.models`, its arguments, and its number of trainable parameters."""

    name: Name
    parameters: Annotated[int, Within(1, PARAMETERS)]
    arguments: Annotated[dict, Arguments(refused=("name", "weights"))] = field(default_factory=dict)


@dataclass(frozen=True)
class Rejection:
    """When the answer is "no expression".

    `threshold`: the answer is a class only if the largest probability reaches it. `min_motion`: the
    same for the peak motion, in pixels of the 224 px crop. `auc`: of the largest probability as a
    detector of expressions. `auc` and `kept` are NaN if they were not measured. `upper_face`: the
    threshold while a person talks, when only the upper face is read; 1 for a network that was not
    trained for this, so that it names nothing then. `steps`: a large expression is read in two
    steps, and the surer answer counts; otherwise its beginning is read.
    """

    threshold: Share
    min_motion: Annotated[float, Within(0, 224)]
    auc: MeasuredShare
    kept: MeasuredShare
    upper_face: Share = 1.0
    steps: bool = False

    @property
    def while_talking(self) -> str:
        """What is named while a person talks, in words."""
        if self.upper_face < 1:
            return f"while a person talks, largest probability of the upper face below {self.upper_face:.2f}"
        return "while a person talks, always"


@dataclass(frozen=True)
class Weights:
    """The weight file beside the card, its size and sha256, and the dtype it is stored in.

    `url` is the address of the file if it is not beside the card. `base` names the packaged entry
    (with digest `base_sha256`) that supplies the weights missing from the file; that entry has no
    base itself. `unchanged`: share of the held-out clips whose predicted class did not change when
    the weights were stored; 0 if not measured.
    """

    file: Annotated[str, Text(1, 255), FileBesideCard()]
    sha256: Digest
    bytes: Annotated[int, Within(1, WEIGHT_BYTES)]
    dtype: Annotated[str, OneOf(tuple(DTYPES))]
    url: Annotated[str, Text(0, 2000), FetchableUrl()] = ""
    base: Annotated[str, Like(r"(\w[\w.-]{0,199})?", "the plain name of a packaged entry")] = ""
    base_sha256: Annotated[str, Like("([0-9a-f]{64})?", "the sha256 of the base's weights")] = ""
    unchanged: Share = 0.0

    def remarks(self) -> str:
        """Remarks on the file in words; usually empty."""
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
    """What the weights were trained on. `real_clips = 0` means only synthetic clips.

    `selection`: the clips on which the hyperparameters were chosen. `altered`: the weights were
    changed after the training that this section describes, so they may have seen any clip.
    `pretrained`: what they were trained on before any clip, such as the photographs of ImageNet; empty
    for random weights.
    """

    corpus: Prose
    clips: Count
    identities: Count
    real_clips: Count
    seed: Seed
    digest: Line
    tuned_on: Paragraphs = field(default_factory=list)
    selection: Annotated[list[Selection], Items(0, 100)] = field(default_factory=list)
    altered: bool = False
    pretrained: Line = ""

    @property
    def real_clips_seen(self) -> str:
        """The real clips that the weights have seen or may have seen, in words; empty if none."""
        seen = [f"{self.real_clips} real clips"] if self.real_clips else []
        return " and ".join([*seen, *["clips its card does not know"] * self.altered])

    @property
    def beginning(self) -> str:
        """ ", beginning with ..." where training did not begin with random weights; else empty."""
        return f", beginning with {self.pretrained}" if self.pretrained else ""


@dataclass(frozen=True)
class Metric:
    """One score with its protocol, clip count, seeds and trivial baselines.

    `label`: what a reader must know before comparing it; usually empty.
    """

    name: Name
    value: MeasuredShare
    protocol: Line
    split: Line
    clips: Count
    identities: Count
    seeds: Annotated[list[Seed], Items(0, 100)]
    values: Annotated[list[MeasuredShare], Items(0, 100)]
    majority: Share
    chance: Share
    interval: Annotated[list[MeasuredShare], Items(0, 2)] = field(default_factory=list)
    label: Line = ""


@dataclass(frozen=True)
class UnitFacts:
    """One action unit of an entry that names them.

    `threshold`: the probability it must reach, chosen on the validation identities. `positives`,
    `f1`, `auc`: clips of the held-out identities that show it, and its scores on them; NaN if not
    measured.
    """

    number: Annotated[int, Within(min(NAMES), max(NAMES))]
    threshold: Share
    positives: Count = 0
    f1: MeasuredShare = float("nan")
    auc: MeasuredShare = float("nan")


@dataclass(frozen=True)
class ReliabilityBin:
    """Answers of similar probability about clips of held-out identities, all units together.

    `least`: the smallest probability of the bin. `probability`: the mean. `shown`: share of the answers
    in which the unit had moved. `answers`: how many.
    """

    least: Share
    probability: MeasuredShare
    shown: MeasuredShare
    answers: Count


@dataclass(frozen=True)
class Golden:
    """The required outputs for the package's golden clips (`mer_zoo/zoo/golden.npz`).

    `class_names`: of the columns of `probabilities`, which tell no names apart themselves. Cards from before
    this field have none.
    """

    clips: Annotated[list[Name], Items(1, 16)]
    probabilities: Annotated[list[Annotated[list[Share], Items(1, CLASSES)]], Items(1, 16)]
    class_names: Annotated[list[Annotated[str, Text(1, 100)]], Items(0, CLASSES)] = field(
        default_factory=list
    )


@dataclass(frozen=True)
class Card:
    """The description of a zoo entry: network, training data, scores, intended use and limits.

    `companion`: the packaged entry that names the action units in the same image. `units` and
    `reliability`: of an entry that names action units itself; empty for entries that name a class.
    `one_sided`: how far the sides of a unit must differ for left or right to be named
    (`mer_zoo.action_units.side_of`), chosen on the validation identities.
    """

    name: Annotated[str, Text(1, 200), Like("[^/]+", "a name without a slash")]
    summary: Prose
    version: Name
    licence: Annotated[str, Text(1, 1000)]
    recipe: Line
    class_names: Annotated[list[Annotated[str, Text(1, 100)]], Items(2, CLASSES, distinct=True)]
    intended_use: Prose
    limits: Paragraphs
    references: Paragraphs
    network: NetworkFacts
    preprocessing: Preprocessing
    rejection: Rejection
    weights: Weights
    trained_on: TrainedOn
    golden: Golden
    metrics: Annotated[list[Metric], Items(0, 50)] = field(default_factory=list)
    made_with: Annotated[dict, Arguments()] = field(default_factory=dict)
    companion: Annotated[str, Like(r"(\w[\w.-]{0,199})?", "the plain name of a packaged entry")] = (
        ""
    )
    units: Annotated[list[UnitFacts], Items(0, len(UNITS))] = field(default_factory=list)
    reliability: Annotated[list[ReliabilityBin], Items(0, 100)] = field(default_factory=list)
    one_sided: Share = ONE_SIDED

    @classmethod
    def read(cls, path: Path) -> "Card":
        """Reads and checks a card.

        Raises:
            CardError: the file is missing, too large or not TOML, or a field is missing, unknown, of
                the wrong type or out of bounds.
        """
        return cls.from_dict(FORMAT.read_toml(path), where=str(path))

    @classmethod
    def from_dict(cls, data: dict, where: str = "card") -> "Card":
        """Builds a card from nested dictionaries, as TOML gives them, and checks it.

        Raises:
            CardError: a field is missing, unknown, of the wrong type or out of bounds.
        """
        card = FORMAT.parse(cls, data, where)
        if problem := _inconsistency(card):
            raise CardError(f"{where}: {problem}.")
        return card

    def provenance(self) -> str:
        """Training data and limits in words, for a report."""
        saw = self.trained_on
        kind = saw.real_clips_seen or "synthetic clips only"
        return (
            f"{self.name} was trained on {kind} ({saw.clips} clips, {saw.identities} identities, "
            f"corpus {saw.corpus}){saw.beginning}. " + " ".join(self.limits)
        )

    def brief(self):
        """A short version of the card, as a `mer_zoo.readings.CardSummary`."""
        # Here, because `readings` needs OpenCV.
        from mer_zoo.readings.card_summary import CardSummary

        saw, score = self.trained_on, ""
        kind = saw.real_clips_seen or "synthetic clips only"
        if self.metrics:
            first = self.metrics[0]
            score = (
                f"{first.name} {first.value:.3f} on {first.clips:,} clips of {first.identities} "
                f"identities ({first.protocol}); the most frequent class alone would score "
                f"{first.majority:.3f}, guessing {first.chance:.3f}"
            )
        return CardSummary(
            name=self.name,
            summary=self.summary,
            use=self.intended_use,
            trained_on=f"{kind}: {saw.clips:,} clips of {saw.identities} identities, {saw.corpus}"
            f"{saw.beginning}",
            score=score,
            limits=tuple(self.limits),
        )

    def to_dict(self) -> dict:
        """The card as nested dictionaries of plain values."""
        return dataclasses.asdict(self)

    def write(self, path: Path) -> None:
        """Writes the card as TOML, atomically: never a part of it, even if the disk is full."""
        text = tomli_w.dumps(self.to_dict(), multiline_strings=True)
        write_atomically(Path(path), text.encode("utf-8"))


def _inconsistency(card: Card) -> str | None:
    """What two fields of a card say that cannot both be true, or None."""
    seen, classes = card.preprocessing, len(card.class_names)
    shape = card.network.arguments.get("input_shape")
    base, digest = card.weights.base, card.weights.base_sha256
    claims = [
        (
            isinstance(seen.side, int) and seen.image_size <= seen.side <= SIDE,
            f"preprocessing.image_size is {seen.image_size} px; expected at most the side of the "
            f"modality's image ({shown(seen.side)} px), which is a whole number of at most {SIDE} px",
        ),
        (
            shape is None or _is_shape(shape, seen.image_size),
            f"network.arguments.input_shape is {shown(shape)}; expected [image_size, image_size, "
            f"channels] with preprocessing.image_size = {seen.image_size} and 1 to {CHANNELS} channels",
        ),
        (
            len(card.golden.probabilities) == len(card.golden.clips),
            "golden.probabilities and golden.clips differ in number",
        ),
        (
            all(len(row) == classes for row in card.golden.probabilities),
            f"golden.probabilities and class_names differ in number; expected {classes} in each row",
        ),
        (
            card.golden.class_names in ([], card.class_names),
            f"class_names are {shown(', '.join(card.class_names))}, but the golden outputs are of "
            f"{shown(', '.join(card.golden.class_names))}; expected the same names in the same order. If you "
            "mean to rename a class, change it in both",
        ),
        (bool(base) == bool(digest), "weights.base and weights.base_sha256 belong together"),
        (
            not card.units
            or (
                tuple(unit.number for unit in card.units) == UNITS
                and tuple(card.class_names) == OUTPUTS
            ),
            "an entry of action units has one [[units]] for each of "
            f"{', '.join(map(str, UNITS))}, in this order, and their outputs as class_names",
        ),
    ]
    return next((problem for holds, problem in claims if not holds), None)


def _is_shape(shape, side: int) -> bool:
    return (
        isinstance(shape, list | tuple)
        and len(shape) == 3
        and all(type(length) is int for length in shape)
        and tuple(shape[:2]) == (side, side)
        and 1 <= shape[2] <= CHANNELS
    )
