"""An evaluation in the store: folds, scores, one run however often it is interrupted."""

import sqlite3
import warnings

import numpy as np
import pytest

from mer_zoo import tracking
from mer_zoo.errors import OldFileStoreError, TrackingError, TrackingWarning
from mer_zoo.evaluation import Examples, run
from mer_zoo.evaluation.fold_record import pooled_scores, read_records
from mer_zoo.tracking import Store, tracked
from mer_zoo.tracking import tracker as tracking_tracker
from mer_zoo.tracking.evaluations import TrackedEvaluation
from mer_zoo.tracking.run import TrackedRun
from tests.evaluation.learners import NearestMean


@pytest.fixture(scope="module")
def examples():
    """48 images of 4 subjects; the class is seen in the left half."""
    rng = np.random.default_rng(5)
    labels = rng.integers(0, 3, 48)
    images = rng.normal(size=(48, 6, 6, 1)).astype(np.float32)
    images[:, :, :3, 0] += labels[:, None, None] * 0.25
    subjects = [f"toy/s{i % 4}" for i in range(48)]
    return Examples(
        images, labels, subjects, [f"c{i:02d}" for i in range(48)], ("x", "y", "z"), "toy-48"
    )


def evaluate(store, examples, folder, learner=None, seeds=(1, 2)):
    with tracked(store.uri, "evaluate") as tracker:
        logged = TrackedEvaluation(tracker, examples, name="toy", params={"recipe": "toy"})
        result = run(
            learner or NearestMean(),
            examples,
            folder=folder,
            seeds=seeds,
            callback=logged,
            progress=False,
        )
        logged.finished(result)
    return result


def runs_of(store):
    client = store.client()
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    assert experiment.name == "toy-48"
    return client, client.search_runs([experiment.experiment_id])


class Stops(NearestMean):
    """Fails in the third fold."""

    def fit(self, examples, seed, watch=None):
        fits.append(seed)
        if len(fits) == 3:
            raise KeyboardInterrupt
        return super().fit(examples, seed, watch)


fits = []


def test_an_interrupted_evaluation_goes_on_in_the_same_run(store, examples, tmp_path):
    fits.clear()
    with pytest.raises(KeyboardInterrupt):
        evaluate(store, examples, tmp_path / "folds", Stops())
    client, (run_,) = runs_of(store)
    assert run_.info.status == "KILLED"
    result = evaluate(store, examples, tmp_path / "folds")
    client, (again,) = runs_of(store)
    assert again.info.run_id == run_.info.run_id
    assert again.info.status == "FINISHED"
    data = again.data
    assert data.metrics["uf1"] == pytest.approx(result.uf1)
    assert data.metrics["uf1/seed2"] == pytest.approx(result.scores[1].uf1)
    assert data.params["examples"] == examples.digest
    assert (data.params["clips"], data.params["subjects"]) == ("48", "4")
    assert {"mer_zoo.version.keras", "mer_zoo.device"} <= set(data.tags)
    for seed in (1, 2):
        history = client.get_metric_history(again.info.run_id, f"fold_accuracy/seed{seed}")
        assert sorted(point.step for point in history) == [0, 1, 2, 3]  # none twice
    files = {file.path for file in client.list_artifacts(again.info.run_id)}
    assert files == {
        *("folds.json", "folds.svg", "result.json", "predictions.csv", "confusion.svg"),
    }
    file = client.download_artifacts(again.info.run_id, "folds.json", tmp_path)
    with open(file, encoding="utf-8") as text:
        records = read_records(text.read())
    for seed, scores in zip(result.seeds, result.scores, strict=True):
        rebuilt = pooled_scores(record for record in records if record.seed == seed)
        assert np.array_equal(rebuilt.confusion, scores.confusion)


def test_a_finished_evaluation_done_again_is_another_run(store, examples, tmp_path):
    evaluate(store, examples, tmp_path / "one", seeds=[1])
    evaluate(store, examples, tmp_path / "two", seeds=[1])
    assert len(runs_of(store)[1]) == 2


class LocksMeanwhile(NearestMean):
    """Another program writes the database from the second fit on."""

    def fit(self, examples, seed, watch=None):
        if len(locks) == 1:
            locks[0].execute("BEGIN EXCLUSIVE")
        locks.append(None)
        return super().fit(examples, seed, watch)


locks = []


@pytest.mark.parametrize("released", [True, False])
def test_a_database_locked_meanwhile_loses_no_result(
    store, examples, tmp_path, monkeypatch, released
):
    monkeypatch.setattr("mer_zoo.tracking.store.PATIENCE", 0.1)
    other = sqlite3.connect(tmp_path / "mlflow.db")
    locks[:] = [other]
    plain = run(NearestMean(), examples, folder=tmp_path / "plain", seeds=[1], progress=False)
    saved = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with tracked(store.uri, "evaluate") as tracker:
            logged = TrackedEvaluation(tracker, examples, name="toy")
            result = run(
                LocksMeanwhile(),
                examples,
                folder=tmp_path / "folds",
                seeds=[1],
                callback=logged,
                progress=False,
            )
            saved.append(result.save(tmp_path / "out"))
            if released:
                other.rollback()
            logged.finished(result)
    other.rollback()
    assert np.array_equal(result.probabilities, plain.probabilities)
    said = [str(w.message) for w in caught if w.category is TrackingWarning]
    client, (run_,) = runs_of(store)
    if released:  # what had waited was logged at the end
        assert said == []
        assert run_.info.status == "FINISHED"
        assert len(client.get_metric_history(run_.info.run_id, "fold_accuracy/seed1")) == 4
    else:
        assert len(said) == 1 and "locked" in said[0]
        assert run_.info.status == "RUNNING"
    other.close()


def test_a_full_disk_meanwhile_is_a_warning(store, examples, tmp_path, monkeypatch):
    def full(*args):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TrackedRun, "write_folder", full)
    with pytest.warns(TrackingWarning, match="no space left"):
        result = evaluate(store, examples, tmp_path / "folds", seeds=[1])
    assert len(result.clips) == 48


def test_what_is_wrong_from_the_start_stops_before_any_work(examples, tmp_path):
    fits.clear()
    for uri in (f"file:{tmp_path}", "http://127.0.0.1:9"):
        with pytest.raises(TrackingError):
            evaluate(Store(uri, None), examples, tmp_path / "folds", Stops())
    old = tmp_path / "mlruns" / "0"
    old.mkdir(parents=True)
    (old / "meta.yaml").write_text("")
    with pytest.raises(OldFileStoreError, match="migrate-filestore"):
        evaluate(Store.at(f"sqlite:///{tmp_path / 'x.db'}"), examples, tmp_path / "f", Stops())
    assert fits == []


def test_without_a_store_nothing_is_logged(examples, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with tracked(False, "evaluate") as tracker:
        logged = TrackedEvaluation(tracker, examples)
        run(NearestMean(), examples, folder=tmp_path / "folds", callback=logged, progress=False)
    assert not tracker.on and tracker.run_id is None
    assert not (tmp_path / "mlflow.db").exists()
    assert not (tmp_path / "folds" / tracking_tracker.STATE).exists()


def test_the_names_of_the_room():
    assert {"Store", "tracked"} <= set(dir(tracking))
    with pytest.raises(AttributeError, match="Stor"):
        tracking.Stor  # noqa: B018
