"""From ImageNet weights in Keras' cache to an entry that says so, and on to real clips, offline."""

import dataclasses
import shutil

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo.datasets.fake import fake_release
from mer_zoo.models import backbones
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.recipe import NetworkChoice, Real, Training
from mer_zoo.training import train_on_real, train_on_synthetic
from mer_zoo.zoo.card_markdown import card_markdown
from tests.imagenet_files import write_imagenet_file
from tests.photographs import write_photographs
from tests.toy_recipes import SYNTHETIC

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="compiling so many layers takes long"
)


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A user's home with nothing in it, and no connection."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    return tmp_path


@pytest.fixture
def recipe(home):
    path = home / "toy.toml"
    path.write_text(SYNTHETIC.replace("image_size = 12", "image_size = 32"))
    recipe = Recipe.read(path)
    return dataclasses.replace(
        recipe,
        network=NetworkChoice("EfficientNetB0", {"weights": "imagenet"}),
        training=dataclasses.replace(recipe.training, epochs=1, seeds=[1], learning_rate=1e-5),
        real=Real(
            "smic", "", Training(1, [1], batch_size=2, learning_rate=1e-5), str(home / "mine")
        ),
    )


def test_from_imagenet_weights_to_entries_that_say_so(home, recipe, monkeypatch):
    file, convolutions = write_imagenet_file(monkeypatch, "EfficientNetB0", home / ".keras")
    monkeypatch.setattr("mer_zoo.training.classes.UNCHANGED", 0.0)  # of a few dozen clips
    photos = write_photographs(home / "photos")
    make = {"recipe_path": home / "toy.toml", "jobs": 1, "progress": str}
    card = train_on_synthetic(recipe, photos, home / "mine", **make)
    origin = backbones.imagenet_origin("EfficientNetB0")
    assert file.name in origin and card.trained_on.pretrained == origin
    assert f"beginning with {origin}" in card.provenance()
    assert f"beginning with {origin}" in card.brief().trained_on
    assert origin in card_markdown(card)
    assert "weights" not in card.network.arguments and card.network.arguments["imagenet_pixels"]

    # Nothing is needed of Keras' cache any more, neither to load nor to train on.
    shutil.rmtree(home / ".keras")
    model = mer_zoo.load(home / "mine")
    assert mer_zoo.zoo.golden.verify(home / "mine").passed
    # A learning rate of next to nothing has left the convolutions where they were.
    stem = model.network.get_layer("trunk").get_layer("stem_conv").kernel
    np.testing.assert_allclose(keras.ops.convert_to_numpy(stem), convolutions[0], atol=1e-3)

    release = fake_release("smic", home / "smic", clean=True, subjects=2, clips_per_subject=2)
    card = train_on_real(recipe, release, home / "real", progress=str)
    assert card.trained_on.pretrained == origin and card.trained_on.real_clips == 4
    assert card.network.arguments["imagenet_pixels"]
    assert f"beginning with {origin}" in mer_zoo.load(home / "real").card.provenance()


def test_entries_from_random_weights_say_nothing_of_imagenet():
    card = mer_zoo.card("vgg19_casme2")
    assert card.trained_on.pretrained == "" and "beginning with" not in card.provenance()
