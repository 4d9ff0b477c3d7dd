"""A worker: asks a chief for trials, on this machine or another, and trains them."""

import contextlib
import functools
import json
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from mer_zoo.evaluation import Examples, Learner
from mer_zoo.recipes.finding import read_recipe
from mer_zoo.recipes.recipe import Recipe
from tuner.errors import ChiefLostError, ProjectError
from tuner.packages import require_packages
from tuner.preparation import checked_space, prepare
from tuner.progress import progress_lines
from tuner.settings import Settings
from tuner.sources import Source, TrainingPart, as_source
from tuner.workers.address import Address, working_for
from tuner.workers.handover import common_store
from tuner.workers.orphans import end_with_supervisor

if TYPE_CHECKING:
    from keras_tuner.distribute.oracle_client import OracleClient

PATIENCE = 60.0  # seconds without a chief: one that was killed is there again sooner
BEAT = 10.0  # seconds between two signs of life
IDLE = 1.0  # seconds to wait when there is no trial
PATIENT_CALLS = ("get_trial", "update_trial", "end_trial")
"""Calls of KerasTuner that wait for the chief; `create_trial` also waits for a trial."""


def join(
    recipe: Recipe | str | Path,
    source: Source | Examples,
    address: str,
    *,
    tracking_uri: str | None = None,
    learner: Callable[[Recipe], Learner] | None = None,
    progress: bool = False,
) -> int:
    """Trains trials for the chief of a search until there are none left.

    The chief tells the seed, the folds, the name of the search and its store; recipe and clips
    must be those of the search.

    Args:
        recipe: of the search.
        source: of the search's examples.
        address: of the chief, "HOST:PORT".
        tracking_uri: MLflow's store, the same as the search's; by default the one the chief names.
        learner: see `tuner.search`.
        progress: show a bar of the folds on standard error.

    Returns:
        The number of trials trained here.

    Raises:
        ChiefLostError: no chief answers, or now the chief of another search.
        ProjectError: the chief's search has another recipe, other clips or another backend.
        TrackingError: the store of the search cannot be reached, or `tracking_uri` is another.
        TuningError, RecipeError: as of `tuner.search`.
    """
    require_packages()
    end_with_supervisor()
    recipe = read_recipe(recipe)
    chief = Address.parse(address)
    with working_for(chief), tempfile.TemporaryDirectory() as folder:
        worker = _worker(chief, Path(folder))
        note = worker.oracle.note()
        tracking_uri = common_store(note, tracking_uri)  # before anything is trained in vain
        settings = Settings.from_dict(note["settings"])
        source = as_source(source, recipe)
        if settings.held_out:
            source = TrainingPart(source, settings.held_out)
        space = checked_space(recipe, source)
        prepared = prepare(space, source, settings, tracking_uri, learner)
        if prepared.digest != note["digest"]:
            raise ProjectError(
                f"The search at {chief} has another recipe, other clips or another backend than this "
                f"worker ({prepared.facts}). Give it the same, and the same version of the project."
            )
        trained = 0
        with progress_lines(progress) as lines:
            runner = prepared.runner(prepared.record(note["search"]), lines)

            def run(number: int, values: dict) -> dict[str, float]:
                nonlocal trained
                print(f"trial {number}: {values}", flush=True)
                with worker.oracle.alive(worker.trial):
                    scores = runner(number, values)
                print(f"trial {number}: {scores}", flush=True)
                trained += 1
                return scores

            worker.search(run=run, space=space)
    return trained


def _worker(chief: Address, folder: Path):
    import keras_tuner

    from tuner.engine import StopSearch, TrialTuner
    from tuner.oracles import make_oracle

    class Worker(TrialTuner):
        """KerasTuner's loop against a chief; its oracle is elsewhere."""

        trial = ""

        def on_trial_begin(self, trial):
            super().on_trial_begin(trial)
            self.trial = trial.trial_id

    unused = make_oracle(
        "random",
        keras_tuner.HyperParameters(),
        seed=1,
        trials=1,
        state_file=folder / "oracle.json",
    )
    worker = Worker(unused, folder)
    worker.oracle = PatientOracle(worker.oracle, chief, StopSearch)
    return worker


class PatientOracle:
    """KerasTuner's client of a chief, which waits for a chief that is being restarted.

    KerasTuner would take a call that was cut short for a failed trial, and wait an hour for a chief
    that is gone. Every call may be made twice: the chief does it once.

    It works for one search. The chief of another may listen at the same address afterwards, as with
    --nested, whose outer folds hold other subjects out: a trial of that search, trained with the
    folds of this one, would leak them. So every call asks first whose chief it is.

    Args:
        client: KerasTuner's client.
        chief: its address.
        stop: the exception that ends KerasTuner's loop; carries the error as its cause.
    """

    def __init__(self, client: "OracleClient", chief: Address, stop: type[Exception]):
        self._client, self._chief, self._stop = client, chief, stop
        self._note: dict | None = None

    def __getattr__(self, name):
        found = getattr(self._client, name)
        return functools.partial(self._patiently, found) if name in PATIENT_CALLS else found

    def note(self) -> dict:
        """What the chief has for workers.

        Raises:
            ChiefLostError: no chief answers, or it is none of this project.
        """
        try:
            self._note = self._patiently(self._present_note)
        except self._stop as stop:
            raise (stop.__cause__ or stop) from None
        if self._note is None:
            raise ChiefLostError(f"The chief at {self._chief} belongs to another program.")
        return self._note

    def create_trial(self, tuner_id: str):
        while True:
            trial = self._patiently(self._client.create_trial, tuner_id)
            if trial.status != "IDLE":
                return trial
            time.sleep(IDLE)

    def _present_note(self) -> dict | None:
        from tuner.workers.served import NOTE

        text = self._client.get_space().values.get(NOTE)
        return None if text is None else json.loads(text)

    def _refuse_other(self):
        if self._note is not None and self._present_note() != self._note:
            raise ChiefLostError(
                f"The search {self._note['search']} has ended, and the chief of another listens at "
                f"{self._chief}. Everything finished is kept. Start the same command again to take "
                "part in the search there."
            )

    @contextlib.contextmanager
    def alive(self, trial_id: str) -> Iterator[None]:
        """Gives the chief a sign of life from time to time."""
        import grpc

        done = threading.Event()

        def beat():
            while not done.wait(BEAT):
                with contextlib.suppress(grpc.RpcError, ChiefLostError):
                    self._refuse_other()
                    self._client.get_trial(trial_id)

        threading.Thread(target=beat, daemon=True).start()
        try:
            yield
        finally:
            done.set()

    def _patiently(self, call, *args, **options):
        import grpc

        end = time.monotonic() + PATIENCE
        while True:
            try:
                self._chief.wait(max(0.0, end - time.monotonic()))
                self._refuse_other()
                return call(*args, **options)
            except ChiefLostError as error:
                raise self._stop from error
            except grpc.RpcError as error:
                if time.monotonic() > end:
                    raise self._stop from ChiefLostError(
                        f"The chief at {self._chief} does not answer requests: {error.details()}"
                    )
                time.sleep(0.5)
