"""Training in the store: losses by epoch, the entry as a model, one run across an interruption."""

import keras
import numpy as np
import pytest
from skimage.data import astronaut

from mer_zoo import cli
from mer_zoo.datasets.fake import fake_release
from mer_zoo.evaluation import Result
from mer_zoo.recipes import Recipe
from mer_zoo.synthesis.corpus.records import RECORD
from mer_zoo.tracking import Store
from mer_zoo.training import fit, synthetic, train_on_synthetic
from mer_zoo.training.corpora import RenderedCorpus
from mer_zoo.training.fit import fit_network
from tests.toy_recipes import FLOW, SYNTHETIC


def only_run(store, experiment):
    client = store.client()
    found = client.get_experiment_by_name(experiment)
    (run,) = client.search_runs([found.experiment_id])
    files = {file.path for file in client.list_artifacts(run.info.run_id)}
    return client, run, files


class StopsAfterAnEpoch(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        raise KeyboardInterrupt


def random_corpus(*args, **options):
    """Stands in for rendered clips: noise."""
    rng = np.random.default_rng(2)
    labels = ["negative", "positive", "surprise", "none"] * 24
    records = np.zeros(96, RECORD)
    records["split"] = np.repeat(["train", "validation", "test"], 32)
    records["identity"], records["label"] = [f"face{i // 2}" for i in range(96)], labels
    records["clip"] = np.arange(96) % 2
    images = rng.normal(size=(96, 20, 20, 3)).astype(np.float16)
    return RenderedCorpus(
        images, records, ("negative", "positive", "surprise"), "digest", "a corpus of noise"
    )


def test_a_training_that_was_interrupted_goes_on_in_the_same_run(store, tmp_path, monkeypatch):
    (tmp_path / "toy.toml").write_text(SYNTHETIC)
    recipe = Recipe.read(tmp_path / "toy.toml")
    monkeypatch.setattr(synthetic, "render_corpus", random_corpus)
    make = {"recipe_path": tmp_path / "toy.toml", "track": store.uri, "progress": lambda line: None}

    def stopping(*args, **options):
        return fit_network(*args, **{**options, "callbacks": [StopsAfterAnEpoch()]})

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(fit, "fit_network", stopping)
        train_on_synthetic(recipe, tmp_path, tmp_path / "mine", **make)
    _, interrupted, _ = only_run(store, "synthetic-megc2019")
    assert interrupted.info.status == "KILLED"
    card = train_on_synthetic(recipe, tmp_path, tmp_path / "mine", **make)
    client, run, files = only_run(store, "synthetic-megc2019")
    assert (run.info.run_id, run.info.status) == (interrupted.info.run_id, "FINISHED")
    for seed in (1, 2):
        points = client.get_metric_history(run.info.run_id, f"train_loss/seed{seed}")
        assert sorted(point.step for point in points) == [0, 1]
    assert files == {
        *("recipe.toml", "card.toml", "losses.svg", "confusion.svg", "model"),
    }
    (f1,) = [m for m in card.metrics if m.name == "macro_f1"]
    assert run.data.metrics["macro_f1"] == f1.value
    assert run.data.metrics["macro_f1/seed2"] == f1.values[1]
    assert run.data.params["training.epochs"] == "2"
    assert run.data.params["examples"] == "digest"
    assert run.data.tags["mer_zoo.kind"] == "train"
    Recipe.read(client.download_artifacts(run.info.run_id, "recipe.toml", tmp_path))

    import mlflow.pyfunc

    model = mlflow.pyfunc.load_model(client.download_artifacts(run.info.run_id, "model", tmp_path))
    frames = np.stack([astronaut()[40:100, 150 + x : 210 + x] for x in (0, 1, 2, 3, 2, 1)])
    reading = model.predict(frames, params={"fps": 50.0, "onset": 0, "apex": 3, "offset": 5})
    assert set(reading["probabilities"]) == {"negative", "positive", "surprise"}
    assert reading["apex"] == 3


def test_the_commands_log_where_mlflow_ui_looks(store, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)  # where `store` is: a bare `mlflow ui` shows it
    (tmp_path / "toy.toml").write_text(FLOW)
    options = {"clean": True, "version": "309", "subjects": 1, "clips_per_subject": 4}
    fake_release("flow", tmp_path / "flow", **options)

    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["mer-zoo", *arguments, "--root", "flow"])
        cli.main()

    with pytest.raises(SystemExit) as stopped:
        run("evaluate", "toy.toml", "--out", "score", "--track")
    assert stopped.value.code in (0, None)
    with pytest.raises(SystemExit) as stopped:
        run("train", "toy.toml", "--out", "mine", "--loso", "--tracking-uri", store.uri)
    assert stopped.value.code in (0, None)
    client = Store.at().client()
    (experiment,) = [e for e in client.search_experiments() if e.name.startswith("flow")]
    runs = {r.data.tags["mer_zoo.kind"]: r for r in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"evaluate", "train"}
    scored, trained = runs["evaluate"].data, runs["train"].data
    for logged, folder in (
        (scored.metrics["uf1"], "score"),
        (trained.metrics["loso_uf1"], "mine/loso"),
    ):
        assert logged == pytest.approx(Result.read(tmp_path / folder).uf1)
    assert "train_loss/seed1" in trained.metrics
    loso = client.list_artifacts(runs["train"].info.run_id, "loso")
    assert "loso/folds.json" in {file.path for file in loso}
    # A store that cannot be used stops a command before it has done anything.
    with pytest.raises(SystemExit) as stopped:
        run("evaluate", "toy.toml", "--out", "other", "--tracking-uri", "mlruns")
    assert stopped.value.code == 2
    assert "names a folder" in " ".join(capsys.readouterr().err.split())
    assert not (tmp_path / "other").exists()
