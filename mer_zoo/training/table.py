"""Tables of results: several variants of one recipe, trained and scored alike."""

import time
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from mer_zoo.errors import CardError, RecipeError
from mer_zoo.evaluation import Result
from mer_zoo.evaluation.result import FILES
from mer_zoo.synthesis import Conditions
from mer_zoo.synthesis.schemas import find_schema
from mer_zoo.training.changed import listed, with_values
from mer_zoo.training.corpora import Portraits, corpus_digest, corpus_images
from mer_zoo.training.going_on import depends_on, refuse_other
from mer_zoo.training.held_out import held_out_result
from mer_zoo.training.recipe import Recipe
from mer_zoo.training.recipes import read_recipe
from mer_zoo.training.seeds import train_seeds
from mer_zoo.zoo.cards import parse


@dataclass(frozen=True)
class Row:
    """One variant. `change` gives dotted keys of the recipe other values."""

    name: str
    change: dict = field(default_factory=dict)


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


@dataclass(frozen=True)
class Table:
    """What a table compares. `base` names a recipe, `change` is what all rows change about it."""

    title: str
    base: str
    rows: list[Row]
    change: dict = field(default_factory=dict)
    conditions: list[Condition] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> "Table":
        """Reads and checks a table's file.

        Raises:
            RecipeError: the file is missing or not TOML, a key is unknown, or two rows share a name.
        """
        try:
            table = parse(cls, tomllib.loads(path.read_text(encoding="utf-8")), str(path))
        except OSError as error:
            raise RecipeError(f"The table {path} cannot be read ({error.strerror}).") from error
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, CardError) as error:
            raise RecipeError(f"The table {path} is not valid: {error}.") from error
        for kind in (table.rows, table.conditions):
            names = [_folder_name(item.name) for item in kind]
            if len(set(names)) < len(names):
                raise RecipeError(f"{path}: names must differ, got {', '.join(names)}.")
        if not table.rows:
            raise RecipeError(f"{path}: expected at least one [[rows]].")
        return table

    def variants(self) -> dict[str, Recipe]:
        """Name of a row -> its recipe.

        Raises:
            RecipeError: a change is impossible.
        """
        base, found = read_recipe(self.base), {}
        for row in self.rows:
            change = {**self.change, **row.change}
            found[row.name] = with_values(base, change)
            found[row.name].check(f"{self.base} with {listed(change)}")
            self._refuse_missing_classes(found[row.name])
        return found

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


def make_table(
    table: Table, source: Portraits, folder: Path, *, progress: Callable[[str], None] = print
) -> dict[str, Result]:
    """Trains every row and scores it; interrupted, the same call goes on where it was.

    Args:
        table: what to compare.
        source: photographs, second rig, processes.
        folder: keeps the results, a folder each, and the state of training.
        progress: called with a line of text at each step.

    Returns:
        "row" -> its result on the held-out identities of the corpus, and "row, condition" -> its
        result under each condition.

    Raises:
        RecipeError: a change is impossible, or `folder` holds a row that was made otherwise, for
            instance with other photographs or another number of epochs.
    """
    variants = table.variants()
    results = {}
    for name, recipe in variants.items():
        wanted = {c: folder / _folder_name(_title(name, c)) for c in (None, *table.conditions)}
        missing = {c: place for c, place in wanted.items() if not (place / FILES[0]).exists()}
        made = {
            c: _read(place, recipe, c, source) for c, place in wanted.items() if c not in missing
        }
        if missing:
            progress(f"== {name}")
            also = [v.preprocessing for v in variants.values() if _same_clips(v, recipe)]
            state = folder / ".training" / wanted[None].name
            made |= _make_row(recipe, source, missing, state, also, progress)
        results |= {_title(name, c): made[c] for c in wanted}
    return results


def _read(place: Path, recipe: Recipe, condition: Condition | None, source: Portraits) -> Result:
    """A result that was made just so.

    Raises:
        RecipeError: it was made with another recipe, or of other clips.
    """
    result = Result.read(place)
    clips, given = _clips(recipe, condition)
    digest = corpus_digest(clips, source, given)
    found = depends_on(result.about["learner"], result.about["corpus"])
    refuse_other(found, depends_on(recipe.to_dict(), digest), place)
    return result


def _clips(recipe: Recipe, condition: Condition | None) -> tuple[Recipe, Conditions | None]:
    """The recipe of the clips to score on, and what is fixed about them."""
    if condition is None:
        return recipe, None
    fewer = with_values(recipe, {"data.clips_per_identity": condition.clips_per_identity})
    return fewer, Conditions(condition.peak, condition.head, condition.phases)


def _make_row(recipe, source, places, state, also, progress) -> dict[Condition | None, Result]:
    """Trains a row, and scores it under the conditions of `places`, each into its place."""
    classes = list(find_schema(recipe.data.schema).class_names)
    data = corpus_images(recipe, source, also=also, progress=progress)
    started = time.perf_counter()
    trained = train_seeds(recipe, data, classes, state, progress=progress)
    networks = {result.seed: result.network for result in trained}
    seconds = time.perf_counter() - started
    made = {}
    for condition, place in places.items():
        clips = data
        if condition is not None:
            rendered, given = _clips(recipe, condition)
            clips = corpus_images(rendered, source, also=also, conditions=given, progress=progress)
        result = held_out_result(recipe, networks, clips, classes, fit_seconds=seconds)
        result.save(place)
        progress(f"{place.name}: UF1 {result.uf1:.3f}, majority {result.majority.uf1:.3f}")
        made[condition] = result
    return made


def _same_clips(first: Recipe, second: Recipe) -> bool:
    return (
        first.data == second.data
        and first.preprocessing.face_size == second.preprocessing.face_size
    )


def _title(row: str, condition: Condition | None) -> str:
    return row if condition is None else f"{row}, {condition.name}"


def _folder_name(name: str) -> str:
    return "".join(c if c.isalnum() or c in "-." else "_" for c in name.lower())
