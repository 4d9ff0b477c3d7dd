"""A run in the store, found by its tag before it is created, so that interrupted work resumes in it.

Every call names its run: nothing depends on a run being "active".
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mer_zoo.errors import TrackingError
from mer_zoo.evaluation import Examples
from mer_zoo.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient


class TrackedRun:
    """A run of MLflow, found by its tag or created. To look one up changes nothing of it.

    Args:
        store, client: where it is; `client` is `store.client()`.
        experiment: id of the experiment.
        tag: key and value that name it.
        name: shown by `mlflow ui`.
        parent: id of the run above it, or "".

    Attributes:
        id: MLflow's.
        found: whether it was there before.
    """

    def __init__(
        self,
        store: Store,
        client: "MlflowClient",
        experiment: str,
        tag: tuple[str, str],
        name: str,
        parent: str = "",
    ):
        self.store, self.client = store, client
        key, value = tag
        with store.named_errors():
            found = client.search_runs([experiment], f"tags.`{key}` = '{value}'", max_results=1)
            tags = {key: value} | ({"mlflow.parentRunId": parent} if parent else {})
            run = found[0] if found else client.create_run(experiment, tags=tags, run_name=name)
            self.id, self.found = run.info.run_id, bool(found)

    def go_on(self) -> None:
        """Shows a run that had ended as running again."""
        with self.store.named_errors():
            if self.client.get_run(self.id).info.status != "RUNNING":
                self.client.update_run(self.id, status="RUNNING")

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
        """Keeps a folder as an artifact; "" puts its files at the top."""
        with self.store.named_errors():
            self.client.log_artifacts(self.id, str(folder), name or None)

    def read(self, name: str) -> str | None:
        """The text of an artifact, or None when there is none."""
        with self.store.named_errors():
            if name not in [file.path for file in self.client.list_artifacts(self.id)]:
                return None
            with tempfile.TemporaryDirectory() as folder:
                file = self.client.download_artifacts(self.id, name, folder)
                return Path(file).read_text(encoding="utf-8")

    def history(self, metric: str) -> dict[int, float]:
        """The values of a metric by step."""
        with self.store.named_errors():
            points = self.client.get_metric_history(self.id, metric)
        return {point.step: point.value for point in sorted(points, key=lambda p: p.step)}

    @property
    def data(self):
        """MLflow's `RunData`: the params, tags and last metrics."""
        with self.store.named_errors():
            return self.client.get_run(self.id).data

    def end(self, status: str = "FINISHED") -> None:
        """Ends the run as "FINISHED", "FAILED" or "KILLED"."""
        with self.store.named_errors():
            self.client.set_terminated(self.id, status=status)


def find_experiment(store: Store, client: "MlflowClient", name: str) -> str:
    """Id of the experiment of this name, which is created when there is none.

    Raises:
        TrackingError: it was deleted.
    """
    with store.named_errors():
        found = client.get_experiment_by_name(name)
        if found is None:
            folder = store.artifacts
            return client.create_experiment(
                name,
                artifact_location=None if folder is None else (folder / name).as_uri(),
                tags={"mlflow.experimentKind": "custom_model_development"},
            )
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"The experiment {name} in {store.uri} was deleted. Restore it: mlflow experiments "
            f"restore --experiment-id {found.experiment_id}."
        )
    return found.experiment_id


def experiment_name(dataset: str, protocol: str) -> str:
    """Name of an experiment: dataset and protocol, so that runs beside each other compare."""
    return protocol if protocol.startswith(dataset) else f"{dataset}-{protocol}"


def experiment_of(examples: Examples) -> str:
    """Name of the experiment of these examples."""
    dataset = dict(examples.about).get("dataset", examples.datasets[0])
    return experiment_name(str(dataset), examples.protocol)
