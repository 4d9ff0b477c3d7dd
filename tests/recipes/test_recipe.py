"""Recipes: strict reading."""

from pathlib import Path

import pytest

from mer_zoo.errors import RecipeError
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.search_space import Choice, FloatRange, IntRange

RECIPES = sorted((Path(__file__).resolve().parents[2] / "recipes").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_of_the_repository_is_valid_and_named_after_its_entry(path):
    assert Recipe.read(path).name == path.stem


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("epochs = ", "epoch = ", "unknown field 'epoch'"),
        ("epochs = ", "epochs = -", "epochs must be at least 1"),
        ("schema = ", "# schema = ", "'schema' is missing"),
        ("seeds = [1, 2, 3]", "seeds = []", "at least one seed"),
        ("image_size = 96", "image_size = 112", "must fit into"),
        ("seeds = [1, 2, 3]", 'seeds = ["one"]', r"seeds\[0\]: expected int"),
        ("[data]", "[data", "not valid TOML"),
        ("name = ", 'storage = "float8"\nname = ', "storage must be one of float16, int8"),
        ("seeds = [1, 2, 3]", "seeds = [1]\nbalance = true", "training.balance is for real clips"),
        ("seeds = [1, 2, 3]", 'seeds = [1]\nunfreeze = "head"', "unfreeze must be all"),
    ],
)
def test_wrong_recipes_are_refused_by_name(tmp_path, old, new, message):
    text = next(p for p in RECIPES if p.stem == "meganet_casme2").read_text()
    assert old in text
    (tmp_path / "r.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(RecipeError, match=message):
        Recipe.read(tmp_path / "r.toml")


SEARCH = """
[search.space]
"training.learning_rate" = {kind = "float", low = 1e-4, high = 1e-2, sampling = "log"}
"augmentation.shift" = {kind = "int", low = 0, high = 6, step = 2}
"network.arguments.attention_stages" = {kind = "choice", values = [[], [2], [2, 3]]}
"""


def with_search(folder, search):
    text = next(p for p in RECIPES if p.stem == "meganet_tiny").read_text()
    (folder / "r.toml").write_text(text + search)
    return folder / "r.toml"


def test_a_search_names_ranges(tmp_path):
    assert Recipe.read(with_search(tmp_path, "")).search is None
    ranges = Recipe.read(with_search(tmp_path, SEARCH)).search.ranges()
    assert ranges == {
        "training.learning_rate": FloatRange(1e-4, 1e-2, "log"),
        "augmentation.shift": IntRange(0, 6, 2),
        "network.arguments.attention_stages": Choice([[], [2], [2, 3]]),
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (SEARCH, "[search.space]", "search.space is empty"),
        ("[search.space]", "[search]\nsplit = 'test'\n[search.space]", "unknown field 'split'"),
        ('kind = "float"', 'kind = "real"', "kind = 'float' or 'int' or 'choice'"),
        ("low = 1e-4", "low = 1e-2", r"learning_rate.*must be below high"),
        ("low = 1e-4", "low = 0", "low must be above 0"),
        ('"log"', '"square"', "'linear' or 'log'"),
        ("low = 0", "low = 0.5", "expected int"),
        ("step = 2", "step = 0", "at least 1"),
        ("step = 2", "steps = 2", "unknown field 'steps'"),
        ("[[], [2], [2, 3]]", "[[2], [2]]", "two different"),
    ],
)
def test_impossible_searches_are_refused_when_the_recipe_is_read(tmp_path, old, new, message):
    assert old in SEARCH
    with pytest.raises(RecipeError, match=message):
        Recipe.read(with_search(tmp_path, SEARCH.replace(old, new, 1)))


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nothing\.toml does not exist"):
        Recipe.read(tmp_path / "nothing.toml")
