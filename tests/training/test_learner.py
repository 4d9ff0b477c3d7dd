"""A recipe as a learner, and `mer_zoo.evaluate` from made-up releases to a result."""

import json
import pickle
import subprocess
import sys
import tomllib
from dataclasses import replace

import numpy as np
import pytest
import skimage.data

import mer_zoo
from mer_zoo import datasets, evaluation, modalities, synthesis
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import (
    DatasetError,
    EvaluationError,
    OutputExistsError,
    RecipeError,
    UnknownNameError,
)
from mer_zoo.preparation import ImageStore, prepare
from mer_zoo.recipes import Recipe, find_recipe
from mer_zoo.recipes.recipe import Training
from mer_zoo.training import RecipeLearner, train_on_real
from mer_zoo.training.batches import with_border

TINY = {"stages": [[4], [6]], "stem_strides": 2, "neck": 4, "attention_stages": [2]}
RECIPE = """
name = "{name}"
[preprocessing]
modality = "mesti"
face_size = 40
image_size = 32
alignment = "frame"
[network]
name = "MEGANet"
[network.arguments]
stages = [[4], [6]]
stem_strides = 2
neck = 4
attention_stages = [2]
[augmentation]
shift = 2
[real]
dataset = "{dataset}"
protocol = ""
[real.training]
epochs = 2
seeds = [1]
batch_size = 8
[card]
summary = "A test."
intended_use = "Tests."
limits = []
references = []
"""


def recipe_for(dataset, folder, name="toy"):
    path = folder / f"{name}.toml"
    path.write_text(RECIPE.format(name=name, dataset=dataset))
    return path


def test_a_process_unpickles_a_learner_before_it_chooses_a_backend(tmp_path):
    """A worker sets its threads after that, and a backend reads them only once."""
    learner = RecipeLearner.of(Recipe.read(recipe_for("casme2", tmp_path)), "real.training")
    code = (
        "import pickle, sys; pickle.load(sys.stdin.buffer); "
        "assert not {'keras', 'tensorflow', 'jax', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], input=pickle.dumps(learner), check=True)


def blobs(rows=60, side=12, seed=3):
    """Images whose class is the corner with the bump, six subjects."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 2, rows)
    images = 0.3 * rng.normal(size=(rows, side, side, 3)).astype(np.float32)
    for image, label in zip(images, labels, strict=True):
        image[label * 6 : label * 6 + 6] += 1
    subjects = [f"toy/s{i % 6}" for i in range(rows)]
    return evaluation.Examples(
        images, labels, subjects, [f"c{i:02d}" for i in range(rows)], ("up", "down")
    )


def learner(**training):
    recipe = Recipe.read(find_recipe("meganet_flow309"))
    options = {"epochs": 15, "seeds": [1], "batch_size": 16, "learning_rate": 1e-2, **training}
    return RecipeLearner(
        network=type(recipe.network)("MEGANet", TINY),
        preprocessing=type(recipe.preprocessing)("flow", 112, 12, {"per_channel": True}),
        augmentation=type(recipe.augmentation)(shift=1, flip=True),
        training=Training(**options),
    )


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("journal")
    return evaluation.run(
        learner(), blobs(), folder=folder, split="kfold-2", seeds=(1,), progress=False
    )


def test_what_can_be_learnt_is_learnt(scored):
    assert scored.uf1 > 0.9 > scored.majority.uf1


def test_the_same_call_gives_the_same_bits_and_the_oracle_changes_none(scored, tmp_path):
    again = evaluation.run(
        learner(),
        blobs(),
        folder=tmp_path,
        split="kfold-2",
        seeds=(1,),
        oracle=True,
        progress=False,
    )
    np.testing.assert_array_equal(again.probabilities, scored.probabilities)
    assert again.about["test_selected"]["best_epoch_per_fold"]["uf1"] >= again.uf1


def with_variants(examples, count=3):
    """The same examples with noisier variants of each image behind it."""
    noise = np.random.default_rng(1).normal(size=(len(examples), count, *examples.images.shape[1:]))
    noise[:, 0] = 0
    images = (examples.images[:, None] + 0.1 * noise).astype(np.float32)
    return replace(examples, images=images)


@pytest.mark.backend_free
def test_variants_are_trained_on_and_never_scored(tmp_path):
    """Poison tells: what was trained on the variants of s0 answers NaN, and no other fold does."""
    examples = with_variants(blobs(rows=24))
    poisoned = examples.subjects == "toy/s0"
    examples.images[poisoned, 1:] = np.nan
    varied = learner(epochs=2)
    varied = replace(varied, augmentation=replace(varied.augmentation, variants=3))
    asked = {"folder": tmp_path, "split": "kfold-2", "seeds": (1,), "progress": False}
    result = evaluation.run(varied, examples, **asked)
    lost = np.isnan(result.probabilities[0]).all(axis=1)
    (tested_with_s0,) = np.unique(result.folds[poisoned])
    np.testing.assert_array_equal(lost, result.folds != tested_with_s0)
    with pytest.raises(EvaluationError, match=r"learner\.augmentation\.variants changed"):
        alone = replace(examples, images=examples.originals)
        evaluation.run(learner(epochs=2), alone, **asked)
    with pytest.raises(EvaluationError, match="variants is 1, but the examples hold 3"):
        learner().fit(examples, seed=1)


@pytest.mark.backend_free
def test_epochs_can_be_chosen_on_training_subjects(tmp_path):
    chosen = learner(inner_folds=2, epochs=3, balance=True)
    fitted = chosen.fit(blobs(), seed=1)
    assert fitted.predict(blobs().images).shape == (60, 2)
    # With four subjects fewer the inner folds cannot be made: it never borrows from the test part.
    lonely = blobs().part(np.flatnonzero(blobs().subjects == "toy/s0"))
    with pytest.raises(EvaluationError, match="2 folds of 1 subjects"):
        chosen.fit(lonely, seed=1)


def test_a_border_for_shifts_continues_the_edge():
    images = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4, 1)
    assert with_border(images, 4, 0) is images
    wide = with_border(images, 4, 2)
    assert wide.shape == (2, 8, 8, 1)
    np.testing.assert_array_equal(wide[:, 2:6, 2:6], images)
    assert (wide[:, 0, 0] == images[:, 0, 0]).all()


@pytest.mark.backend_free
def test_weights_that_saw_real_clips_are_no_start(tmp_path):
    root = fake_release("smic", tmp_path / "smic", clean=True)
    recipe = Recipe.read(recipe_for("smic", tmp_path))
    data = datasets.load("smic", root)
    card = train_on_real(recipe, root, tmp_path / "entry", progress=str)
    assert card.trained_on.real_clips == len(data)
    assert card.metrics == []
    with pytest.raises(EvaluationError, match="real clips"):
        mer_zoo.evaluate(recipe, data, start=str(tmp_path / "entry"), progress=False)


@pytest.mark.parametrize("name", ["casme2", "samm", "smic"])
def test_loso_from_frames_by_mesti(name, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    root = fake_release(name, tmp_path / name, clean=True, subjects=2, clips_per_subject=3)
    data = datasets.load(name, root)
    result = mer_zoo.evaluate(
        recipe_for(name, tmp_path), name, root, out=tmp_path / "out", progress=False
    )
    assert result.clips.tolist() == data.table["clip"].tolist()
    assert sorted(set(result.folds)) == sorted(set(data.subjects))
    assert result.confusion.sum() == len(data)
    assert result.about["dataset"] == name
    assert json.loads((tmp_path / "out" / "result.json").read_text())["clips"] == len(data)
    assert not (tmp_path / "out" / "folds").exists()
    assert ImageStore().usage().images == len(data)
    with pytest.raises(OutputExistsError):
        mer_zoo.evaluate(
            recipe_for(name, tmp_path), name, root, out=tmp_path / "out", progress=False
        )


@pytest.mark.backend_free
def test_weights_from_a_dataset_are_a_zoo_entry_with_an_honest_score(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    root = fake_release("casme2", tmp_path / "casme2", clean=True, subjects=2, clips_per_subject=3)
    path = recipe_for("casme2", tmp_path)
    said = []
    card = train_on_real(
        Recipe.read(path),
        root,
        tmp_path / "mine",
        loso=True,
        progress=said.append,
    )
    model = mer_zoo.load(str(tmp_path / "mine"))
    assert model.class_names == card.class_names
    assert card.trained_on.real_clips == len(datasets.load("casme2", root))
    (uf1,) = [m for m in card.metrics if m.name == "uf1"]
    assert uf1.split == "loso"
    assert uf1.clips == card.trained_on.real_clips
    folds = json.loads((tmp_path / "mine" / "loso" / "folds.json").read_text())
    assert len(folds) == uf1.identities
    assert all((tmp_path / "mine" / "loso" / name).exists() for name in folds)
    assert (
        tomllib.loads((tmp_path / "mine" / "card.toml").read_text())["trained_on"]["real_clips"] > 0
    )
    with pytest.raises(OutputExistsError):
        train_on_real(Recipe.read(path), root, tmp_path / "mine", progress=str)


@pytest.mark.backend_free
def test_images_come_from_the_cache(tmp_path):
    root = fake_release("smic", tmp_path / "smic", clean=True, subjects=2, clips_per_subject=2)
    data = datasets.load("smic", root)
    preprocessing = Recipe.read(recipe_for("smic", tmp_path)).preprocessing
    store = ImageStore(tmp_path / "store")
    first = prepare(data, preprocessing, store=store, progress=False)
    assert store.usage().images == len(data)
    kept = sorted((tmp_path / "store").glob("*/*.npy"))
    marked = np.full_like(first[0], 9)
    for file in kept:
        np.save(file, marked)
    assert (prepare(data, preprocessing, store=store, progress=False) == 9).all()  # read, not made
    kept[0].write_bytes(b"torn")
    with pytest.warns(UserWarning, match="damaged"):
        prepare(data, preprocessing, store=store, progress=False)
    store.limit = 3 * kept[1].stat().st_size
    assert store.trim() == len(data) - 3
    assert store.usage().bytes <= store.limit
    assert store.clear() == 3


def test_what_cannot_be_evaluated_is_said(tmp_path):
    with pytest.raises(UnknownNameError, match="recipe"):
        mer_zoo.evaluate("meganet_casme3", progress=False)
    with pytest.raises(EvaluationError, match="Where is flow"):
        mer_zoo.evaluate("meganet_flow309", progress=False)
    with pytest.raises(RecipeError, match=r"no \[real\] section"):
        mer_zoo.evaluate("meganet_tiny", progress=False)
    root = fake_release("flow", tmp_path / "flow", clean=True)
    wrong = Recipe.read(recipe_for("flow", tmp_path))
    with pytest.raises(DatasetError, match="per_channel"):
        mer_zoo.evaluate(wrong, "flow", root, progress=False)


def test_faces_are_aligned_as_predict_does(tmp_path):
    """A release of rendered faces: the image is the one `predict_clip` classifies."""
    portrait = skimage.data.astronaut()[:256, 96:352]
    rendered = synthesis.synthesise(portrait, "1+2", seed=3, peak=3.0, fps=100).frames

    def frames(clip):
        return rendered[np.linspace(0, len(rendered) - 1, len(clip.numbers)).round().astype(int)]

    options = {"subjects": 1, "clips_per_subject": 1, "clip_length": (12, 12), "clean": True}
    root = fake_release("smic", tmp_path / "smic", frames=frames, **options)
    data = datasets.load("smic", root)
    model = mer_zoo.load("meganet_casme2")
    (image, *_) = prepare(
        data, model.card.preprocessing, store=ImageStore(tmp_path / "s"), progress=False
    )
    seen = model.predict_clip(data.clip(0)).image
    np.testing.assert_array_equal(modalities.central(image, 96), seen)


def test_clips_without_a_face_are_named(tmp_path):
    root = fake_release("smic", tmp_path / "smic", clean=True, subjects=1, clips_per_subject=1)
    data = datasets.load("smic", root)
    preprocessing = mer_zoo.card("meganet_casme2").preprocessing
    with pytest.raises(DatasetError, match=r'(?s)smic/s01/.*No face.*alignment = "frame"'):
        prepare(data, preprocessing, store=ImageStore(tmp_path / "s"), progress=False)
