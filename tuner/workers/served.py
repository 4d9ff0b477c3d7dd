"""The oracle behind a chief: it survives its callers, and hands on the trials of the dead."""

import contextlib
import json
import os
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from keras_tuner.engine.trial import Trial

from mer_zoo.files import write_atomically
from tuner.oracles import BayesianOracle, RandomOracle

NOTE = "mer_zoo.search"
PATIENCE = 60.0  # seconds a worker may be silent before its trial is handed on
MOST_STARTS = 5  # of one trial: then the trial is what kills its workers
DIED = "its worker died each time"
CRASHED = 3  # exit code of a chief that could not serve a call


# Before an oracle of KerasTuner, whose methods it extends.
_Mixin: Any = object


class _Served(_Mixin):
    """What an oracle needs when workers call it over the network.

    * A trial whose worker has been silent for too long goes to the next that asks.
    * Who asks when all trials are given out is told to wait, for one of them may be handed on.
    * A trial that has ended cannot end again.
    * An error within a call would leave KerasTuner's lock held for ever, so it ends the process.

    Args:
        note: plain values for workers; they come with the search space.
        backup: file of the state after the last trial that ended.
        again: workers are at their trials still, for only the chief restarts.
        clock: seconds.
        options: of the oracle.
    """

    def __init__(
        self,
        *args,
        note: dict,
        backup: Path,
        again: bool = False,
        clock: Callable[[], float] = time.monotonic,
        **options,
    ):
        self.note, self.backup, self.again, self.clock = note, backup, again, clock
        self._heard: dict[str, float] = {}
        self._starts: Counter[str] = Counter()
        super().__init__(*args, **options)

    def _take_up_interrupted(self):
        if not self.again:
            super()._take_up_interrupted()

    def get_space(self):
        space = super().get_space()
        space.Fixed(NOTE, json.dumps(self.note))
        return space

    def create_trial(self, tuner_id: str):
        with _ends_on_error():
            self._take_from_silent()
            trial = super().create_trial(tuner_id)
            while trial.status == "RUNNING" and self._starts[trial.trial_id] >= MOST_STARTS:
                trial.status = "FAILED"
                trial.message = f"{MOST_STARTS} starts, and {DIED}"
                self.end_trial(trial)
                trial = super().create_trial(tuner_id)
            if trial.status == "RUNNING":
                self._starts[trial.trial_id] += 1
                self._heard[trial.trial_id] = self.clock()
            elif trial.status == "STOPPED" and self.ongoing_trials:
                return Trial(trial.hyperparameters, trial.trial_id, status="IDLE")
            return trial

    def get_trial(self, trial_id: str):
        """Also how a worker says that it lives."""
        self._heard[trial_id] = self.clock()
        with _ends_on_error():
            return super().get_trial(trial_id)

    def update_trial(self, trial_id: str, metrics: dict, step: int = 0):
        with _ends_on_error():
            trial = super().update_trial(trial_id, metrics, step)
            self.save()  # before the call that says the trial is over
            return trial

    def end_trial(self, trial):
        with _ends_on_error():
            if trial.trial_id in self.end_order:
                return
            super().end_trial(trial)
            write_atomically(self.backup, self.state_file.read_bytes())

    def _take_from_silent(self):
        now = self.clock()
        for tuner_id, trial in list(self.ongoing_trials.items()):
            if now - self._heard.setdefault(trial.trial_id, now) > PATIENCE:
                del self.ongoing_trials[tuner_id]
                self._retry_queue.append(trial.trial_id)


@contextlib.contextmanager
def _ends_on_error() -> Iterator[None]:
    try:
        yield
    except Exception:
        traceback.print_exc()
        os._exit(CRASHED)


class ServedRandomOracle(_Served, RandomOracle):
    """Random search for a chief."""


class ServedBayesianOracle(_Served, BayesianOracle):
    """Bayesian optimisation for a chief."""


SERVED = {"bayesian": ServedBayesianOracle, "random": ServedRandomOracle}
