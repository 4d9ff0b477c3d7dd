"""KerasTuner's loop over trials, with our trial inside."""

import contextlib
import io
from collections.abc import Callable
from pathlib import Path

import keras_tuner
from keras_tuner.engine.base_tuner import BaseTuner
from keras_tuner.engine.trial import Trial

from mer_zoo.files import write_atomically
from tuner.errors import STOPPING, TrialsFailedError
from tuner.oracles import make_oracle, restored
from tuner.outcome import TrialSummary
from tuner.progress import Lines
from tuner.project import Project
from tuner.space import Space

FAILURES = 3  # in a row: then something is wrong with more than the values


class StopSearch(keras_tuner.errors.FatalError):
    """Carries, as its cause, an error that no further trial could escape.

    KerasTuner takes every other exception for a failed trial.
    """


class TrialTuner(BaseTuner):
    """KerasTuner's loop, in which an error either is of one trial or ends the search.

    Args:
        oracle: proposes values, and keeps all there is to keep.
        folder: of the search.
    """

    def __init__(self, oracle: keras_tuner.Oracle, folder: Path):
        with contextlib.redirect_stdout(io.StringIO()):
            super().__init__(oracle, directory=str(folder.parent), project_name=folder.name)

    def run_trial(self, trial: Trial, run: Callable[[int, dict], dict[str, float]], space: Space):
        """The scores of a trial, as KerasTuner wants them."""
        try:
            return run(int(trial.trial_id), space.decoded(trial.hyperparameters.values))
        except STOPPING as error:
            raise StopSearch from error
        except Exception as error:
            raise keras_tuner.errors.FailedTrialError(str(error)) from error

    def search(self, **given):
        """Runs trials until there are enough.

        Args:
            given: `run` and `space`, as `run_trial` takes them.

        Raises:
            TuningError, TrackingError, DiskFullError: the search cannot continue.
        """
        try:
            super().search(**given)
        except StopSearch as stop:
            raise stop.__cause__ from stop.__cause__.__cause__

    def save(self):
        """The oracle's file is all there is to keep; it saved itself when the trial ended."""

    def reload(self):
        """The oracle was restored before."""


class SearchEngine(TrialTuner):
    """Asks an oracle for values and runs trials until there are enough, in this process.

    Args:
        space: of the search.
        project: folder of the oracle's state; its lock is held.
        run: called with the number and the values of a trial, returns its scores.
        note_best: called with number and UF1 of the best trial after each trial.
        lines: told what happens.
        algorithm, seed, trials: see `tuner.search`.
    """

    def __init__(
        self,
        space: Space,
        project: Project,
        run: Callable[[int, dict], dict[str, float]],
        note_best: Callable[[int, float], None],
        lines: Lines,
        *,
        algorithm: str,
        seed: int,
        trials: int,
    ):
        self.space, self.project, self.lines = space, project, lines
        self._run, self._note_best = run, note_best

        def make():
            return make_oracle(
                algorithm,
                space.hyperparameters(),
                seed=seed,
                trials=trials,
                state_file=project.state,
            )

        super().__init__(restored(make, project.backup, lines.say), project.folder)
        self._show()

    def search(self) -> None:  # type: ignore[override]  # `run` and `space` are its own
        """Runs the trials that are missing.

        Raises:
            TuningError, TrackingError, DiskFullError: the search cannot continue.
            TrialsFailedError: three trials in a row, or all, could not be trained.
        """
        super().search(run=self._run, space=self.space)
        if self.best is None:
            raise self._all_failed(len(self.oracle.trials))

    def on_trial_end(self, trial: Trial):
        super().on_trial_end(trial)
        write_atomically(self.project.backup, self.project.state.read_bytes())
        if self.best is not None:
            self._note_best(self.best.number, self.best.uf1)
        self._show()
        self.refuse_failures()

    def refuse_failures(self):
        """Raises TrialsFailedError when the trials that ended last have all failed."""
        last = [self.oracle.trials[name].status for name in self.oracle.end_order[-FAILURES:]]
        if last == ["FAILED"] * FAILURES:
            raise self._all_failed(FAILURES)

    @property
    def trials(self) -> tuple[TrialSummary, ...]:
        """All trials, by number."""
        found = [
            TrialSummary(
                number=int(trial.trial_id),
                status=trial.status,
                values=self._values(trial),
                uf1=float("nan") if trial.score is None else float(trial.score),
            )
            for trial in self.oracle.trials.values()
        ]
        return tuple(sorted(found, key=lambda trial: trial.number))

    @property
    def best(self) -> TrialSummary | None:
        """The trial with the highest UF1, the first of equals; None while there is none."""
        done = [trial for trial in self.trials if trial.status == "COMPLETED"]
        return max(done, key=lambda trial: trial.uf1, default=None)

    def _values(self, trial):
        return self.space.decoded(trial.hyperparameters.values)

    def _show(self):
        best = self.best
        done = sum(trial.status in ("COMPLETED", "FAILED") for trial in self.trials)
        self.lines.trials(done, self.oracle.max_trials, None if best is None else best.uf1)

    def _all_failed(self, count):
        name = self.oracle.end_order[-1]
        reason = (self.oracle.trials[name].message or "").strip().splitlines()
        return TrialsFailedError(
            f"{count} trials in a row failed, the last one with: {reason[-1] if reason else '?'} The "
            "artifact traceback.txt of each trial says more. Correct the cause or the ranges in "
            "search.space, and search in a new --project."
        )
