"""Recipes: TOML files that regenerate a zoo entry. Unknown keys are errors, not ignored."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import tomli_w

from mer_zoo.config import TomlFormat
from mer_zoo.errors import MerZooError, RecipeError, shown
from mer_zoo.modalities import channel_names, reads_upper_face, with_defaults
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes.search_space import Search
from mer_zoo.selection import Selection

FORMAT = TomlFormat("recipe", RecipeError, "The recipes of this project are found by name.")
UNFREEZE = ("all", "top", "head")
STORAGE = ("float16", "int8")
CLASSES, ACTION_UNITS = "classes", "action units"
Problems = Iterator[tuple[bool, str]]
"""Whether something is wrong, and what was expected."""

ONLY_REAL = {"balance": False, "inner_folds": 0, "head_epochs": 0}
"""What `Training` has for few, uneven real clips -> its value where clips are rendered."""


@dataclass(frozen=True)
class Data:
    """The synthetic corpus: label schema, seed, clips of each photographed identity, face rigs.

    `train_rig` names the one rig whose identities are trained on; empty, all are. `talking_clips`:
    further clips of each identity that is not held out, of a person in conversation
    (`mer_zoo.synthesis.Corpus`).
    """

    schema: str
    seed: int
    clips_per_identity: int
    rigs: list[str] = field(default_factory=lambda: ["makehuman"])
    train_rig: str = ""
    talking_clips: int = 0

    def problems(self) -> Problems:
        yield self.clips_per_identity < 1, "clips_per_identity must be at least 1"
        yield self.talking_clips < 0, "talking_clips must be 0 or more"
        yield (
            self.train_rig not in ("", *self.rigs),
            "train_rig must be one of data.rigs, or empty for all",
        )


@dataclass(frozen=True)
class NetworkChoice:
    """A class of `mer_zoo.models` and its arguments; classes and image shape are filled in."""

    name: str
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Augmentation:
    """What is changed about training images at random.

    `shift`: largest shift of the crop, in px. `flip`: mirror half of the images. `heights` and
    `widths`, of rendered clips: lowest and highest factor by which the height and the width of an
    image are scaled about its centre, because other laboratories crop faces to other shapes.
    `makings`, of rendered clips: changed parameters of the modality. Each makes one more image of
    every training clip, and every batch draws one of them. `variants`, of real clips: images of each
    clip, of which every batch draws one; 1 for the clip as it is, and each further one marked,
    sampled and filmed a little differently (`mer_zoo.preparation.variants`). Rendered clips have
    such differences already. `upper_face`: share of the images reduced to the upper face
    (`mer_zoo.modalities.upper_face`), so that the network can be asked about people who talk.
    `action_units`: class -> action units; every second variant
    of such a clip is rendered on the person's own neutral face (`mer_zoo.preparation.rendered`).
    """

    shift: int = 4
    flip: bool = True
    variants: int = 1
    heights: list[float] = field(default_factory=lambda: [1.0, 1.0])
    widths: list[float] = field(default_factory=lambda: [1.0, 1.0])
    makings: list[dict] = field(default_factory=list)
    upper_face: float = 0.0
    action_units: dict = field(default_factory=dict)

    def problems(self) -> Problems:
        yield self.shift < 0, "shift must be 0 or more"
        yield not 0 <= self.upper_face < 1, "upper_face must be in [0, 1)"
        yield self.variants < 1, "variants must be at least 1, the clip as it is"
        for name in ("heights", "widths"):
            yield (
                not _is_range(getattr(self, name)),
                f"{name} must be the lowest and the highest factor, each from 0.5 to 2",
            )
        yield (
            bool(self.action_units) and self.variants < 3,
            "variants must be 3 at least for augmentation.action_units: the clip as it is, one "
            "variant of it, one rendered",
        )


@dataclass(frozen=True)
class Training:
    """Optimisation. No score of any test clip ever chooses the number of epochs.

    `epochs` is fixed, or, with `inner_folds` of 2 or more, the most there may be: the number is then
    chosen on that many folds of the training subjects, and training restarts on all of them.
    `head_epochs` come first and train the head alone, so that a fresh head does not spoil the layers
    below it; `unfreeze` says what is trained after them: "all" layers, the "top" (the later half of
    the layers that hold weights) or the "head" alone. `balance` draws every class equally often.
    `warmup` is a share of all steps.
    """

    epochs: int
    seeds: list[int]
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup: float = 0.2
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1
    balance: bool = False
    inner_folds: int = 0
    head_epochs: int = 0
    unfreeze: str = "all"

    def problems(self, start: str) -> Problems:
        """Values with which no training is possible.

        Args:
            start: the entry whose weights training starts from; "" for random weights.
        """
        yield self.epochs < 1, "epochs must be at least 1"
        yield self.batch_size < 2, "batch_size must be at least 2"
        yield not self.seeds, "seeds must name at least one seed"
        yield not 0 <= self.label_smoothing < 1, "label_smoothing must be in [0, 1)"
        yield self.head_epochs < 0, "head_epochs must be 0 or more"
        yield self.unfreeze not in UNFREEZE, f"unfreeze must be one of {', '.join(UNFREEZE)}"
        yield (
            self.inner_folds < 0 or self.inner_folds == 1,
            "inner_folds must be 0, or 2 and more",
        )
        yield (
            self.unfreeze != "all" and not start,
            "unfreeze must be all where training begins with fresh weights",
        )


@dataclass(frozen=True)
class Real:
    """How the recipe trains on real clips: which, and with which optimisation.

    `protocol` names a set of clips (`mer_zoo.datasets.PROTOCOLS`); empty, all there are.

    `start` names the zoo entry whose weights training begins with; without it, from fresh ones.
    """

    dataset: str
    protocol: str
    training: Training
    start: str = ""


@dataclass(frozen=True)
class RejectionRule:
    """`keep`: share of validation expressions the probability threshold lets pass.

    `speech`: share of the validation clips of speech without an expression that may be named; a
    threshold that names more is raised. `min_motion`: least peak motion of an expression, in pixels
    of the 224 px crop. `steps`: large expressions are read in steps (`SpottedExpression.steps`).
    The surest answer counts, so a network that names other large movements names them oftener.
    """

    keep: float = 0.95
    min_motion: float = 0.5
    speech: float = 1.0
    steps: bool = False

    def problems(self) -> Problems:
        yield not 0 <= self.keep <= 1, "keep must be in [0, 1]"
        yield not 0 <= self.speech <= 1, "speech must be in [0, 1]"


@dataclass(frozen=True)
class CardText:
    """What the card says in words. `tuned_on`: what was looked at while the corpus was made.

    `companion`: entry that names the action units in the same image.
    """

    summary: str
    intended_use: str
    limits: list[str]
    references: list[str]
    tuned_on: list[str] = field(default_factory=list)
    version: str = "1"
    companion: str = ""
    licence: str = "Apache-2.0"


@dataclass(frozen=True)
class Recipe:
    """Everything needed to regenerate one zoo entry, or one line of a table of results.

    `data` and `training` say how it is trained on synthetic clips, `real` how on real ones; a recipe
    has one of the two or both. `search` says what a search of hyperparameters may change, and
    `selection` on which clips the present values were chosen: a search writes it, and every score
    and card made from the recipe carries it.

    `start` names the zoo entry whose weights `training` begins with; empty, from fresh ones. Where it
    trains the head alone (`training.unfreeze = "head"`), the new entry keeps only that, and uses the
    rest of `start`. `storage` is the dtype of the synthetic entry's weight file, "float16" or "int8".

    `task` is what the network predicts: "classes", of which one is right, or "action units", each of
    which may have moved (`mer_zoo.action_units`).
    """

    name: str
    preprocessing: Preprocessing
    network: NetworkChoice
    card: CardText
    data: Data | None = None
    training: Training | None = None
    real: Real | None = None
    start: str = ""
    storage: str = "float16"
    task: str = CLASSES
    augmentation: Augmentation = field(default_factory=Augmentation)
    rejection: RejectionRule = field(default_factory=RejectionRule)
    search: Search | None = None
    selection: list[Selection] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> "Recipe":
        """Reads and checks a recipe.

        Raises:
            RecipeError: the file is missing or not TOML, or a key is unknown, missing, of the wrong
                type or impossible.
        """
        recipe = FORMAT.read(cls, path)
        recipe.check(str(path))
        return recipe

    def check(self, where: str) -> None:
        """Raises RecipeError for values no training could use."""
        if (self.data is None) != (self.training is None):
            raise RecipeError(
                f"{where}: [data] and [training] belong together: they say which synthetic clips "
                "there are and how to train on them."
            )
        if self.data is None and self.real is None:
            raise RecipeError(
                f"{where}: there is nothing to train on. Add [data] and [training] for synthetic "
                "clips, or [real] for a dataset."
            )
        for is_wrong, problem in self._problems():
            if is_wrong:
                raise RecipeError(f"{where}: {problem}.")
        if self.search is not None:
            self.refuse_units(f"{where}: [search]")
            self.search.ranges(where)

    def _problems(self) -> Problems:
        yield self.storage not in STORAGE, f"storage must be one of {', '.join(STORAGE)}"
        yield (
            self.task not in (CLASSES, ACTION_UNITS),
            f'task must be "{CLASSES}" or "{ACTION_UNITS}"',
        )
        yield (
            self.of_units and self.network.arguments.get("activation") != "sigmoid",
            f'network.arguments.activation must be "sigmoid" where task = "{ACTION_UNITS}"',
        )
        yield (
            self.of_units and self.storage != "float16",
            f'storage must be "float16" where task = "{ACTION_UNITS}"',
        )
        yield (
            bool(self.start) and self.training is None,
            "start is where [training] begins, and there is no [training]; for real clips there is "
            "real.start",
        )
        yield from _within("augmentation", self.augmentation.problems())
        yield from _within("rejection", self.rejection.problems())
        made = self.preprocessing
        yield (
            self.augmentation.upper_face > 0
            and not reads_upper_face(made.modality, made.parameters),
            "augmentation.upper_face is for MESTI images of motion "
            '(modality = "mesti", channels = "motion" or "response")',
        )
        yield (
            self.augmentation.variants > 1 and self.real is None,
            "augmentation.variants above 1 are made of real clips, and there is no [real]",
        )
        yield from self._image_problems()
        if self.data is not None:
            yield from _within("data", self.data.problems())
            yield (
                not self._crops_fit(),
                "preprocessing.image_size plus twice augmentation.shift must fit into the image of "
                f"the modality, {shown(self.preprocessing.side)} px",
            )
        if self.training is not None:
            yield from _within("training", self.training.problems(self.start))
            for name, unused in ONLY_REAL.items():
                is_used = getattr(self.training, name) != unused
                yield is_used, f"training.{name} is for real clips: set it in [real.training]"
        if self.real is not None:
            yield from _within("real.training", self.real.training.problems(self.real.start))
            yield (
                self.of_units and self.real.training.inner_folds > 0,
                "real.training.inner_folds chooses the number of epochs by the UF1 of classes: leave it "
                f'out where task = "{ACTION_UNITS}"',
            )

    def _image_problems(self) -> Problems:
        """Parameters that the modality does not have or take, and makings of other images."""
        made = self.preprocessing
        expected = None
        for number, changed in enumerate([{}, *self.augmentation.makings]):
            where = f"augmentation.makings, number {number}" if number else "preprocessing"
            other = replace(made, parameters={**made.parameters, **changed})
            try:
                # First: a misspelt parameter may have any name, that of an argument as well.
                with_defaults(other)
                kind = (channel_names(other.modality, **other.parameters), other.side)
            except MerZooError as error:
                yield True, f"{where}: {str(error).rstrip('.')}"
                return
            expected = expected or kind
            yield kind != expected, f"{where}, must keep the channels and the size of the image"

    def _crops_fit(self) -> bool:
        """Whether every shifted crop lies within the image of the modality."""
        side = self.preprocessing.side  # a parameter of the modality, so it may be anything
        needed = self.preprocessing.image_size + 2 * self.augmentation.shift
        return isinstance(side, int) and needed <= side

    @property
    def of_units(self) -> bool:
        """Whether the network predicts action units."""
        return self.task == ACTION_UNITS

    def refuse_units(self, what: str) -> None:
        """Raises RecipeError if the network predicts action units, which `what` cannot handle."""
        if self.of_units:
            raise RecipeError(
                f"{what} trains on classes, but the recipe {self.name} predicts action units. Train it with "
                "mer-zoo train, on rendered clips (--photos) or on coded ones (--root, --loso)."
            )

    def synthetic(self) -> tuple[Data, Training]:
        """The sections for synthetic clips.

        Raises:
            RecipeError: the recipe has none.
        """
        if self.data is None or self.training is None:
            raise RecipeError(
                f"The recipe {self.name} trains on real clips only: give --root with the folder of "
                f"{self.real_section().dataset}."
            )
        return self.data, self.training

    def real_section(self) -> Real:
        """The section on real clips.

        Raises:
            RecipeError: there is none.
        """
        if self.real is None:
            raise RecipeError(
                f"The recipe {self.name} has no [real] section, so it does not say how to train on "
                "real clips. Add one with dataset, protocol and [real.training]."
            )
        return self.real

    @property
    def tuned_on(self) -> list[str]:
        """What the corpus and the hyperparameters were chosen on, in words, for the card."""
        return [*self.card.tuned_on, *map(str, self.selection)]

    @property
    def content(self) -> dict:
        """The recipe as TOML can hold it: sections that are not there are left out."""
        return {key: value for key, value in self.to_dict().items() if value is not None}

    def to_toml(self) -> str:
        """The recipe as `read` reads it."""
        return tomli_w.dumps(self.content, multiline_strings=True)

    def to_dict(self) -> dict:
        """The recipe as nested dictionaries."""
        return dataclasses.asdict(self)


def _is_range(factors: list[float]) -> bool:
    return len(factors) == 2 and 0.5 <= factors[0] <= factors[1] <= 2


def _within(section: str, problems: Problems) -> Problems:
    return ((is_wrong, f"{section}.{problem}") for is_wrong, problem in problems)
