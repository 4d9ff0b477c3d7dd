"""Tables: variants of a recipe trained and scored alike, resumed, and refused when they are wrong."""

import dataclasses

import pytest

import mer_zoo
from mer_zoo.errors import RecipeError
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.table import Table
from mer_zoo.training import train_on_synthetic
from mer_zoo.training.corpora import Portraits
from mer_zoo.training.tables import make_table
from tests.photographs import write_photographs

pytestmark = pytest.mark.backend_free  # training itself is tested on every backend

TABLE = """
title = "Two modalities"
base = "meganet_tiny"
change = { COMMON }

[[rows]]
name = "MESTI"

[[rows]]
name = "dynamic image"
change = { "preprocessing.modality" = "dynamic_image", "preprocessing.parameters" = {} }

[[conditions]]
name = "2 px"
peak = 2.0
clips_per_identity = 5
""".replace(
    "COMMON",
    '"data.clips_per_identity" = 5, "data.rigs" = ["makehuman"], "training.epochs" = 1, '
    '"training.seeds" = [1, 2], "training.batch_size" = 8',
)


@pytest.fixture
def portraits(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    photos = write_photographs(tmp_path / "photos")
    return Portraits(photos, jobs=1)


@pytest.fixture
def read(tmp_path):
    def read(text):
        path = tmp_path / "table.toml"
        path.write_text(text)
        return Table.read(path)

    return read


def test_rows_and_conditions_are_scored_on_the_same_clips(portraits, read, tmp_path):
    said = []
    results = make_table(read(TABLE), portraits, tmp_path / "work", progress=said.append)
    assert list(results) == ["MESTI", "MESTI, 2 px", "dynamic image", "dynamic image, 2 px"]
    first, second = results["MESTI"], results["dynamic image"]
    assert first.seeds == (1, 2) and first.about["split"] == "held-out identities"
    assert first.about["examples"] == second.about["examples"], "so they can be compared"
    assert set(first.by_dataset()) == {"makehuman"}
    assert first.majority.uf1 < 0.1 and "none" not in first.class_names
    assert results["MESTI, 2 px"].about["corpus"] != first.about["corpus"]
    assert sum("part 1" in line for line in said) == 2, "each clip was rendered once for both rows"

    said.clear()
    again = make_table(read(TABLE), portraits, tmp_path / "work", progress=said.append)
    assert not said, "nothing was trained or rendered twice"
    assert again["MESTI"].uf1 == pytest.approx(first.uf1)

    longer = read(TABLE.replace('"training.epochs" = 1', '"training.epochs" = 2'))
    with pytest.raises(RecipeError, match=r"training\.epochs changed.*another folder"):
        make_table(longer, portraits, tmp_path / "work", progress=said.append)
    with pytest.raises(RecipeError, match=r"precision changed.*another folder"):
        make_table(read(TABLE), portraits, tmp_path / "work", mixed_precision=True)
    write_photographs(tmp_path / "other", train=4)
    with pytest.raises(RecipeError, match="clips changed"):
        make_table(read(TABLE), Portraits(tmp_path / "other", jobs=1), tmp_path / "work")
    assert not said, "and nothing was trained before it was refused"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('name = "dynamic image"', 'name = "mesti"', "names must differ"),
        ("peak = 2.0", "peek = 2.0", "peek"),
        ("clips_per_identity = 5\n", "clips_per_identity = 4\n", "leave classes of casme2 out"),
        ('"training.epochs" = 1', '"training.epoch" = 1', "epoch"),
        ('"training.epochs" = 1', '"training.epochs" = 0', r"training\.epochs must be"),
        ('base = "meganet_tiny"', 'base = "meganet_tinny"', "meganet_tiny"),
    ],
)
def test_what_is_wrong_is_named(read, old, new, words):
    assert old in TABLE
    with pytest.raises(ValueError, match=words):
        read(TABLE.replace(old, new)).variants()


def test_an_entry_is_scored_as_it_is_where_its_corpus_can_be_made(portraits, read, tmp_path):
    base = tmp_path / "own.toml"
    variants = read(TABLE).variants()
    base.write_text(dataclasses.replace(variants["MESTI"], name="own").to_toml())
    own, recipe = tmp_path / "own", Recipe.read(base)
    train_on_synthetic(
        recipe, portraits.photos, own, recipe_path=base, jobs=1, progress=lambda line: None
    )
    row = f'[[rows]]\nname = "mine"\nentry = "{own}"\nbase = "{base}"\n'
    said = []
    results = make_table(
        read(f'title = "t"\n{row}'), portraits, tmp_path / "w", progress=said.append
    )
    card = mer_zoo.load(own).card
    assert results["mine"].seeds == (1,)
    assert results["mine"].uf1 == pytest.approx(card.metrics[0].value, abs=1e-4)
    assert not any("epochs" in line for line in said), "nothing was trained"

    other = Portraits(write_photographs(tmp_path / "other", train=4), jobs=1)
    with pytest.raises(RecipeError, match="another corpus"):
        make_table(read(f'title = "t"\n{row}'), other, tmp_path / "v", progress=said.append)
    train_on_synthetic(
        dataclasses.replace(recipe, training=dataclasses.replace(recipe.training, seeds=[3])),
        *(portraits.photos, own),
        recipe_path=base,
        jobs=1,
        force=True,
        progress=said.append,
    )
    with pytest.raises(RecipeError, match="weights changed"):
        make_table(read(f'title = "t"\n{row}'), portraits, tmp_path / "w", progress=said.append)
    for wrong, words in (
        (f"{row}change = {{ storage = 'int8' }}", "scored as they are"),
        ("", "base"),
    ):
        with pytest.raises(RecipeError, match=words):
            read(f'title = "t"\n{wrong or row.partition("entry")[0]}')


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"nothing\.toml"):
        Table.read(tmp_path / "nothing.toml")
