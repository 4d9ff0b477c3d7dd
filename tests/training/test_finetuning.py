"""Fine-tuning on one's own clips: a new task, learnt from few people, with an honest score."""

from dataclasses import replace

import numpy as np
import pytest
import skimage.data

import mer_zoo
from mer_zoo import synthesis
from mer_zoo.errors import DatasetError, OutputExistsError, RecipeError, UnknownNameError
from mer_zoo.recipes.recipe import Training
from mer_zoo.training.finetuning import finetuning_recipe
from mer_zoo.training.fit import frozen
from mer_zoo.training.learner import RecipeLearner

QUICK = Training(epochs=3, head_epochs=4, seeds=[1], batch_size=8, learning_rate=2e-3)


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Six short videos of "people" (one portrait, differently lit): brows up, or a smile."""
    folder = tmp_path_factory.mktemp("clips")
    portrait = skimage.data.astronaut()[:256, 96:352]
    lines = ["path,label,subject"]
    for i, (label, units) in enumerate([("up", "1+2"), ("smile", "12")] * 4):
        lit = np.clip(portrait * (0.7 + 0.08 * i), 0, 255).astype(np.uint8)
        clip = synthesis.synthesise(lit, units, seed=i, peak=3.5, fps=30)
        synthesis.write_video(clip, folder / f"{i}.mp4")
        lines.append(f"{i}.mp4,{label},person{i // 4}")
    (folder / "clips.csv").write_text("\n".join(lines) + "\n")
    return folder / "clips.csv"


def test_an_entry_learns_own_classes(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    said = []
    model = mer_zoo.finetune(
        "meganet_tiny", clips, tmp_path / "mine", training=QUICK, progress=said.append
    )
    assert model.class_names == ["smile", "up"]
    card = model.card
    assert card.trained_on.real_clips == 8
    assert "meganet_tiny" in card.trained_on.corpus
    (uf1,) = [m for m in card.metrics if m.name == "uf1"]
    assert (uf1.split, uf1.clips, uf1.identities) == ("loso", 8, 2)
    reading = model.predict_video(clips.parent / "0.mp4")
    assert set(reading.probabilities) == {"smile", "up"}
    # Every clip shows an expression, so nothing shows that a likely answer should be withheld.
    assert card.rejection.threshold <= 0.5 and reading.expression
    assert mer_zoo.load(str(tmp_path / "mine")).card.weights == card.weights
    with pytest.raises(OutputExistsError):
        mer_zoo.finetune("meganet_tiny", clips, tmp_path / "mine", progress=str)


@pytest.mark.backend_free
@pytest.mark.parametrize("mixed", [False, True])
def test_the_head_comes_first_and_the_rest_is_not_thrown_away(clips, mixed, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    head_only = Training(epochs=1, head_epochs=2, seeds=[1], batch_size=8, learning_rate=1e-7)
    options = {"training": head_only, "score": False, "mixed_precision": mixed, "progress": str}
    model = mer_zoo.finetune("meganet_tiny", clips, tmp_path / "m", **options)
    before = mer_zoo.load("meganet_tiny").network.get_layer("stage1_conv1").get_weights()[0]
    after = model.network.get_layer("stage1_conv1").get_weights()[0]
    np.testing.assert_allclose(after, before, atol=2e-3)  # float16 storage, a tiny learning rate
    assert model.card.metrics == []
    assert ("precision" in model.card.made_with) == mixed


@pytest.mark.backend_free
@pytest.mark.parametrize("unfreeze", ["all", "top", "head"])
def test_what_stays_frozen_keeps_its_weights(unfreeze):
    network = mer_zoo.load("meganet_tiny").network
    weighted = [layer for layer in network.layers if layer.trainable and layer.weights]
    with frozen(network, unfreeze):
        trained = [layer.name for layer in weighted if layer.trainable]
    below = [layer.name for layer in weighted if layer.name != "head"]
    assert trained == {"all": below, "top": below[len(below) // 2 :], "head": []}[unfreeze] + [
        "head"
    ]
    assert all(layer.trainable for layer in weighted)


@pytest.mark.backend_free
def test_frozen_layers_need_weights_to_keep():
    training = replace(QUICK, unfreeze="top")
    card = mer_zoo.card("meganet_tiny")
    assert finetuning_recipe("meganet_tiny", card, "m", training).real.training.unfreeze == "top"
    with pytest.raises(RecipeError, match="fresh weights"):
        finetuning_recipe("", card, "m", training)
    with pytest.raises(RecipeError, match="one of all, top, head"):
        finetuning_recipe("meganet_tiny", card, "m", replace(QUICK, unfreeze="neck"))
    with pytest.raises(RecipeError, match="variants must be at least 1"):
        finetuning_recipe("meganet_tiny", card, "m", QUICK, variants=0)


@pytest.mark.backend_free
def test_one_subject_is_said_to_give_no_score(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    text = clips.read_text().replace("person1", "person0")
    (clips.parent / "one.csv").write_text(text)
    said = []
    model = mer_zoo.finetune(
        "meganet_tiny",
        clips.parent / "one.csv",
        tmp_path / "m",
        training=QUICK,
        progress=said.append,
    )
    assert any("WARNING" in line and "one subject" in line for line in said)
    assert model.card.metrics == []


@pytest.mark.backend_free
def test_what_cannot_be_learnt_from_is_said(clips, tmp_path):
    def refused(change, error, match):
        path = clips.parent / "changed.csv"
        path.write_text(change(clips.read_text()))
        with pytest.raises(error, match=match):
            mer_zoo.finetune("meganet_tiny", path, tmp_path / "no", progress=str)

    refused(lambda t: t.replace("smile", "up"), DatasetError, "two classes")
    refused(lambda t: t.replace("1.mp4,smile", "1.mp4,rare"), DatasetError, "rare 1")
    refused(lambda t: t.replace("path,", "file,"), Exception, "path")
    with pytest.raises(UnknownNameError, match="meganet_tiny"):
        mer_zoo.finetune("meganet_tinny", clips, tmp_path / "no", progress=str)
    assert not (tmp_path / "no").exists()


@pytest.mark.backend_free
def test_a_missing_apex_is_spotted_between_the_given_onset_and_offset(clips, tmp_path, monkeypatch):
    """As `predict` does, from Python and on the command line."""
    from typer.testing import CliRunner

    from mer_zoo.cli import app
    from mer_zoo.preparation.images import aligned

    header, *rows = clips.read_text().split()
    marked = clips.parent / "marked.csv"
    marked.write_text("\n".join([f"{header},onset,offset", *(f"{row},2,20" for row in rows)]))
    given = []

    def begin(recipe, data, *others, **options):
        given.append((recipe, data))
        raise DatasetError("enough")

    monkeypatch.setattr("mer_zoo.training.finetuning.train_on_real", begin)
    with pytest.raises(DatasetError, match="enough"):
        mer_zoo.finetune("meganet_tiny", marked, tmp_path / "m", progress=str)
    CliRunner().invoke(app, ["finetune", "meganet_tiny", str(marked), "--out", str(tmp_path / "n")])
    assert len(given) == 2
    for recipe, data in given:
        assert data.table["apex"].isna().all()
        onset, apex, offset = aligned(data.clip(0), recipe.preprocessing).phases
        assert onset == 0 and offset == 18 and 0 < apex <= 18  # within the frames 2 to 20


@pytest.mark.backend_free
def test_spotted_apexes_are_the_same_when_an_interrupted_fine_tuning_resumes(
    clips, tmp_path, monkeypatch
):
    """Also where the cached images are gone, so that the apexes are spotted again."""
    header, *rows = clips.read_text().split()
    marked = clips.parent / "interrupted.csv"
    marked.write_text("\n".join([f"{header},onset,offset", *(f"{row},2,20" for row in rows)]))
    once = Training(epochs=1, head_epochs=1, seeds=[1], batch_size=8, learning_rate=1e-3)
    options = {"training": once, "variants": 2, "progress": str}

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    with monkeypatch.context() as patch:
        patch.setattr("mer_zoo.training.real._refit", interrupt)  # after the folds
        with pytest.raises(KeyboardInterrupt):
            mer_zoo.finetune("meganet_tiny", marked, tmp_path / "mine", **options)

    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "another_home"))
    monkeypatch.setattr(RecipeLearner, "fit", interrupt)  # the folds are finished
    model = mer_zoo.finetune("meganet_tiny", marked, tmp_path / "mine", **options)
    assert model.card.golden.class_names == ["smile", "up"]
    (uf1,) = [metric for metric in model.card.metrics if metric.name == "uf1"]
    assert (uf1.split, uf1.clips) == ("loso", 8)
