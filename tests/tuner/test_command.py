"""The command: from a dataset to a recipe, a labelled score and a registered model."""

import subprocess
import sys

import pytest

import mer_zoo
from mer_zoo.cli import main
from mer_zoo.datasets.fake import fake_release
from mer_zoo.evaluation.plan import SAME_SUBJECTS
from mer_zoo.recipes import Recipe
from mer_zoo.tracking import Store
from tests.tuner.conftest import RECIPE

REAL = """
[real]
dataset = "flow"
protocol = ""
[real.training]
epochs = 1
seeds = [1]
batch_size = 8
[card]
"""


@pytest.fixture()
def arguments(place, monkeypatch):
    """A search on made-up flow images, in a folder of its own."""
    monkeypatch.setenv("MER_ZOO_HOME", str(place.folder / "home"))
    monkeypatch.chdir(place.folder)
    root = fake_release("flow", place.folder / "flow", clean=True, subjects=2, clips_per_subject=3)
    text = RECIPE.replace("[card]", REAL, 1).replace("training.learning", "real.training.learning")
    text = text.replace('modality = "mesti"', 'modality = "flow"').replace(
        "size = 40", "size = 112"
    )
    text = text.replace('alignment = "frame"', "[preprocessing.parameters]\nper_channel = true")
    text = text.replace("image_size = 12", "image_size = 28")
    (place.folder / "toy.toml").write_text(text)
    return ["toy.toml", "--root", str(root), "--trials", "1", "--folds", "2"]


def run(arguments):
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as stopped:
        patch.setattr("sys.argv", ["mer-zoo", "tune", *arguments])
        main()
    return stopped.value.code


@pytest.mark.backend_free  # searches, scores and champions are tested on every backend by themselves
def test_from_a_dataset_to_a_champion(arguments, place, capsys):
    assert run([*arguments, "--loso", "--write", "best/toy.toml"]) in (0, None)
    said = capsys.readouterr().out
    assert SAME_SUBJECTS in " ".join(said.split())
    assert "models:/toy@champion" in said
    best = Recipe.read(place.folder / "best" / "toy.toml")
    assert best.search is None
    (chosen,) = best.selection
    assert chosen.subjects and "trial" in chosen.by
    result = mer_zoo.evaluate(best, root=arguments[2], progress=False)
    assert result.about["label"] == SAME_SUBJECTS, "the file alone tells what it was chosen on"
    client = Store.at().client()  # where a bare `mlflow ui` looks
    (experiment,) = [e for e in client.search_experiments() if e.name.startswith("flow")]
    search, trial = sorted(
        client.search_runs([experiment.experiment_id]), key=lambda r: "mer_zoo.trial" in r.data.tags
    )
    assert trial.data.params["real.training.learning_rate"] == str(best.real.training.learning_rate)
    assert search.data.metrics["loso_uf1"] >= 0
    assert client.get_model_version_by_alias("toy", "champion").run_id == search.info.run_id
    # The same command again: everything is read, and its own recipe is not in the way.
    assert run([*arguments, "--loso", "--write", "best/toy.toml"]) in (0, None)
    assert len(client.search_runs([experiment.experiment_id])) == 2
    assert len(client.search_model_versions("name='toy'")) == 1


def test_errors_are_one_message_and_exit_code_2(arguments, capsys):
    assert run([*arguments, "--seed", "0"]) == 2
    assert "SearchRefusedError: seed=0" in capsys.readouterr().err
    assert run(["toy.toml"]) == 2
    assert "--photos" in capsys.readouterr().err


def test_the_command_needs_no_checkout(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "mer_zoo.cli", "tune", "--help"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert "--mixed-precision" in done.stdout
