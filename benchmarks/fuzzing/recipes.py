"""Recipes and tables of results: `Recipe.read` and `Table.read`."""

import random
import tomllib
from pathlib import Path

import tomli_w

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.toml_text import write_changed

RECIPES = Path(__file__).resolve().parents[2] / "recipes"
ROW = "The row "
"""How errors begin that name a row of a table, when its recipes are made."""
SEARCH = {
    "space": {
        "training.learning_rate": {"kind": "float", "low": 1e-4, "high": 1e-2, "sampling": "log"},
        "network.arguments.dropout": {"kind": "choice", "values": [0.1, 0.3]},
        "augmentation.shift": {"kind": "int", "low": 0, "high": 4},
    }
}


class Recipes(Kind):
    """The recipes and tables of the checkout."""

    def __init__(self, home: Path):
        super().__init__(home)
        self.files = [
            (file.parent.name == "tables", tomllib.loads(file.read_text(encoding="utf-8")))
            for file in sorted(RECIPES.rglob("*.toml"))
        ]

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        is_table, content = rng.choice(self.files)
        of_units = content.get("task") == "action units"  # such recipes have no [search]
        if not is_table and rng.random() < 0.2 and "training" in content and not of_units:
            content = {**content, "search": SEARCH}
        path = place / "recipe.toml"
        if control:
            path.write_text(tomli_w.dumps(content), encoding="utf-8")
            what = "valid"
        else:
            what = write_changed(path, content, rng)
        named = content.get("title", content.get("name", ""))
        use = _use_table if is_table else _use_recipe
        return Case(f"{named}: {what}", lambda: use(path), (path.name, ROW))


def _use_recipe(path: Path) -> None:
    from mer_zoo.recipes import Recipe

    recipe = Recipe.read(path)
    path.write_text(recipe.to_toml(), encoding="utf-8")
    expect(repr(Recipe.read(path)) == repr(recipe), "the recipe written again is another")


def _use_table(path: Path) -> None:
    from mer_zoo.recipes.table import Table

    table = Table.read(path)
    expect(len(table.variants()) == len(table.rows), "a row without a recipe")
