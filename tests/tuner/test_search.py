"""A search that is killed ends as one that was not, and remembers everything."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mer_zoo.errors import DiskFullError
from mer_zoo.evaluation import Scores, confusion_matrix
from mer_zoo.tracking import Store
from tests.tuner.learners import toy_examples
from tuner.errors import ProjectError, SearchRunningError, TrialsFailedError
from tuner.project import Project
from tuner.records import SearchRecord

KILLED = """
import sys
from tests.tuner.learners import Place
recipe, folder, dies_at = sys.argv[1:]
Place(folder).search(recipe, dies_at=int(dies_at))
"""


def run_until_killed(recipe_file, place, dies_at):
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(recipe_file), str(place.folder), str(dies_at)],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=3000,
    )
    assert done.returncode == -9, done.stderr


def runs_of(outcome):
    client = outcome.record.client
    return client.search_runs([outcome.record.experiment], max_results=100)


def test_the_score_of_a_trial_is_pooled_once_over_all_clips(finished):
    _, outcome = finished
    examples = toy_examples()
    clips = [clip for fold in outcome.predictions for clip in fold.clips]
    assert sorted(clips) == sorted(examples.clips)
    label = dict(zip(examples.clips, examples.labels, strict=True))
    named = np.concatenate([fold.probabilities.argmax(1) for fold in outcome.predictions])
    whole = Scores(confusion_matrix([label[clip] for clip in clips], named, 2))
    assert outcome.best.uf1 == whole.uf1 == outcome.scores.uf1
    assert outcome.majority.uf1 < outcome.chance.uf1 < whole.uf1
    assert outcome.best.uf1 == max(trial.uf1 for trial in outcome.trials)
    assert len({trial.uf1 for trial in outcome.trials}) > 1


def test_no_fold_is_trained_on_whom_it_scores(finished):
    place, _ = finished
    shown = [set(names.split()) for names in place.fits]
    assert len(shown) == 8
    first, second = shown[:2]
    assert not first & second
    assert len(first | second) == 6


def test_killed_twice_with_its_state_torn_it_ends_as_the_whole_one(
    finished, recipe_file, place, capfd
):
    _, whole = finished
    run_until_killed(recipe_file, place, 3)
    run_until_killed(recipe_file, place, 5)
    state = Project(place.folder / "project").state
    state.write_text(state.read_text()[:100])
    outcome = place.search(recipe_file)
    assert "is damaged" in capfd.readouterr().err
    assert outcome.trials == whole.trials
    assert outcome.best == whole.best
    unsearched = [dataclasses.replace(o.recipe, selection=[]) for o in (outcome, whole)]
    assert unsearched[0] == unsearched[1]
    assert len(place.fits) == 8  # no finished fold was trained again
    assert len(runs_of(outcome)) == 5  # and no run was made twice
    steps = [
        [
            point.step
            for point in outcome.record.client.get_metric_history(r.info.run_id, "fold_uf1")
        ]
        for r in runs_of(outcome)
        if "mer_zoo.trial" in r.data.tags
    ]
    assert sorted(map(sorted, steps)) == [[0, 1]] * 4


@pytest.mark.parametrize("torn", [["oracle.json"], ["oracle.json", "oracle.backup.json"]])
def test_without_any_state_the_trials_are_proposed_again_and_their_folds_read(
    finished, recipe_file, torn
):
    place, whole = finished
    for name in torn:
        (place.folder / "project" / name).write_text('{"trials": [')
    again = place.search(recipe_file)
    assert again.trials == whole.trials
    assert len(place.fits) == 8


def test_a_finished_search_goes_on_when_more_trials_are_wanted(recipe_file, place):
    options = {"algorithm": "random", "trials": 1}
    one = place.search(recipe_file, **options)
    two = place.search(recipe_file, **{**options, "trials": 2})
    assert two.trials[0] == one.trials[0]
    assert len(two.trials) == 2
    assert len(place.fits) == 4


def test_a_second_copy_refuses_to_start(recipe_file, place):
    project = Project(place.folder / "project")
    with project.locked(), pytest.raises(SearchRunningError, match="running in"):
        place.search(recipe_file)
    assert place.fits == []


def test_another_search_in_the_same_folder_is_refused(finished, recipe_file):
    place, _ = finished
    with pytest.raises(ProjectError, match="seed changed"):
        place.search(recipe_file, seed=6)


def test_what_was_done_is_in_the_store(finished):
    _, outcome = finished
    runs = {run.info.run_id: run for run in runs_of(outcome)}
    parent = runs.pop(outcome.record.run.id)
    assert outcome.record.client.get_experiment(parent.info.experiment_id).name == "toy-custom"
    assert parent.info.status == "FINISHED"
    assert parent.data.metrics["best_uf1"] == outcome.best.uf1
    assert parent.data.tags["mer_zoo.best_trial"] == str(outcome.best.number)
    assert parent.data.params["seed"] == "5"
    assert parent.data.params["examples"] == toy_examples().digest
    assert {"mer_zoo.version.keras", "mer_zoo.device"} <= set(parent.data.tags)
    space = json.loads(outcome.record.run.read("search_space.json"))
    assert space["augmentation.shift"] == {"kind": "IntRange", "low": 0, "high": 4, "step": 1}
    assert len(runs) == 4
    for run in runs.values():
        assert run.info.status == "FINISHED"
        assert run.data.metrics["cpu_cores"] > 0
        number = int(run.data.tags["mer_zoo.trial"].split("/")[-1])
        assert run.data.tags["mlflow.parentRunId"] == parent.info.run_id
        expected = {key: str(v) for key, v in outcome.trials[number].values.items()}
        assert run.data.params == expected
        assert run.data.metrics["uf1"] == outcome.trials[number].uf1
        files = {file.path for file in outcome.record.client.list_artifacts(run.info.run_id)}
        assert files == {"confusion.svg", "folds.json", "folds.svg", "recipe.toml"}


def test_a_run_that_is_looked_up_stays_as_it_ended(finished):
    _, outcome = finished
    ended = {run.info.run_id: (run.info.status, run.info.end_time) for run in runs_of(outcome)}
    record = SearchRecord(outcome.record.store, "toy-custom", outcome.record.name)
    record.trial(0, ("up", "down")).finished_folds()
    assert record.run.id in ended
    assert {r.info.run_id: (r.info.status, r.info.end_time) for r in runs_of(outcome)} == ended


def test_trials_that_fail_are_kept_with_their_reason_and_three_stop_the_search(recipe_file, place):
    with pytest.raises(TrialsFailedError, match="does not fit the image"):
        place.search(recipe_file, fails_from=2, algorithm="random", trials=9)
    client = Store.at(f"sqlite:///{place.folder / 'mlflow.db'}").client()
    (experiment,) = [e for e in client.search_experiments() if e.name != "Default"]
    runs = client.search_runs([experiment.experiment_id])
    failed = [r for r in runs if r.info.status == "FAILED" and "mer_zoo.trial" in r.data.tags]
    assert len(failed) == 3
    assert len(runs) == 5  # the search, one trial that went well, three that did not
    paths = [file.path for file in client.list_artifacts(failed[0].info.run_id)]
    assert "traceback.txt" in paths


def test_a_full_disk_loses_nothing(finished, recipe_file, place, monkeypatch):
    import errno

    from mlflow.store.artifact import local_artifact_repo

    written, copy = [], local_artifact_repo.shutil.copyfileobj

    def copy_until_full(*args, **kwargs):
        written.append(args)
        if len(written) > 9:
            raise OSError(errno.ENOSPC, "No space left on device")
        return copy(*args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(local_artifact_repo.shutil, "copyfileobj", copy_until_full)
        with pytest.raises(DiskFullError, match="Make room"):
            place.search(recipe_file)
    assert 0 < len(place.fits) < 8
    outcome = place.search(recipe_file)
    assert outcome.trials == finished[1].trials
    assert len(place.fits) <= 9  # the fold that found the disk full is trained again
