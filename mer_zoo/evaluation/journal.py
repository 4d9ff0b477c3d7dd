"""The journal of an evaluation: one file a finished fold, so that a killed run goes on where it was."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.files import write_atomically

PLAN = "plan.json"


@dataclass(frozen=True, eq=False)
class FoldOutcome:
    """What one fold of one seed gave.

    Attributes:
        seed: of the run.
        fold: name of the fold.
        probabilities: float32 `(test clips, classes)`, of the last epoch.
        epochs: int8 `(epochs, test clips)`: the class named after each epoch, only kept for the
            figure labelled test-selected; None when it was not asked for.
        fit_seconds: time spent in the learner's `fit`.
    """

    seed: int
    fold: str
    probabilities: np.ndarray
    epochs: np.ndarray | None
    fit_seconds: float


class Journal:
    """A folder with the plan of an evaluation and its finished folds.

    Args:
        folder: made when it is not there.
        plan: plain values that name everything the folds' results depend on.

    Raises:
        EvaluationError: the folder holds folds of another plan.
    """

    def __init__(self, folder: Path, plan: dict):
        # Absolute, because folds end in processes that may have been started in another folder.
        self.folder = Path(folder).absolute()
        text = json.dumps(plan, indent=1, sort_keys=True)
        file = self.folder / PLAN
        if file.exists():
            self._refuse_other(json.loads(file.read_text(encoding="utf-8")), json.loads(text))
        else:
            write_atomically(file, text.encode())

    def _refuse_other(self, found, plan):
        different = sorted(
            key for key in {*found, *plan} if found.get(key, "") != plan.get(key, "")
        )
        if different:
            raise EvaluationError(
                f"{self.folder} holds an evaluation that was begun differently ("
                f"{', '.join(different)} changed). Choose another folder; or delete this one, which "
                "throws its finished folds away."
            )

    def file(self, seed: int, number: int) -> Path:
        """Where the outcome of a fold is kept."""
        return self.folder / f"seed{seed}" / f"fold{number:03d}.json"

    def weights_file(self, seed: int, number: int) -> Path:
        """Where the weights of a fold are kept, when they are."""
        return self.folder / f"seed{seed}" / f"fold{number:03d}.safetensors"

    def read(self, seed: int, number: int) -> FoldOutcome | None:
        """The outcome of a fold, or None when it has not been finished."""
        file = self.file(seed, number)
        if not file.exists():
            return None
        stored = json.loads(file.read_text(encoding="utf-8"))
        epochs = stored["epochs"]
        return FoldOutcome(
            seed=stored["seed"],
            fold=stored["fold"],
            probabilities=np.array(stored["probabilities"], dtype=np.float32),
            epochs=None if epochs is None else np.array(epochs, dtype=np.int8),
            fit_seconds=stored["fit_seconds"],
        )

    def write(self, number: int, outcome: FoldOutcome) -> None:
        """Keeps an outcome; a reader sees all of it or nothing."""
        content = {
            "seed": outcome.seed,
            "fold": outcome.fold,
            "probabilities": outcome.probabilities.astype(float).tolist(),
            "epochs": None if outcome.epochs is None else outcome.epochs.tolist(),
            "fit_seconds": outcome.fit_seconds,
        }
        write_atomically(self.file(outcome.seed, number), json.dumps(content).encode())
