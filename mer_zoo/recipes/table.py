"""What a table of results compares: variants of one recipe, or entries of the zoo, scored alike."""

from dataclasses import dataclass, field
from pathlib import Path

from mer_zoo.config import TomlFormat
from mer_zoo.errors import MerZooError, RecipeError, shown
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.recipes.overrides import listed, with_values
from mer_zoo.recipes.recipe import Recipe
from mer_zoo.synthesis import Conditions
from mer_zoo.synthesis.expressions.schemas import find_schema

FORMAT = TomlFormat("table of results", RecipeError)


@dataclass(frozen=True)
class TableRow:
    """One variant of a recipe, or one entry.

    `base` names the recipe; without it, it is the table's. `change` gives dotted keys of it other
    values. `entry` names a zoo entry, or a `./folder` of one, whose weights are scored as they are;
    its recipe is that of its name unless `base` says another.
    """

    name: str
    base: str = ""
    change: dict = field(default_factory=dict)
    entry: str = ""


@dataclass(frozen=True)
class Condition:
    """Clips of the held-out identities to score on, besides those of the corpus itself.

    `peak`, `head` and `phases` are those of `mer_zoo.synthesis.Conditions`; `clips_per_identity`
    makes fewer, of every class one at least.
    """

    name: str
    peak: float | None = None
    head: float | None = None
    phases: float | None = None
    clips_per_identity: int = 6

    def fixed(self) -> Conditions:
        """What the corpus of these clips fixes."""
        return Conditions(self.peak, self.head, self.phases)


@dataclass(frozen=True)
class Table:
    """What a table compares.

    `base` names the recipe that rows are variants of, and `change` is what all variants change.
    """

    title: str
    rows: list[TableRow]
    base: str = ""
    change: dict = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Reads and checks a table's file.

        Raises:
            RecipeError: the file is missing or not TOML, a key is unknown, or two rows share a name.
        """
        table = FORMAT.read(cls, path)
        for kind in (table.rows, table.conditions):
            names = [folder_name(item.name) for item in kind]
            if len(set(names)) < len(names):
                raise RecipeError(f"{path}: names must differ, got {', '.join(names)}.")
        if not table.rows:
            raise RecipeError(f"{path}: expected at least one [[rows]].")
        for row in table.rows:
            if not (row.base or row.entry or table.base):
                raise RecipeError(f"{path}, row {row.name}: give it a base, or an entry.")
            if row.entry and row.change:
                raise RecipeError(
                    f"{path}, row {row.name}: the weights of an entry are scored as they are, so nothing "
                    "can be changed. Give a base in place of the entry to train it otherwise."
                )
        return table

    def variants(self) -> dict[str, Recipe]:
        """Name of a row -> its recipe. That of an entry has the seed of its weights alone.

        Raises:
            RecipeError: a change is impossible.
        """
        found = {}
        for row in self.rows:
            try:
                found[row.name] = self._recipe(row)
            except MerZooError as error:
                raise RecipeError(f"The row {shown(row.name)} of the table: {error}") from error
        for recipe in found.values():
            self._refuse_missing_classes(recipe)
        return found

    def _recipe(self, row: TableRow) -> Recipe:
        base = row.base or row.entry or self.base
        recipe = read_recipe(base)
        if row.entry:
            _, training = recipe.synthetic()
            return with_values(recipe, {"training.seeds": training.seeds[:1]})
        change = {**self.change, **row.change}
        recipe = with_values(recipe, change)
        recipe.check(f"{base} with {listed(change)}")
        return recipe

    def _refuse_missing_classes(self, recipe: Recipe) -> None:
        schema = find_schema(recipe.synthetic()[0].schema)
        needed = len(schema.class_names)
        for condition in self.conditions:
            if condition.clips_per_identity < needed:
                raise RecipeError(
                    f"Condition {condition.name}: {condition.clips_per_identity} clips of each identity "
                    f"leave classes of {schema.name} out, and UF1 would count them as missed. Set "
                    f"clips_per_identity to {needed} at least."
                )


def folder_name(name: str) -> str:
    """A name as a folder can have it."""
    return "".join(c if c.isalnum() or c in "-." else "_" for c in name.lower())
