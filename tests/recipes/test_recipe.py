"""Recipes: strict reading."""

from pathlib import Path

import pytest

from mer_zoo.errors import RecipeError
from mer_zoo.modalities import channel_names
from mer_zoo.recipes import Recipe, Table
from mer_zoo.recipes.search_space import Choice, FloatRange, IntRange

FOLDER = Path(__file__).resolve().parents[2] / "recipes"
RECIPES = sorted(FOLDER.glob("*.toml"))
TABLES = sorted((FOLDER / "tables").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda p: p.stem)
def test_every_recipe_of_the_repository_is_valid_and_named_after_its_entry(path):
    assert Recipe.read(path).name == path.stem


@pytest.mark.parametrize("path", [*RECIPES, *TABLES], ids=lambda p: p.stem)
def test_every_recipe_and_row_names_an_image_that_can_be_made(path):
    variants = Table.read(path).variants() if path in TABLES else {"": Recipe.read(path)}
    for recipe in variants.values():
        wanted = recipe.preprocessing
        assert channel_names(wanted.modality, **wanted.parameters)


def test_a_table_compares_both_readings_of_apex_rank_pooling_with_both_kinds_of_attention():
    (rows,) = (Table.read(p).variants() for p in TABLES if p.stem == "apex_rank_pooling")
    seen = [r for r in rows.values() if r.preprocessing.modality == "mesti_rank"]
    assert {
        (r.preprocessing.parameters["reading"], r.network.arguments["attention"]) for r in seen
    } == {(r, a) for r in ("mirrored", "closeness") for a in ("none", "gradient")}


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
        ('remove_rigid = "head"', 'size = "large"', "no mesti parameter named 'size'"),
        ('remove_rigid = "head"', 'remove_rigid = "x"', "preprocessing: There is no motion"),
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
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(RecipeError, match=r"folder\.toml is no file"):
        Recipe.read(tmp_path / "folder.toml")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("a = " + "{a=" * 2000, "not valid TOML"),
        ("a = " + "9" * 5000, "not valid TOML"),
        ("a = 0x" + "f" * 5000, "more than 64 bits"),
        (".".join("a" * 900) + " = 1", "nested deeper than 20"),
        (".".join("a" * 5000) + " = 1", "more than 1000 dots"),
        ("#" + "x" * 300_000, "larger than 256,000 bytes"),
    ],
)
@pytest.mark.parametrize(("kind", "reader"), [("r", Recipe), ("t", Table)])
def test_text_that_no_recipe_or_table_needs_is_refused_by_name(
    tmp_path, line, message, kind, reader
):
    path = tmp_path / f"{kind}.toml"
    path.write_text(f"{line}\n")
    with pytest.raises(RecipeError, match=rf"{kind}\.toml .*{message}"):
        reader.read(path)


@pytest.mark.parametrize("name", ["x" * 300 + ".toml", "a\0b.toml"])
@pytest.mark.parametrize("reader", [Recipe, Table])
def test_a_name_that_no_recipe_can_have(tmp_path, name, reader):
    with pytest.raises(RecipeError, match="does not exist"):
        reader.read(tmp_path / name)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ('"training.epochs" = "many"', "training: epochs: expected int"),
        ('"name.first" = "a"', "name is no section"),
        ('"training.epochs.first" = 1', "training.epochs is no section"),
    ],
)
def test_an_impossible_change_names_its_row(tmp_path, change, message):
    path = tmp_path / "t.toml"
    path.write_text(
        f'title = "t"\nbase = "meganet_tiny"\n[[rows]]\nname = "other"\nchange = {{ {change} }}\n'
    )
    with pytest.raises(RecipeError, match=rf"The row 'other' of the table: .*{message}"):
        Table.read(path).variants()
