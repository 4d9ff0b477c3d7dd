"""The journal of an evaluation: one file per finished fold, so that a killed run can be resumed."""

import json
from pathlib import Path

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.plan import EvaluationPlan, differences
from mer_zoo.files import write_atomically

PLAN = "plan.json"


class Journal:
    """A folder with the plan of an evaluation and its finished folds.

    Args:
        folder: created if it does not exist.
        plan: of the evaluation.

    Raises:
        EvaluationError: the folder holds folds of another plan.
    """

    def __init__(self, folder: Path, plan: EvaluationPlan):
        # Absolute, because folds end in processes that may have been started in another folder.
        self.folder = Path(folder).absolute()
        wanted, file = plan.to_dict(), self.folder / PLAN
        if not file.exists():
            write_atomically(file, json.dumps(wanted, indent=1, sort_keys=True).encode())
        elif changed := differences(json.loads(file.read_text(encoding="utf-8")), wanted):
            raise EvaluationError(
                f"{self.folder} holds an evaluation that was begun differently ("
                f"{', '.join(changed)} changed). Choose another folder; or delete this one, which "
                "throws its finished folds away."
            )

    def file(self, seed: int, number: int) -> Path:
        """Where the record of a fold is kept."""
        return self.folder / f"seed{seed}" / f"fold{number:03d}.json"

    def weights_file(self, seed: int, number: int) -> Path:
        """The weight file of a fold, if weights are kept."""
        return self.folder / f"seed{seed}" / f"fold{number:03d}.safetensors"

    def read(self, seed: int, number: int) -> FoldRecord | None:
        """The record of a fold, or None if the fold is not finished."""
        file = self.file(seed, number)
        if not file.exists():
            return None
        return FoldRecord.from_dict(json.loads(file.read_text(encoding="utf-8")))

    def write(self, number: int, record: FoldRecord) -> None:
        """Writes a record atomically."""
        write_atomically(self.file(record.seed, number), json.dumps(record.to_dict()).encode())
