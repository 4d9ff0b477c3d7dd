"""Recipes: what regenerates a zoo entry or a table of results, as TOML, checked and found by name.

In an installed package the recipes of this project lie beside this file; in a checkout, in the folder
`recipes` at its top.
"""

from mer_zoo.recipes.finding import find_recipe, read_recipe
from mer_zoo.recipes.overrides import with_values
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.recipes.table import Table

__all__ = ["Recipe", "Table", "find_recipe", "read_recipe", "with_values"]
