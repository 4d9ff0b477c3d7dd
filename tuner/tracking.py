"""What MLflow remembers of a search: a run for the search, below it a run for each trial.

Runs are found by their tag before they are created, and every call names its run: nothing depends on
a run being "active". The finished folds of a trial are its artifact `folds.json`, from which an
interrupted search goes on.
"""

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mer_zoo.evaluation import Scores
from mer_zoo.evaluation.confusion_picture import confusion_svg
from tuner.errors import ProjectError, TrackingError
from tuner.objective import FoldPredictions
from tuner.store import Store

SEARCH_TAG, TRIAL_TAG = "mer_zoo.search", "mer_zoo.trial"
BEST_TAG = "mer_zoo.best_trial"
FOLDS = "folds.json"
SHOWN = ("uf1", "uar", "accuracy")


class TrackedRun:
    """A run of MLflow, found by its tag or created.

    Args:
        store, client: where it is; `client` is `store.client()`.
        experiment: id of the experiment.
        tag: key and value that name it.
        name: shown by `mlflow ui`.
        parent: id of the run above it, or "".
    """

    def __init__(
        self, store: Store, client, experiment: str, tag: tuple[str, str], name: str, parent=""
    ):
        self.store, self.client = store, client
        key, value = tag
        with store.named_errors():
            found = client.search_runs([experiment], f"tags.`{key}` = '{value}'", max_results=1)
            tags = {key: value} | ({"mlflow.parentRunId": parent} if parent else {})
            run = found[0] if found else client.create_run(experiment, tags=tags, run_name=name)
            self.id = run.info.run_id
            if run.info.status != "RUNNING":
                client.update_run(self.id, status="RUNNING")

    def log(
        self,
        *,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, Any] | None = None,
        metrics: Mapping[str, float] | None = None,
        step: int = 0,
    ) -> None:
        """Logs in one call: a store on SQLite takes about as long for one value as for many."""
        from mlflow.entities import Metric, Param, RunTag

        now = int(time.time() * 1000)
        with self.store.named_errors():
            self.client.log_batch(
                self.id,
                params=[Param(key, str(value)) for key, value in (params or {}).items()],
                tags=[RunTag(key, str(value)) for key, value in (tags or {}).items()],
                metrics=[Metric(k, float(v), now, step) for k, v in (metrics or {}).items()],
            )

    def write(self, text: str, name: str) -> None:
        """Keeps a text as an artifact."""
        with self.store.named_errors():
            self.client.log_text(self.id, text, name)

    def write_folder(self, folder: Path, name: str) -> None:
        """Keeps a folder as an artifact."""
        with self.store.named_errors():
            self.client.log_artifacts(self.id, str(folder), name)

    def read(self, name: str) -> str | None:
        """The text of an artifact, or None when there is none."""
        with self.store.named_errors():
            if name not in [file.path for file in self.client.list_artifacts(self.id)]:
                return None
            with tempfile.TemporaryDirectory() as folder:
                file = self.client.download_artifacts(self.id, name, folder)
                return Path(file).read_text(encoding="utf-8")

    @property
    def data(self):
        """MLflow's `RunData`: the params, tags and last metrics."""
        with self.store.named_errors():
            return self.client.get_run(self.id).data

    def end(self, status: str = "FINISHED") -> None:
        """Ends the run as "FINISHED", "FAILED" or "KILLED"."""
        with self.store.named_errors():
            self.client.set_terminated(self.id, status=status)


class TrialRecord:
    """The run of one trial.

    Args:
        run: its run.
        class_names: of the predictions.
    """

    def __init__(self, run: TrackedRun, class_names: tuple[str, ...]):
        self.run, self.class_names = run, class_names
        self.folds: dict[str, FoldPredictions] = {}

    def begin(self, values: Mapping[str, Any], tags: Mapping[str, Any]) -> None:
        """Logs the hyperparameters and reads the folds that were finished before.

        Args:
            values: by dotted key.
            tags: of the machine.

        Raises:
            ProjectError: the trial was begun with other values.
        """
        data = self.run.data
        values = {key: str(value) for key, value in values.items()}
        if data.params and data.params != values:
            changed = sorted(
                k for k in {*values, *data.params} if values.get(k) != data.params.get(k)
            )
            raise ProjectError(
                f"{data.tags.get(TRIAL_TAG)} was begun with another value of {changed[0]} than is "
                "proposed now, so its folds cannot be used. Choose another --project; the runs stay."
            )
        if not data.params:
            self.run.log(params=values, tags=tags)
        self.folds = {fold.fold: fold for fold in self.finished_folds()}
        logged = self._logged_steps()
        for step, fold in enumerate(self.folds.values()):
            if step not in logged:  # killed between the artifact and the metric
                self._log_fold(step, fold)

    def finished_folds(self) -> tuple[FoldPredictions, ...]:
        """The folds in the store, in the order they were trained."""
        text = self.run.read(FOLDS)
        try:
            kept = [] if text is None else json.loads(text)["folds"]
            return tuple(map(FoldPredictions.from_dict, kept))
        except (ValueError, KeyError, TypeError):  # torn: the folds are trained again, alike
            return ()

    def keep(self, fold: FoldPredictions) -> None:
        """Keeps a finished fold: its predictions first, for they are what a restart reads."""
        self.folds[fold.fold] = fold
        content = {
            "class_names": list(self.class_names),
            "folds": [kept.to_dict() for kept in self.folds.values()],
        }
        self.run.write(json.dumps(content), FOLDS)
        self._log_fold(len(self.folds) - 1, fold)

    def finish(self, scores: Scores) -> None:
        """Logs the pooled scores and ends the run."""
        if "uf1" not in self.run.data.metrics:
            title = f"pooled over {len(self.folds)} inner folds, {scores.clips} clips"
            self.run.write(
                confusion_svg(scores.confusion, self.class_names, title), "confusion.svg"
            )
            seconds = sum(fold.fit_seconds for fold in self.folds.values())
            self.run.log(metrics={**{n: getattr(scores, n) for n in SHOWN}, "fit_seconds": seconds})
        self.run.end()

    def fail(self, trace: str) -> None:
        """Keeps the traceback and ends the run as failed."""
        self.run.write(trace, "traceback.txt")
        self.run.end("FAILED")

    def _logged_steps(self):
        with self.run.store.named_errors():
            history = self.run.client.get_metric_history(self.run.id, "fold_uf1")
        return {point.step for point in history}

    def _log_fold(self, step, fold):
        self.run.log(
            metrics={
                "fold_uf1": fold.scores.uf1,
                "fold_accuracy": fold.scores.accuracy,
                "fold_fit_seconds": fold.fit_seconds,
            },
            step=step,
        )


class SearchRecord:
    """The run of a search, and the runs of its trials.

    Args:
        store: the tracking store.
        experiment: name of the experiment: dataset and protocol.
        name: of the search in the store.

    Raises:
        TrackingError: the store cannot be used, or the experiment was deleted.
    """

    def __init__(self, store: Store, experiment: str, name: str):
        self.store, self.name = store, name
        self.client = store.client()
        self.experiment = self._experiment(experiment)
        self.run = TrackedRun(store, self.client, self.experiment, (SEARCH_TAG, name), name)

    def _experiment(self, name):
        with self.store.named_errors():
            found = self.client.get_experiment_by_name(name)
            if found is None:
                folder = self.store.artifacts
                return self.client.create_experiment(
                    name,
                    artifact_location=None if folder is None else (folder / name).as_uri(),
                    tags={"mlflow.experimentKind": "custom_model_development"},
                )
        if found.lifecycle_stage != "active":
            raise TrackingError(
                f"The experiment {name} in {self.store.uri} was deleted. Restore it: mlflow "
                f"experiments restore --experiment-id {found.experiment_id}."
            )
        return found.experiment_id

    def trial(self, number: int, class_names: tuple[str, ...]) -> TrialRecord:
        """The record of a trial; the same one whenever it is asked for."""
        tag = (TRIAL_TAG, f"{self.name}/{number}")
        run = TrackedRun(
            self.store, self.client, self.experiment, tag, f"trial {number}", parent=self.run.id
        )
        return TrialRecord(run, class_names)

    def note_best(self, number: int, uf1: float) -> None:
        """Shows the best trial so far in the run of the search."""
        data = self.run.data
        if data.metrics.get("best_uf1") != uf1 or data.tags.get(BEST_TAG) != str(number):
            self.run.log(metrics={"best_uf1": uf1}, tags={BEST_TAG: number}, step=number)
