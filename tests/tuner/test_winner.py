"""The winner: a recipe, a labelled score, and a model that reads raw clips."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

import mer_zoo
import tuner
from mer_zoo.errors import OutputExistsError
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.recipes import Recipe
from tests.tuner.learners import toy_examples
from tuner.sources import GivenExamples
from tuner.space import applied
from tuner.winner import refuse_other_file

READS = """
import json, sys
import mlflow.pyfunc, numpy as np
model = mlflow.pyfunc.load_model(sys.argv[1])
frames = np.load(sys.argv[2])
reading = model.predict(frames, params={"fps": 50.0, "onset": 0, "apex": 3, "offset": 5})
print(json.dumps(reading))
"""


@pytest.fixture(scope="module")
def trained(tmp_path_factory, migrated, recipe_file):
    """A search with the recipe's own network."""
    from tests.tuner.learners import Place

    place = Place(tmp_path_factory.mktemp("trained"), migrated)
    return place, place.search(recipe_file, trials=1, learner=None)


def test_the_winner_is_a_recipe_that_reads_back(finished, recipe_file, tmp_path):
    _, outcome = finished
    path = tmp_path / "toy.toml"
    written = tuner.write(outcome, path)
    assert Recipe.read(path) == written == outcome.recipe
    (chosen,) = outcome.recipe.selection
    assert chosen.by == f"search {outcome.record.name}, trial {outcome.best.number}"
    unsearched = dataclasses.replace(outcome.recipe, selection=[])
    assert unsearched == applied(Recipe.read(recipe_file), outcome.best.values)
    assert outcome.recipe.search is None
    assert Recipe.read(recipe_file).training != outcome.recipe.training
    tuner.write(outcome, path)  # the same again
    path.write_text("mine")
    with pytest.raises(OutputExistsError):
        tuner.write(outcome, path)
    assert path.read_text() == "mine"
    assert tuner.write(outcome, tmp_path / "better.toml").name == "better"


def test_a_recipe_in_the_way_is_named_before_a_search_but_not_when_one_goes_on(finished, tmp_path):
    place, _ = finished
    path = tmp_path / "toy.toml"
    path.write_text("mine")
    with pytest.raises(OutputExistsError):
        refuse_other_file(path, tmp_path / "fresh")
    refuse_other_file(path, place.folder / "project")


def test_every_trial_keeps_a_recipe_that_can_be_trained(finished, tmp_path):
    _, outcome = finished
    record = outcome.record.trial(outcome.best.number, ("up", "down"))
    (tmp_path / "r.toml").write_text(record.run.read("recipe.toml"))
    assert Recipe.read(tmp_path / "r.toml") == outcome.recipe


def test_the_score_of_the_winner_says_how_its_values_were_chosen(trained, tmp_path):
    _, outcome = trained
    few = toy_examples()
    few = few.part(np.flatnonzero(np.isin(few.subjects, ["toy/s0", "toy/s1"])))
    source = GivenExamples(few, "training")
    result = tuner.score(outcome, source, folder=tmp_path / "loso", progress=False)
    assert result.about["label"] == SAME_SUBJECTS
    assert json.loads((tmp_path / "loso" / "result.json").read_text())["about"]["label"]
    data = outcome.record.run.data
    assert data.metrics["loso_uf1"] == result.uf1
    assert data.tags["mer_zoo.loso_label"].startswith(SAME_SUBJECTS)


def test_the_champion_reads_a_raw_clip_in_a_fresh_process(trained, tmp_path):
    _, outcome = trained
    source = GivenExamples(toy_examples(), "training")
    uri = tuner.publish(outcome, source)
    assert tuner.publish(outcome, source) == uri == "models:/toy@champion"
    versions = outcome.record.client.search_model_versions("name='toy'")
    assert [version.run_id for version in versions] == [outcome.record.run.id]
    frames = np.stack([astronaut()[40:100, 150 + x : 210 + x] for x in (0, 1, 2, 3, 2, 1)])
    np.save(tmp_path / "clip.npy", frames)
    # A process that has mer_zoo and not the tuner: the loader must not need it.
    (tmp_path / "installed").mkdir()
    (tmp_path / "installed" / "mer_zoo").symlink_to(Path(mer_zoo.__file__).parent)
    installed = {
        "MLFLOW_TRACKING_URI": outcome.record.store.uri,
        "PYTHONPATH": str(tmp_path / "installed"),
    }
    done = subprocess.run(
        [sys.executable, "-c", READS, uri, str(tmp_path / "clip.npy")],
        env={**os.environ, **installed},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == 0, done.stderr
    reading = json.loads(done.stdout.splitlines()[-1])
    assert set(reading["probabilities"]) == {"up", "down"}
    assert sum(reading["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert reading["apex"] == 3
