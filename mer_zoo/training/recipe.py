"""Recipes: TOML files that regenerate a zoo entry. Unknown keys are errors, not ignored."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from mer_zoo.errors import CardError, RecipeError
from mer_zoo.zoo.cards import Preprocessing, parse


@dataclass(frozen=True)
class Data:
    """The synthetic corpus: label schema, seed, and clips of each photographed identity."""

    schema: str
    seed: int
    clips_per_identity: int


@dataclass(frozen=True)
class NetworkChoice:
    """A class of `mer_zoo.models` and its arguments; classes and image shape are filled in."""

    name: str
    arguments: dict = field(default_factory=dict)


@dataclass(frozen=True)
class Augmentation:
    """`shift`: largest random shift of the crop, in px. `flip`: mirror half of the images."""

    shift: int = 4
    flip: bool = True


@dataclass(frozen=True)
class Training:
    """Optimisation. The number of epochs is fixed: no score of any test clip ever chooses one."""

    epochs: int
    seeds: list[int]
    batch_size: int = 64
    learning_rate: float = 2e-3
    warmup: float = 0.2
    weight_decay: float = 1e-3
    label_smoothing: float = 0.1


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
    """Everything needed to regenerate one zoo entry."""

    name: str
    data: Data
    preprocessing: Preprocessing
    network: NetworkChoice
    training: Training
    card: Words
    augmentation: Augmentation = field(default_factory=Augmentation)
    rejection: Rejecting = field(default_factory=Rejecting)

    @classmethod
    def read(cls, path: str | Path) -> "Recipe":
        """Reads and checks a recipe.

        Raises:
            RecipeError: the file is missing or not TOML, or a key is unknown, missing, of the wrong
                type or impossible.
        """
        try:
            data = tomllib.loads(Path(path).read_text(encoding="utf-8"))
        except OSError as error:
            raise RecipeError(
                f"The recipe {path} cannot be read ({error.strerror}). Recipes lie in recipes/ of "
                "a checkout."
            ) from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise RecipeError(f"The recipe {path} is not valid TOML: {error}.") from error
        try:
            recipe = parse(cls, data, str(path))
        except CardError as error:
            raise RecipeError(str(error)) from error
        recipe.check(str(path))
        return recipe

    def check(self, where: str) -> None:
        """Raises RecipeError for values no training could use."""
        training = self.training
        wrong = [
            (training.epochs < 1, "training.epochs must be at least 1"),
            (training.batch_size < 2, "training.batch_size must be at least 2"),
            (not training.seeds, "training.seeds must name at least one seed"),
            (not 0 <= training.label_smoothing < 1, "training.label_smoothing must be in [0, 1)"),
            (self.data.clips_per_identity < 1, "data.clips_per_identity must be at least 1"),
            (
                self.preprocessing.image_size + 2 * self.augmentation.shift
                > self.preprocessing.face_size,
                "preprocessing.image_size plus twice augmentation.shift must fit into "
                "preprocessing.face_size",
            ),
        ]
        for is_wrong, what in wrong:
            if is_wrong:
                raise RecipeError(f"{where}: {what}.")

    def to_dict(self) -> dict:
        """The recipe as nested dictionaries."""
        return dataclasses.asdict(self)
