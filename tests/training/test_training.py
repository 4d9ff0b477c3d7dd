"""Training: an entry from photographs to a loadable folder, and resuming after an interruption."""

import dataclasses
import shutil
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo import models
from mer_zoo.errors import NoFaceError, OutputExistsError, RecipeError, WeightsError
from mer_zoo.evaluation.metrics import auc
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.recipe import Augmentation
from mer_zoo.training import train_on_synthetic
from mer_zoo.training.batches import Batches, soft_targets
from mer_zoo.training.corpora import Portraits, render_corpus, training_examples
from mer_zoo.training.fit import fit_network, predict
from mer_zoo.training.seeds import fit_seeds
from mer_zoo.zoo import find
from tests.photographs import write_photographs

RECIPE = Path(__file__).resolve().parents[2] / "recipes" / "meganet_tiny.toml"


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    folder = write_photographs(tmp_path_factory.mktemp("photos"))
    (folder / "broken.png").write_bytes(b"not an image")
    return folder


@pytest.fixture
def recipe():
    recipe = Recipe.read(RECIPE)
    return dataclasses.replace(
        recipe,
        training=dataclasses.replace(recipe.training, epochs=2, seeds=[1, 2], batch_size=16),
        data=dataclasses.replace(recipe.data, clips_per_identity=6, rigs=["makehuman"]),
    )


def test_from_photographs_to_a_zoo_folder(photos, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    said = []
    make = {"recipe_path": RECIPE, "jobs": 1, "progress": said.append}
    card = train_on_synthetic(recipe, photos, tmp_path / "mine", **make)
    assert any("broken.png" in line for line in said), "what is left out is named"
    assert card.trained_on.real_clips == 0 and card.trained_on.clips > 0
    (f1, *_) = [m for m in card.metrics if m.name == "macro_f1"]
    assert f1.seeds == [1, 2] and f1.value == f1.values[0] and f1.clips % 5 == 0
    model = mer_zoo.load(tmp_path / "mine")
    assert model.card == card
    assert mer_zoo.zoo.golden.verify(tmp_path / "mine").passed
    assert not (tmp_path / "mine" / ".training").exists()

    with pytest.raises(OutputExistsError, match="--force"):
        train_on_synthetic(recipe, photos, tmp_path / "mine", **make)
    said.clear()
    again = train_on_synthetic(recipe, photos, tmp_path / "again", **make)
    assert not any(line.startswith("part") for line in said), "the corpus came from the cache"
    assert again.weights.sha256 == card.weights.sha256, "same seed, same backend, same bits"


@pytest.mark.backend_free
def test_each_training_clip_is_imaged_in_every_making(photos, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    recipe = Recipe.read(RECIPE.with_name("ststnet_megc2019.toml"))
    makings = [{"method": "farneback"}, {"remove_rigid": "median"}]
    recipe = dataclasses.replace(
        recipe,
        augmentation=dataclasses.replace(recipe.augmentation, makings=makings),
        data=dataclasses.replace(recipe.data, clips_per_identity=6, rigs=["makehuman"]),
        training=dataclasses.replace(recipe.training, epochs=1, seeds=[1], batch_size=16),
    )
    corpus = render_corpus(recipe, Portraits(photos, jobs=1), progress=str)
    train = training_examples(recipe, corpus)
    assert train.variants == 3 and corpus.examples("test").variants == 1
    first, second, third = np.moveaxis(train.images.astype(np.float32), 1, 0)
    for other in (second, third):
        assert 0 < np.abs(first - other).mean() < np.abs(first - first[::-1]).mean()
    ((_, fitted),) = fit_seeds(recipe, corpus, tmp_path / "state", progress=str)
    assert fitted.predict(train.originals).shape == (len(train), 3)


@pytest.mark.backend_free
def test_makings_of_other_channels_or_sizes_are_refused(tmp_path):
    text = RECIPE.with_name("ststnet_megc2019.toml").read_text()
    for changed in ("size = 40", "sizes = 32"):
        path = tmp_path / "wrong.toml"
        path.write_text(text.replace('method = "farneback"', changed))
        named = rf"{path}: augmentation.makings, number \d"
        with pytest.raises(RecipeError, match=rf"{named}(, must keep|.*'sizes')"):
            Recipe.read(path)


@pytest.mark.backend_free
def test_a_stopped_training_goes_on_with_its_own_recipe_only(photos, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    make = {"recipe_path": RECIPE, "jobs": 1}

    def stop(line):
        if line.startswith("seed 2"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train_on_synthetic(recipe, photos, tmp_path / "mine", progress=stop, **make)
    longer = dataclasses.replace(recipe.training, epochs=3)
    with pytest.raises(RecipeError, match=r"\.training.*training\.epochs changed.*another folder"):
        train_on_synthetic(
            dataclasses.replace(recipe, training=longer), photos, tmp_path / "mine", **make
        )
    with pytest.raises(RecipeError, match=r"\.training.*precision changed.*another folder"):
        train_on_synthetic(recipe, photos, tmp_path / "mine", mixed_precision=True, **make)
    said = []
    seeds = dataclasses.replace(recipe.training, seeds=[1])
    other = dataclasses.replace(recipe, training=seeds)
    train_on_synthetic(other, photos, tmp_path / "mine", progress=said.append, **make)
    assert not any("epochs" in line for line in said), "the finished seed was kept"


def test_an_entry_of_the_head_alone_uses_the_rest_of_another(photos, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("mer_zoo.training.classes.UNCHANGED", 0.9)  # of some dozens of clips
    one = dataclasses.replace(recipe.training, epochs=1, seeds=[1])
    whole = dataclasses.replace(recipe, name="whole", storage="int8", training=one)
    make = {"recipe_path": RECIPE, "jobs": 1, "progress": lambda line: None}
    entries = tmp_path / "entries"
    monkeypatch.setattr("mer_zoo.zoo.registry.ENTRIES", entries)
    stored = train_on_synthetic(whole, photos, entries / "whole", **make).weights
    assert stored.dtype == "int8" and stored.unchanged >= 0.9 and not stored.base
    assert mer_zoo.zoo.golden.verify("whole").passed

    head = dataclasses.replace(
        whole,
        name="head",
        start="whole",
        data=dataclasses.replace(recipe.data, schema="megc2019"),
        training=dataclasses.replace(one, unfreeze="head", learning_rate=0.1),
    )
    other = train_on_synthetic(head, photos, entries / "head", **make).weights
    assert other.base == "whole" and other.base_sha256 == stored.sha256
    assert other.bytes < 0.3 * stored.bytes
    assert mer_zoo.zoo.golden.verify("head").passed
    mine, theirs = mer_zoo.load("head").network, mer_zoo.load("whole").network
    for layer in mine.layers:
        for value, shared in zip(
            layer.get_weights(), theirs.get_layer(layer.name).get_weights(), strict=True
        ):
            assert (layer.name == "head") != np.array_equal(value, shared), layer.name

    card = mer_zoo.card("whole")
    changed = dataclasses.replace(card, weights=dataclasses.replace(stored, sha256="0" * 64))
    changed.write(entries / "whole" / "card.toml")
    with pytest.raises(WeightsError, match="was made on whole with the sha256"):
        mer_zoo.load("head")


def test_a_start_that_saw_real_clips_is_refused(photos, recipe, tmp_path):
    folder = shutil.copytree(find("meganet_tiny").folder, tmp_path / "real")
    card = mer_zoo.card(folder)
    saw = dataclasses.replace(card.trained_on, real_clips=3)
    dataclasses.replace(card, trained_on=saw).write(folder / "card.toml")
    begun = dataclasses.replace(recipe, start=str(folder))
    with pytest.raises(RecipeError, match="3 real clips"):
        train_on_synthetic(begun, photos, tmp_path / "mine", recipe_path=RECIPE)


def test_photographs_that_cannot_serve_are_named(recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    make = {"recipe_path": RECIPE, "jobs": 1, "progress": lambda line: None}
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoFaceError):
        train_on_synthetic(recipe, tmp_path / "empty", tmp_path / "out", **make)
    (tmp_path / "walls").mkdir()
    cv2.imwrite(str(tmp_path / "walls" / "wall.png"), np.full((90, 90, 3), 127, np.uint8))
    with pytest.raises(NoFaceError):
        train_on_synthetic(recipe, tmp_path / "walls", tmp_path / "out", **make)
    wrong = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, schema="casme3"))
    with pytest.raises(RecipeError, match=r"'casme3'.*casme2"):
        train_on_synthetic(wrong, tmp_path / "walls", tmp_path / "out", **make)
    assert not (tmp_path / "out" / "card.toml").exists()


def test_a_rig_that_is_not_there_is_asked_for(photos, recipe, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    both = dataclasses.replace(
        recipe, data=dataclasses.replace(recipe.data, rigs=["makehuman", "ict"])
    )
    with pytest.raises(RecipeError, match="--ict"):
        train_on_synthetic(both, photos, tmp_path / "mine", recipe_path=RECIPE)
    other = dataclasses.replace(recipe, data=dataclasses.replace(recipe.data, train_rig="ict"))
    with pytest.raises(RecipeError, match="train_rig"):
        other.check("here")


class Stop(keras.callbacks.Callback):
    """Pulls the plug at the end of an epoch."""

    def __init__(self, epoch):
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.epoch:
            raise KeyboardInterrupt


def fresh(seed=3):
    keras.utils.set_random_seed(seed)
    rng = np.random.default_rng(0)
    images = rng.normal(size=(48, 24, 24, 3)).astype(np.float16)
    targets = soft_targets(np.array([0, 1, -1] * 16), 2, 0.1)
    batches = Batches(
        images,
        targets,
        Preprocessing("mesti", 24, 16),
        Augmentation(shift=2, flip=True),
        batch_size=16,
        seed=seed,
    )
    network = models.MEGANet(
        (16, 16, 3), 2, stages=((4,), (8,)), stem_strides=1, neck=4, attention_stages=(2,)
    )
    return network, batches


def test_an_interrupted_training_goes_on_to_the_same_result(recipe, tmp_path):
    training = dataclasses.replace(recipe.training, epochs=4, batch_size=16)
    whole, batches = fresh()
    fit_network(whole, batches, training)
    broken, batches = fresh()
    with pytest.raises(KeyboardInterrupt):
        fit_network(broken, batches, training, checkpoint=tmp_path / "s", callbacks=[Stop(2)])
    resumed, batches = fresh(seed=3)
    history = fit_network(resumed, batches, training, checkpoint=tmp_path / "s")
    assert len(history.epoch) < 4, "it did not start over"
    for mine, theirs in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_batches_depend_on_seed_epoch_and_batch_alone():
    _, first = fresh()
    _, second = fresh()
    second.start_epoch(5)
    second.start_epoch(0)
    for mine, theirs in zip(first[1], second[1], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    first.start_epoch(1)
    assert not np.array_equal(first[1][0], second[1][0])
    images, targets = first[0]
    assert images.shape == (16, 16, 16, 3) and images.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1, atol=1e-6)


def test_soft_targets():
    rows = soft_targets(np.array([1, -1]), 2, 0.2)
    np.testing.assert_allclose(rows, [[0.1, 0.9], [0.5, 0.5]], atol=1e-6)


def test_predict_takes_the_central_crop():
    network, _ = fresh()
    images = np.random.default_rng(1).normal(size=(5, 24, 24, 3)).astype(np.float32)
    expected = network.predict_on_batch(images[:, 4:20, 4:20])
    np.testing.assert_allclose(predict(network, images, 16, batch_size=2), expected, atol=1e-6)


def test_the_detection_score_equals_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    truth = rng.integers(0, 4, 200)
    scores = np.round(rng.random(200), 1)
    shown = truth > 1
    assert auc(scores[shown], scores[~shown]) == pytest.approx(roc_auc_score(shown, scores))
    assert np.isnan(auc(scores, scores[:0]))
