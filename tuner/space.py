"""The search space: the ranges of a recipe's [search] table, and recipes with values filled in."""

import dataclasses
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mer_zoo.errors import RecipeError, UnknownNameError
from mer_zoo.recipes.overrides import listed, with_values
from mer_zoo.recipes.recipe import Recipe, Training
from mer_zoo.recipes.search_space import Choice, FloatRange, IntRange

DIGITS = 4  # of a searched float: enough for training, and a recipe that can be read
IMAGES = ("preprocessing.modality", "preprocessing.face_size", "preprocessing.parameters.")
FILLED_IN = {"self", "input_shape", "num_classes", "activation", "name", "kwargs"}


@dataclass(frozen=True)
class Space:
    """The ranges of a recipe, and what a trial makes of them.

    Attributes:
        recipe: with a [search] table.
        section: "training" or "real.training": the section on optimisation that the search trains
            with.
        ranges: by dotted key of the recipe.

    Raises:
        RecipeError: there is no [search] table, it is empty, a range is impossible, or a key is
            unknown or must not be searched.
    """

    recipe: Recipe
    section: str

    def __post_init__(self):
        if self.recipe.search is None:
            raise RecipeError(
                f"The recipe {self.recipe.name} has no [search.space] table, so it does not say what "
                "a search may change. Add one; docs/search.md shows how."
            )
        known = _known(self.recipe, self.section)
        for key, values in self.ranges.items():
            _check_key(key, known, self.section)
            # What cannot even be read must not wait for the trial that draws it.
            for value in values.values if isinstance(values, Choice) else (values.low, values.high):
                with_values(self.recipe, {key: value})

    @property
    def ranges(self) -> dict[str, FloatRange | IntRange | Choice]:
        assert self.recipe.search is not None  # checked above
        return self.recipe.search.ranges(self.recipe.name)

    @property
    def changes_images(self) -> tuple[str, ...]:
        """The keys that need other images of the clips, not only another training."""
        return tuple(key for key in self.ranges if key.startswith(IMAGES))

    def hyperparameters(self):
        """The space as `keras_tuner.HyperParameters`, whose defaults are the recipe's own values.

        Values of a choice are written as JSON: KerasTuner takes no lists, and reads booleans as
        whole numbers.
        """
        import keras_tuner

        space = keras_tuner.HyperParameters()
        for key, values in self.ranges.items():
            own = self.own(key)
            match values:
                case FloatRange():
                    space.Float(key, values.low, values.high, sampling=values.sampling, default=own)
                case IntRange():
                    space.Int(key, values.low, values.high, step=values.step, default=own)
                case Choice():
                    choices = [json.dumps(value) for value in values.values]
                    space.Choice(key, choices, default=json.dumps(own))
        return space

    def own(self, key: str):
        """The recipe's own value of a key, or the nearest value of its range if the range excludes it.

        For a choice that excludes it, and for a key that the recipe's network does not have, the first value.
        """
        value, range_ = _present(self.recipe, key), self.ranges[key]
        return range_.first if value is None else range_.nearest(value)

    def decoded(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What KerasTuner proposed, as values of a recipe; floats keep 4 significant digits."""
        found = {}
        for key, values_of in self.ranges.items():
            value = values[key]
            match values_of:
                case FloatRange():
                    rounded = float(f"{value:.{DIGITS}g}")
                    found[key] = min(max(rounded, values_of.low), values_of.high)
                case IntRange():
                    found[key] = int(value)
                case Choice():
                    found[key] = json.loads(value)
        return found

    def to_dict(self) -> dict:
        """The ranges as plain values."""
        return {
            key: {"kind": type(values).__name__, **dataclasses.asdict(values)}
            for key, values in self.ranges.items()
        }


def applied(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe of a trial: with these values, and with nothing left to search.

    Args:
        recipe: the recipe searched.
        values: by dotted key, for instance `{"training.learning_rate": 1e-3}`.

    Raises:
        RecipeError: a key or a value is not one of a recipe, or together they are impossible.
    """
    changed = dataclasses.replace(with_values(recipe, values), search=None)
    changed.check(f"{recipe.name} with {listed(values)}")
    return changed


def _present(recipe, key):
    """The value of a key with which the recipe would be trained, or None."""
    from mer_zoo.modalities.registry import MODALITIES
    from mer_zoo.models import NETWORKS

    network = inspect.signature(NETWORKS[recipe.network.name].__init__).parameters
    modality = MODALITIES[recipe.preprocessing.modality]
    present = recipe.content
    defaults = {
        "network.arguments": {n: p.default for n, p in network.items() if p.default is not p.empty},
        "preprocessing.parameters": modality.parameters,
    }
    *path, last = key.split(".")
    for name in path:
        present = present.get(name, {})
    return {**defaults.get(".".join(path), {}), **present}.get(last)


def _known(recipe, section) -> list[str]:
    """The keys that may be searched."""
    from mer_zoo.modalities.registry import MODALITIES
    from mer_zoo.models import NETWORKS

    names = {"network.name", "augmentation.shift", "augmentation.flip"}
    names |= {f"preprocessing.{name}" for name in ("modality", "face_size", "image_size")}
    names |= {f"{section}.{f.name}" for f in dataclasses.fields(Training) if f.name != "seeds"}
    if section == "real.training":
        names.add("real.start")
    ranges = recipe.search.ranges(recipe.name)
    for network in _options(ranges, "network.name", recipe.network.name):
        if network not in NETWORKS:
            raise RecipeError(str(UnknownNameError.among("network", network, NETWORKS)))
        arguments = inspect.signature(NETWORKS[network].__init__).parameters
        names |= {f"network.arguments.{name}" for name in set(arguments) - FILLED_IN}
    for modality in _options(ranges, "preprocessing.modality", recipe.preprocessing.modality):
        if modality not in MODALITIES:
            raise RecipeError(str(UnknownNameError.among("modality", modality, MODALITIES)))
        names |= {f"preprocessing.parameters.{name}" for name in MODALITIES[modality].parameters}
    return sorted(names)


def _options(ranges, key, present):
    return ranges[key].values if isinstance(ranges.get(key), Choice) else [present]


def _check_key(key, known, section):
    if key in known:
        return
    other = {"training": "real.training", "real.training": "training"}[section]
    if key.startswith(f"{other}.") and not key.endswith(".seeds"):
        raise RecipeError(
            f"{key} changes nothing here: this search trains with [{section}]. Give "
            f"{section}.{key.removeprefix(f'{other}.')} a range instead."
        )
    if key.split(".")[0] in ("name", "data", "card", "rejection", "search") or key.endswith(
        ("real.dataset", "real.protocol", ".seeds")
    ):
        raise RecipeError(
            f"{key} must not be searched: it says which clips are scored, or how, and a search would "
            "choose what is easiest to score on. Leave it out of search.space."
        )
    raise RecipeError(str(UnknownNameError.among("recipe key to search", key, known)))
