"""Recipes: strict reading."""

from pathlib import Path

import pytest

from mer_zoo.errors import RecipeError
from mer_zoo.training import Recipe

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
    ],
)
def test_wrong_recipes_are_refused_by_name(tmp_path, old, new, message):
    text = next(p for p in RECIPES if p.stem == "meganet_casme2").read_text()
    assert old in text
    (tmp_path / "r.toml").write_text(text.replace(old, new, 1))
    with pytest.raises(RecipeError, match=message):
        Recipe.read(tmp_path / "r.toml")


def test_a_missing_recipe_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nothing\.toml cannot be read"):
        Recipe.read(tmp_path / "nothing.toml")
