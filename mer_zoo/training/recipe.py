"""Recipes: TOML files that regenerate a zoo entry. Unknown keys are errors, not ignored."""

import dataclasses
import os
from dataclasses import dataclass, field
from pathlib import Path

import tomli_w

from mer_zoo.errors import CardError, RecipeError, shown
from mer_zoo.selection import Selection
from mer_zoo.training.search_section import Search
from mer_zoo.zoo.cards import Preprocessing
from mer_zoo.zoo.parsing import parse, read_toml

UNFREEZE = ("all", "top", "head")
STORAGE = ("float16", "int8")
ONLY_REAL = {"balance": False, "inner_folds": 0, "head_epochs": 0}
"""What `Training` has for few, uneven real clips -> its value where clips are rendered."""


@dataclass(frozen=True)
class Data:
    """The synthetic corpus: label schema, seed, clips of each photographed identity, face rigs.

    `train_rig` names the one rig whose identities are trained on; empty, all are.
    """

    schema: str
    seed: int
    clips_per_identity: int
    rigs: list[str] = field(default_factory=lambda: ["makehuman"])
    train_rig: str = ""


@dataclass(frozen=True)
class NetworkChoice:
    """A class of `mer_zoo.models` and its arguments; classes and image shape are filled in."""

    name: str
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Augmentation:
    """What is changed about training images at random.

    `shift`: largest shift of the crop, in px. `flip`: mirror half of the images. `variants`: images
    made of each real clip, of which every batch draws one; 1 for the clip as it is, and each further
    one marked, sampled and filmed a little differently (`mer_zoo.preparation.variants`). Rendered
    clips have such differences already. `action_units`: class -> action units; every second variant
    of such a clip is rendered on the person's own neutral face (`mer_zoo.preparation.rendered`).
    """

    shift: int = 4
    flip: bool = True
    variants: int = 1
    action_units: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Training:
    """Optimisation. No score of any test clip ever chooses the number of epochs.

    `epochs` is fixed, or, with `inner_folds` of 2 or more, the most there may be: the number is then
    chosen on that many folds of the training subjects, and training begins anew on all of them.
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
class Rejecting:
    """`keep`: share of validation expressions the probability threshold lets pass.

    `min_motion`: least peak motion of an expression, in pixels of the 224 px crop.
    """

    keep: float = 0.95
    min_motion: float = 0.5


@dataclass(frozen=True)
class Words:
    """What the card says in words. `tuned_on`: what was looked at while the corpus was made."""

    summary: str
    intended_use: str
    limits: list[str]
    references: list[str]
    tuned_on: list[str] = field(default_factory=list)
    version: str = "1"
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
    """

    name: str
    preprocessing: Preprocessing
    network: NetworkChoice
    card: Words
    data: Data | None = None
    training: Training | None = None
    real: Real | None = None
    start: str = ""
    storage: str = "float16"
    augmentation: Augmentation = field(default_factory=Augmentation)
    rejection: Rejecting = field(default_factory=Rejecting)
    search: Search | None = None
    selection: list[Selection] = field(default_factory=list)

    @classmethod
    def read(cls, path: str | Path) -> "Recipe":
        """Reads and checks a recipe.

        Raises:
            RecipeError: the file is missing or not TOML, or a key is unknown, missing, of the wrong
                type or impossible.
        """
        if not os.path.isfile(path):
            raise RecipeError(
                f"The recipe {path} cannot be read: there is no such file. Recipes lie in recipes/ "
                "of a checkout."
            )
        try:
            recipe = parse(cls, read_toml(Path(path), "recipe"), str(path))
        except CardError as error:
            raise RecipeError(str(error)) from error
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
        wrong = [
            (
                self.storage not in STORAGE,
                f"storage must be one of {', '.join(STORAGE)}",
            ),
            (
                bool(self.start) and self.training is None,
                "start is where [training] begins, and there is no [training]; for real clips there "
                "is real.start",
            ),
            (
                self.data is not None and self.data.clips_per_identity < 1,
                "data.clips_per_identity must be at least 1",
            ),
            (
                self.data is not None and self.data.train_rig not in ("", *self.data.rigs),
                "data.train_rig must be one of data.rigs, or empty for all",
            ),
            (
                self.augmentation.shift < 0,
                "augmentation.shift must be 0 or more",
            ),
            (
                self.augmentation.variants < 1,
                "augmentation.variants must be at least 1, the clip as it is",
            ),
            (
                bool(self.augmentation.action_units) and self.augmentation.variants < 3,
                "augmentation.variants must be 3 at least for augmentation.action_units: the clip as "
                "it is, one variant of it, one rendered",
            ),
            (
                self.augmentation.variants > 1 and self.real is None,
                "augmentation.variants above 1 are made of real clips, and there is no [real]",
            ),
            (
                self.data is not None and not self._crops_fit(),
                "preprocessing.image_size plus twice augmentation.shift must fit into the image "
                f"of the modality, {shown(self.preprocessing.side)} px",
            ),
        ]
        if self.training is not None:
            wrong += _impossible(self.training, "training")
            wrong += [_frozen_from_scratch(self.training, self.start, "training")]
            wrong += [
                (
                    getattr(self.training, name) != unused,
                    f"training.{name} is for real clips: set it in [real.training]",
                )
                for name, unused in ONLY_REAL.items()
            ]
        if self.real is not None:
            wrong += _impossible(self.real.training, "real.training")
            wrong += [_frozen_from_scratch(self.real.training, self.real.start, "real.training")]
        for is_wrong, what in wrong:
            if is_wrong:
                raise RecipeError(f"{where}: {what}.")
        if self.search is not None:
            self.search.ranges(where)

    def _crops_fit(self) -> bool:
        """Whether every shifted crop lies within the image of the modality."""
        side = self.preprocessing.side  # a parameter of the modality, so it may be anything
        needed = self.preprocessing.image_size + 2 * self.augmentation.shift
        return isinstance(side, int) and needed <= side

    def synthetic(self) -> tuple[Data, Training]:
        """The sections for synthetic clips.

        Raises:
            RecipeError: the recipe has none.
        """
        if self.data is None or self.training is None:
            raise RecipeError(
                f"The recipe {self.name} trains on real clips only: give --root with the folder of "
                f"{self.real.dataset}."
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

    def to_toml(self) -> str:
        """The recipe as `read` reads it; sections that are not there are left out."""
        content = {key: value for key, value in self.to_dict().items() if value is not None}
        return tomli_w.dumps(content, multiline_strings=True)

    def to_dict(self) -> dict:
        """The recipe as nested dictionaries."""
        return dataclasses.asdict(self)


def _frozen_from_scratch(training: Training, start: str, section: str) -> tuple[bool, str]:
    return (
        training.unfreeze != "all" and not start,
        f"{section}.unfreeze must be all where training begins with fresh weights",
    )


def _impossible(training: Training, section: str) -> list[tuple[bool, str]]:
    return [
        (training.epochs < 1, f"{section}.epochs must be at least 1"),
        (training.batch_size < 2, f"{section}.batch_size must be at least 2"),
        (not training.seeds, f"{section}.seeds must name at least one seed"),
        (
            not 0 <= training.label_smoothing < 1,
            f"{section}.label_smoothing must be in [0, 1)",
        ),
        (training.head_epochs < 0, f"{section}.head_epochs must be 0 or more"),
        (
            training.unfreeze not in UNFREEZE,
            f"{section}.unfreeze must be one of {', '.join(UNFREEZE)}",
        ),
        (
            training.inner_folds < 0 or training.inner_folds == 1,
            f"{section}.inner_folds must be 0, or 2 and more",
        ),
    ]
