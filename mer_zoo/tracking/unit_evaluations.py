"""The run of an evaluation of action units."""

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.evaluation import Result
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.tracking.evaluations import TrackedEvaluation


class TrackedUnitEvaluation(TrackedEvaluation):
    """As `TrackedEvaluation`. Of a fold the log loss is logged, which needs no threshold."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._curve, self._curve_words = "fold_log_loss", "log loss"
        self._place = {clip: row for row, clip in enumerate(self.examples.clips)}

    def finished(self, result: Result | UnitResult) -> None:
        """Logs what an evaluation of classes logs, the scores of each unit and the baselines."""
        assert isinstance(result, UnitResult)
        super().finished(result)
        found = result.scores
        values = {"majority": found.majority, "prevalence": found.prevalence}
        for unit in found.units:
            values |= {f"AU{unit.number}_f1": unit.f1, f"AU{unit.number}_auc": unit.auc}
        self.tracker.metrics({f"{self.prefix}{name}": value for name, value in values.items()})

    def _fold_metrics(self, record: FoldRecord) -> dict[str, float]:
        rows = [self._place[clip] for clip in record.clips]
        shown = self.examples.unit_targets[rows, : len(UNITS)] > 0
        p = np.clip(record.probabilities[:, : len(UNITS)].astype(np.float64), 1e-6, 1 - 1e-6)
        loss = -np.log(np.where(shown, p, 1 - p)).mean()
        return {"fold_log_loss": float(loss), "fold_fit_seconds": record.fit_seconds}

    def _scores_of_seeds(self, result) -> dict[str, list[float]]:
        means = (row for row in result.scores.means if np.isfinite(row.values).all())
        return {row.name: list(row.values) for row in means}
