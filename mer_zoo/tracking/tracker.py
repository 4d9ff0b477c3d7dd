"""The run of a training or an evaluation. If logging fails, the values wait and the work continues.

The store is opened before the work begins; a problem at that point is an error. Afterwards no
problem with the store stops the work. Values that could not be logged are retried later, at the
latest when the results are written. A `TrackingWarning` reports values that are missing even then.
"""

import contextlib
import hashlib
import json
import math
import os
import tempfile
import time
import traceback
import uuid
import warnings
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mer_zoo.errors import DiskFullError, TrackingError, TrackingWarning
from mer_zoo.evaluation import Examples
from mer_zoo.files import write_atomically
from mer_zoo.tracking import machine
from mer_zoo.tracking.curves import curves_svg
from mer_zoo.tracking.model import MODEL, save_model
from mer_zoo.tracking.run import TrackedRun, find_experiment
from mer_zoo.tracking.store import Store

WORK_TAG = "mer_zoo.work"
STATE = "tracking.json"
AGAIN = 60.0  # seconds until a store that failed is tried again
LONGEST = 500  # characters of a parameter


class Tracker:
    """Logs one piece of work. Without a store it does nothing.

    Args:
        store: the tracking store, or None.
        kind: of the work: "train", "finetune" or "evaluate".

    Raises:
        TrackingError, OldFileStoreError, DiskFullError: the store cannot be used.
        MissingPackageError: MLflow is not installed.

    Attributes:
        begun: whether there is a run; nothing is logged before.
    """

    def __init__(self, store: Store | None, kind: str):
        self.store, self.kind = store, kind
        self._client = None if store is None else store.client()
        self._run: TrackedRun | None = None
        self._waiting: list[Callable[[], None]] = []
        self._steps: dict[str, set[int]] = {}
        self._trouble: Exception | None = None
        self._again = 0.0
        self.begun = False

    @property
    def on(self) -> bool:
        """Whether anything is logged."""
        return self.store is not None

    @property
    def run_id(self) -> str | None:
        """MLflow's id of the run; None before it starts, and while the store cannot be written."""
        return None if self._run is None else self._run.id

    def begin(
        self,
        examples: Examples,
        name: str,
        *,
        params: Mapping[str, Any],
        folder: Path | None = None,
    ) -> None:
        """Creates the run, or resumes the run of the interrupted work.

        Args:
            examples: their dataset and protocol name the experiment. Their `about`, versions, device
                and commit become tags.
            name: of the run.
            params: plain values, nested tables too; they become dotted keys. The numbers of clips
                and subjects are added.
            folder: of the state of interrupted work. The name of the run is stored there too, so
                the run can be found as long as the work can resume.
        """
        store = self.store
        if store is None:
            return
        experiment, subjects = experiment_of(examples), len(np.unique(examples.subjects))
        params = flattened({**params, "clips": len(examples), "subjects": subjects})
        tag = (WORK_TAG, _name_of_work(folder, name, params))
        about = {f"mer_zoo.{key}": value for key, value in examples.about}
        about = {"mer_zoo.kind": self.kind, **about, **machine.machine_tags()}

        def create():
            found = find_experiment(store, self._client, experiment)
            run = TrackedRun(store, self._client, found, tag, name)
            run.go_on()
            if not run.data.params:
                run.log(params=params)
            run.log(tags=about)
            self._run = run

        self.begun = True
        self._later(create)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Logs metrics at a step, unless the run already has them at this step."""
        finite = {name: float(value) for name, value in values.items() if math.isfinite(value)}

        def log():
            new = {name: v for name, v in finite.items() if step not in self._known(name)}
            if new:
                self._logged.log(metrics=new, step=step)
            for name in new:
                self._known(name).add(step)

        self._later(log)

    def epochs(self, seed: int, phase: str = "train") -> Callable[[int, Mapping[str, float]], None]:
        """The callback for every epoch of a fit: takes the epoch, from 0, and Keras' logs.

        Args:
            seed: of the fit.
            phase: prefix of the metric names, as in `train_loss/seed1` and `train_accuracy/seed1`.
        """

        def log(epoch, logs):
            named = {f"{phase}_{n}/seed{seed}": logs[n] for n in ("loss", "accuracy") if n in logs}
            self.metrics(named, epoch)

        return log

    def write(self, text: str, name: str) -> None:
        """Logs a text as an artifact."""
        self._later(lambda: self._logged.write(text, name))

    def files(self, make: Callable[[Path], object], name: str = "") -> None:
        """Logs the files that `make` writes into a given folder, as the artifact `name`."""

        def log():
            with tempfile.TemporaryDirectory() as folder:
                make(Path(folder))
                self._logged.write_folder(Path(folder), name)

        self._later(log)

    def curves(self, metrics: Mapping[str, str], name: str, title: str, across: str) -> None:
        """Draws metrics of the run from their first step, as the artifact `name`.

        Args:
            metrics: name of the curve -> name of the metric; those without a value are omitted.
            name, title, across: of the figure, see `curves_svg`.
        """

        def log():
            found = {curve: self._logged.history(metric) for curve, metric in metrics.items()}
            found = {curve: history for curve, history in found.items() if history}
            if found:
                self._logged.write(curves_svg(found, title, across), name)

        self._later(log)

    def model(self, entry: Path) -> None:
        """Logs a zoo entry as a model that takes raw clips, see `mer_zoo.tracking.pyfunc`."""
        self.files(lambda folder: save_model(Path(entry), folder / MODEL))

    def end(self, status: str) -> None:
        """Logs all waiting values, and ends the run as "FINISHED", "FAILED" or "KILLED".

        Warns:
            TrackingWarning: the run in the store is incomplete.
        """
        self._later(lambda: self._logged.end(status), now=True)
        if self._waiting and self.store is not None:
            warnings.warn(
                f"Everything the work has finished is safe, but not all of its run is in "
                f"{self.store.uri}, where it may still show as running. {self._trouble}",
                TrackingWarning,
                stacklevel=4,
            )

    @property
    def _logged(self) -> TrackedRun:
        """The run, for what `_later` calls: the first of it has created the run."""
        assert self._run is not None
        return self._run

    def _later(self, log: Callable[[], None], now: bool = False) -> None:
        """Logs in order: what has waited first."""
        if self.store is None or not self.begun:
            return
        self._waiting.append(log)
        if not now and time.monotonic() < self._again:
            return
        try:
            self.store.check()
            while self._waiting:
                with self.store.named_errors():
                    self._waiting[0]()
                del self._waiting[0]
        except (TrackingError, DiskFullError, OSError) as error:
            self._trouble, self._again = error, time.monotonic() + AGAIN

    def _known(self, metric: str) -> set[int]:
        """Steps at which the run has a metric; only a run that was found can have any."""
        if metric not in self._steps:
            run = self._logged
            self._steps[metric] = set(run.history(metric)) if run.found else set()
        return self._steps[metric]


@contextlib.contextmanager
def tracked(track: "bool | str | Tracker | None", kind: str) -> Iterator[Tracker]:
    """The tracker of some work. The run ends with the work; `kill -9` leaves it running.

    Args:
        track: False or None logs nothing. True logs to the store `MLFLOW_TRACKING_URI` names, else
            to `mlflow.db` in the current folder. A URI names the store. A `Tracker` is passed on,
            because the work is part of larger work.
        kind: of the work.

    Raises:
        TrackingError, OldFileStoreError, DiskFullError, MissingPackageError: see `Tracker`.
    """
    if isinstance(track, Tracker):
        yield track
        return
    tracker = Tracker(_store(track), kind)
    try:
        yield tracker
    except BaseException as error:
        if not isinstance(error, KeyboardInterrupt):
            tracker.write(traceback.format_exc(), "traceback.txt")
        tracker.end("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    tracker.end("FINISHED")


def _store(track) -> Store | None:
    if not track:
        return None
    uri = track if isinstance(track, str) else os.environ.get("MLFLOW_TRACKING_URI")
    return Store.at(uri or None)


def _name_of_work(folder: Path | None, name: str, params: Mapping[str, str]) -> str:
    """The same name whenever interrupted work resumes, with the same parameters."""
    own = f"{name}-{uuid.uuid4().hex[:12]}"
    if folder is not None:
        file = Path(folder) / STATE
        try:
            own = json.loads(file.read_text(encoding="utf-8"))["work"]
        except (OSError, ValueError, KeyError, TypeError):  # not there, or torn: a new run
            write_atomically(file, json.dumps({"work": own}).encode())
    digest = hashlib.sha256(json.dumps(params, sort_keys=True).encode()).hexdigest()
    return f"{own}-{digest[:8]}"


def experiment_of(examples: Examples) -> str:
    """Name of the experiment: dataset and protocol, so that the runs in it are comparable."""
    dataset, protocol = dict(examples.about).get("dataset", examples.datasets[0]), examples.protocol
    return protocol if protocol.startswith(dataset) else f"{dataset}-{protocol}"


def flattened(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Flattens nested tables to dotted keys with short texts; omits None and empty tables."""
    found = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            found |= flattened(value, f"{prefix}{key}.")
        elif value is not None:
            found[f"{prefix}{key}"] = str(value)[:LONGEST]
    return found
