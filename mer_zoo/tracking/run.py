"""A run in the store, found by its tag if it exists, so that interrupted work resumes in it.

Every call names its run; nothing depends on an "active" run.
"""

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mer_zoo.errors import TrackingError
from mer_zoo.tracking.store import Store

if TYPE_CHECKING:
    from mlflow import MlflowClient


class TrackedRun:
    """An MLflow run, found by its tag or created. Looking it up does not change it.

    Args:
        store, client: the store of the run; `client` is `store.client()`.
        experiment: id of the experiment.
        tag: key and value that identify it.
        name: as shown by `mlflow ui`.
        parent: id of the parent run, or "".

    Attributes:
        id: MLflow's.
        found: whether it existed before.
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
        """Marks a run that had ended as running again."""
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
        """Logs everything in one call: SQLite takes about as long for one value as for many."""
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
        """Logs a text as an artifact."""
        with self.store.named_errors():
            self.client.log_text(self.id, text, name)

    def write_folder(self, folder: Path, name: str) -> None:
        """Logs a folder as an artifact; "" puts its files at the top level."""
        with self.store.named_errors():
            self.client.log_artifacts(self.id, str(folder), name or None)

    def read(self, name: str) -> str | None:
        """The text of an artifact, or None if there is none."""
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
        """MLflow's `RunData`: params, tags and latest metrics."""
        with self.store.named_errors():
            return self.client.get_run(self.id).data

    def end(self, status: str = "FINISHED") -> None:
        """Ends the run as "FINISHED", "FAILED" or "KILLED"."""
        with self.store.named_errors():
            self.client.set_terminated(self.id, status=status)


def find_experiment(store: Store, client: "MlflowClient", name: str) -> str:
    """Id of the experiment of this name, which is created if necessary.

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
