"""Training on real clips: what was learnt, from which weights, and what a score may be compared with."""

import dataclasses
import os
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo.datasets.fake import fake_release
from mer_zoo.errors import EvaluationError, RecipeError
from mer_zoo.evaluation import Examples
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.preprocessing import Preprocessing
from mer_zoo.recipes import Recipe
from mer_zoo.recipes.recipe import Training
from mer_zoo.selection import Selection
from mer_zoo.training import RecipeLearner, train_on_real
from mer_zoo.training.zero_shot import score_zero_shot
from tests.training.test_finetuning import QUICK, clips  # noqa: F401  (a fixture)
from tests.training.test_learner import recipe_for

pytestmark = pytest.mark.backend_free

STILL = Training(epochs=1, head_epochs=1, seeds=[1], batch_size=8, learning_rate=1e-7)
KILLED = """
import os, sys
from mer_zoo.recipes import Recipe
from mer_zoo.training import train_on_real

def progress(line):
    if line.startswith("training on all"):
        os.kill(os.getpid(), 9)

recipe, root, out = sys.argv[1:]
train_on_real(Recipe.read(recipe), root, out, loso=True, progress=progress)
"""


@pytest.fixture
def release(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    options = {"clean": True, "subjects": 2, "clips_per_subject": 3}
    return fake_release("casme2", tmp_path / "casme2", **options)


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    return tmp_path / "own"


def first_kernel(model):
    kernel = model.network.get_layer("stage1_conv1").kernel
    return keras.ops.convert_to_numpy(kernel)


def test_fine_tuning_a_loaded_model_begins_with_its_weights(clips, own):  # noqa: F811
    model = mer_zoo.load("meganet_tiny")
    before = first_kernel(model)
    model.network.get_layer("stage1_conv1").kernel.assign(before + 0.5)
    said = []
    tuned = mer_zoo.finetune(model, clips, own, training=STILL, progress=said.append)
    np.testing.assert_allclose(first_kernel(tuned), before + 0.5, atol=2e-3)
    # Nobody knows what the changed weights have seen, so nobody can say that a score is honest.
    assert tuned.card.metrics == [] and tuned.card.trained_on.altered
    assert any("WARNING" in line and "no score" in line for line in said)
    assert "clips its card does not know" in tuned.card.provenance()


def test_a_loaded_model_as_it_came_is_the_entry_of_that_name(clips, own):  # noqa: F811
    options = {"training": STILL, "variants": 1, "progress": str}
    by_name = mer_zoo.finetune("meganet_tiny", clips, own, **options)
    model = mer_zoo.load("meganet_tiny")
    in_hand = mer_zoo.finetune(model, clips, own.with_name("b"), **options)
    np.testing.assert_array_equal(first_kernel(in_hand), first_kernel(by_name))
    assert in_hand.card.metrics == by_name.card.metrics != []


def test_weights_that_saw_real_clips_give_no_loso_score_in_hand(clips, own):  # noqa: F811
    options = {"variants": 1, "progress": str, "score": False}
    first = mer_zoo.finetune("meganet_tiny", clips, own, training=QUICK, **options)
    second = mer_zoo.finetune(
        first, clips, own.with_name("b"), training=STILL, variants=1, progress=str
    )
    assert second.card.metrics == [] and second.card.trained_on.real_clips == 16
    assert not second.card.trained_on.altered


def test_the_licence_of_weights_is_that_of_their_clips(release, tmp_path):
    recipe = Recipe.read(recipe_for("casme2", tmp_path))
    card = train_on_real(recipe, release, tmp_path / "mine", progress=str)
    assert "casme2" in card.licence and "Apache" not in card.licence
    assert Recipe.read(tmp_path / "mine" / card.recipe).real == recipe.real


def test_what_a_recipe_was_chosen_on_stays_with_its_scores_and_cards(release, tmp_path):
    recipe = Recipe.read(recipe_for("casme2", tmp_path))
    subjects = sorted(set(mer_zoo.datasets.load("casme2", release).subjects))
    chosen = Selection("search toy-1, trial 3", "casme2", subjects[:1])
    path = tmp_path / "w.toml"
    path.write_text(dataclasses.replace(recipe, name="w", selection=[chosen]).to_toml())
    result = mer_zoo.evaluate(path, root=release, progress=False)
    assert result.about["label"] == SAME_SUBJECTS
    card = train_on_real(Recipe.read(path), release, tmp_path / "m", loso=True, progress=str)
    assert {metric.label for metric in card.metrics} == {SAME_SUBJECTS}
    assert card.trained_on.tuned_on == [str(chosen)] and card.trained_on.selection == [chosen]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A training that was killed during its last fit: the folder of its recipe, clips and work."""
    folder = tmp_path_factory.mktemp("killed")
    options = {"clean": True, "subjects": 2, "clips_per_subject": 3}
    release = fake_release("casme2", folder / "casme2", **options)
    path = recipe_for("casme2", folder)
    call = [sys.executable, "-c", KILLED, str(path), str(release), str(folder / "m")]
    environment = {**os.environ, "MER_ZOO_HOME": str(folder / "home")}
    assert subprocess.run(call, timeout=300, env=environment).returncode == -9
    return folder


@pytest.fixture
def resumable(killed, tmp_path, monkeypatch):
    """A copy of it to resume: recipe, clips and the folder of the entry."""
    monkeypatch.setenv("MER_ZOO_HOME", str(killed / "home"))
    return killed / "toy.toml", killed / "casme2", shutil.copytree(killed / "m", tmp_path / "m")


def test_a_kill_during_the_last_fit_loses_no_fold(resumable, monkeypatch):
    path, release, out = resumable
    fits, fit = [], RecipeLearner.fit

    def counted(learner, examples, seed, watch=None):
        fits.append(len(examples))
        return fit(learner, examples, seed, watch)

    monkeypatch.setattr(RecipeLearner, "fit", counted)
    card = train_on_real(Recipe.read(path), release, out, loso=True, progress=str)
    assert not [n for n in fits if n < card.trained_on.clips], "a fold was trained again"
    assert {metric.split for metric in card.metrics} == {"loso"}
    assert (out / "loso" / "result.json").exists()


def test_interrupted_work_is_not_resumed_with_other_optimisation(resumable, tmp_path):
    path, release, out = resumable
    changed = tmp_path / "toy.toml"
    changed.write_text(path.read_text().replace("epochs = 2", "epochs = 3"))
    with pytest.raises((EvaluationError, RecipeError), match=r"epochs"):
        train_on_real(Recipe.read(changed), release, out, loso=True, progress=str)


def test_zero_shot_scores_need_the_images_that_the_entry_was_trained_on():
    card = mer_zoo.card("meganet_tiny")
    count, size = 10, card.preprocessing.image_size
    images = np.random.default_rng(1).normal(size=(count, size, size, 3)).astype(np.float32)
    labels = np.arange(count) % len(card.class_names)
    names = [f"toy/{i}" for i in range(count)]
    examples = Examples(images, labels, names, names, tuple(card.class_names), "toy")
    own = card.preprocessing
    result = score_zero_shot("meganet_tiny", examples, own)
    assert len(result.clips) == count
    bare = dataclasses.replace(own, parameters={})  # the defaults are those the card states
    assert score_zero_shot("meganet_tiny", examples, bare).uf1 == result.uf1
    others = (
        (Preprocessing("dynamic_image", own.face_size, own.image_size), "modality"),
        (dataclasses.replace(own, face_size=own.face_size + 8), "face_size"),
        (dataclasses.replace(own, parameters={"remove_rigid": "none"}), "remove_rigid"),
        (dataclasses.replace(own, alignment="frame"), "alignment"),
    )
    for other, differs in others:
        with pytest.raises(EvaluationError, match=differs):
            score_zero_shot("meganet_tiny", examples, other)
