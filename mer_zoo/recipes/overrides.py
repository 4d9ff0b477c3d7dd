"""Overrides: a recipe with a few values changed, named by dotted keys."""

from collections.abc import Mapping
from typing import Any

from mer_zoo.errors import RecipeError, shown
from mer_zoo.recipes.recipe import FORMAT, Recipe


def with_values(recipe: Recipe, values: Mapping[str, Any]) -> Recipe:
    """The recipe with other values.

    Args:
        recipe: the recipe.
        values: by dotted key, for instance `{"training.learning_rate": 1e-3}`.

    Raises:
        RecipeError: a key or a value is not one of a recipe.
    """
    content = recipe.content
    for key, value in values.items():
        *path, last = key.split(".")
        table = content
        for name in path:
            table = table.setdefault(name, {}) if isinstance(table, dict) else None
        if not isinstance(table, dict):
            raise RecipeError(
                f"{key!r} cannot be changed: {'.'.join(path)} is no section of a recipe."
            )
        table[last] = value
    try:
        return FORMAT.parse(Recipe, content, recipe.name)
    except RecipeError as error:
        raise RecipeError(f"{error} It was to become {listed(values)}.") from error


def listed(values: Mapping[str, Any]) -> str:
    """The values in words, for messages."""
    return ", ".join(f"{key}={shown(value)}" for key, value in values.items())
