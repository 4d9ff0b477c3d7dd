"""KerasTuner's oracles, made to survive a kill and to propose the same after it."""

import json
import warnings
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras_tuner
import numpy as np
from keras_tuner.engine.trial import Trial
from keras_tuner.oracles import BayesianOptimizationOracle, RandomSearchOracle

from mer_zoo.files import write_atomically
from tuner.errors import SearchRefusedError

OBJECTIVE = "uf1"
NO_LIMIT = 10**9
REFUSED = {
    "hyperband": "it hands weights from one budget of epochs to the next, and the folds of a trial "
    "are networks of their own, trained for a fixed number of epochs",
    "grid": "KerasTuner's GridSearch cannot resume after an interruption (its issue 1055)",
}


# Before an oracle of KerasTuner, whose methods it extends.
_Mixin: Any = object


class _Durable(_Mixin):
    """One file holds the whole state, trials included, and is replaced atomically.

    KerasTuner writes oracle.json and one file a trial, each in place: killed between two of them, it
    loses a trial or cannot start again.

    The first trial has the defaults of the space, which are the recipe's own values: what is found
    can be compared with what there was.
    """

    ongoing_trials: dict[str, Trial]

    def __init__(self, state_file: Path, **options):
        self.state_file = Path(state_file)
        super().__init__(**options)
        self.verbose = 0

    def populate_space(self, trial_id):
        if int(trial_id) == 0:
            own = {value.name: value.default for value in self.hyperparameters.space}
            return {"status": "RUNNING", "values": own}
        return super().populate_space(trial_id)

    def get_state(self):
        return {**super().get_state(), "trials": [t.get_state() for t in self.trials.values()]}

    def set_state(self, state):
        trials = map(Trial.from_state, state["trials"])
        self.trials = {trial.trial_id: trial for trial in trials}
        super().set_state(state)
        # KerasTuner saves a trial that has just ended while it still counts as ongoing.
        self.ongoing_trials = {
            tuner: trial
            for tuner, trial in self.ongoing_trials.items()
            if trial.trial_id not in self.end_order
        }
        self._take_up_interrupted()

    def _take_up_interrupted(self):
        """Interrupted trials come first; their finished folds are in the tracking store."""
        self._retry_queue += [trial.trial_id for trial in self.ongoing_trials.values()]
        self.ongoing_trials = {}

    def save(self):
        write_atomically(self.state_file, json.dumps(self.get_state()).encode())

    def reload(self):
        self.set_state(json.loads(self.state_file.read_text(encoding="utf-8")))

    def _save_trial(self, trial):
        """Trials are part of the state."""


class RandomOracle(_Durable, RandomSearchOracle):
    """Random search."""


class BayesianOracle(_Durable, BayesianOptimizationOracle):
    """Bayesian optimisation whose draws depend on the seed and the trial alone.

    KerasTuner's own generator continues from trial to trial and is not part of its state, so that it
    proposes other values after a restart.
    """

    def populate_space(self, trial_id: str):
        entropy = zlib.crc32(f"{self.seed}/{int(trial_id)}".encode())
        self._random_state = np.random.RandomState(entropy)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the Gaussian process about its length scales
            return super().populate_space(trial_id)


ORACLES = {"bayesian": BayesianOracle, "random": RandomOracle}


def check_choice(algorithm: str, seed: int, trials: int) -> None:
    """Raises SearchRefusedError for a search that KerasTuner cannot run reliably."""
    reason = REFUSED.get(algorithm.lower().removesuffix("search"))
    if reason or algorithm not in ORACLES:
        raise SearchRefusedError(
            f"The algorithm {algorithm!r} is not offered{': ' + reason if reason else ''}. "
            f"Expected {' or '.join(sorted(ORACLES))}."
        )
    if seed < 1:
        raise SearchRefusedError(
            f"seed={seed}: expected 1 or more. KerasTuner takes 0 for 'no seed' and draws one, so "
            "the search could not be repeated."
        )
    if trials < 1:
        raise SearchRefusedError(f"trials={trials}: expected at least 1.")


def make_oracle(
    algorithm: str,
    hyperparameters: keras_tuner.HyperParameters,
    *,
    seed: int,
    trials: int,
    state_file: Path,
    oracles: dict = ORACLES,
    **options,
):
    """A fresh oracle that maximises UF1.

    Args:
        algorithm: "bayesian" or "random".
        hyperparameters: a `keras_tuner.HyperParameters`.
        seed, trials: see `tuner.search`.
        state_file: of the oracle.
        oracles: its class, by algorithm.
        options: of that class.

    Bayesian optimisation draws at random until it has three trials for each hyperparameter, or a
    third of all trials, whichever comes first.
    """
    if algorithm == "bayesian":
        dimensions = len(hyperparameters.space)
        options["num_initial_points"] = max(3, min(3 * dimensions, trials // 3))
    return oracles[algorithm](
        state_file,
        objective=keras_tuner.Objective(OBJECTIVE, "max"),
        max_trials=trials,
        hyperparameters=hyperparameters,
        allow_new_entries=False,
        tune_new_entries=False,
        seed=seed,
        max_consecutive_failed_trials=NO_LIMIT,  # counted by the search, after the state is saved
        **options,
    )


def restored(make: Callable, backup: Path, say: Callable[[str], None]):
    """The oracle as the interrupted search left it.

    A state that cannot be read is replaced by the backup; without one, the oracle starts again: with
    the same seed it proposes the same trials, whose finished folds are in the tracking store.

    Args:
        make: makes a fresh oracle.
        backup: the state after the last trial that ended.
        say: called with a line of text about each repair.
    """
    oracle = make()
    state = oracle.state_file
    if not state.exists():
        return oracle
    try:
        oracle.reload()
        return oracle
    except (ValueError, KeyError, TypeError) as error:
        damage = f"{state} is damaged ({type(error).__name__}: {error})"
    if backup.exists():
        try:
            oracle = make()
            oracle.set_state(json.loads(backup.read_text(encoding="utf-8")))
            say(f"{damage}; resuming from the backup of the previous trial.")
            return oracle
        except (ValueError, KeyError, TypeError):
            damage += " and so is its backup"
    say(f"{damage}; proposing the trials again. Finished folds are read, not trained again.")
    return make()
