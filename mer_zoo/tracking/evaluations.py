"""The run of an evaluation: folds as steps, pooled scores, predictions, figures."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mer_zoo.action_units import UNITS
from mer_zoo.evaluation import Examples, Result
from mer_zoo.evaluation.fold_record import RECORDS, FoldRecord, records_json
from mer_zoo.evaluation.plan import EvaluationPlan
from mer_zoo.evaluation.unit_result import UnitResult
from mer_zoo.tracking.tracker import Tracker

UNLOGGED = ("learner", "versions")  # spread over the parameters, and tags of the run


class TrackedEvaluation:
    """Logs an evaluation, see `mer_zoo.evaluation.runner.Callback`.

    Args:
        tracker: of the work; its run is started here if necessary.
        examples: what is evaluated on.
        name: of the run.
        params: in addition to those of the evaluation.
        part: name of the evaluation if it is part of other work: "loso" logs metrics such as
            `loso_uf1`, and artifacts in the folder `loso`.
    """

    def __init__(
        self,
        tracker: Tracker,
        examples: Examples,
        *,
        name: str = "",
        params: Mapping[str, Any] | None = None,
        part: str = "",
    ):
        self.tracker, self.examples, self.name = tracker, examples, name
        self.params = params or {}
        self.prefix, self.folder = (f"{part}_", f"{part}/") if part else ("", "")
        self._records: dict[tuple[int, int], FoldRecord] = {}
        self._curve, self._curve_words = "fold_accuracy", "accuracy"

    def on_begin(self, folder: Path | None, plan: EvaluationPlan) -> None:
        """See `Callback.on_begin`."""
        if self.tracker.begun:
            return
        facts = {key: value for key, value in plan.to_dict().items() if key not in UNLOGGED}
        self.tracker.begin(
            self.examples,
            self.name,
            params={**self.params, **facts, **plan.learner},
            folder=folder,
        )

    def on_fold_end(self, number: int, record: FoldRecord) -> None:
        """See `Callback.on_fold_end`."""
        self._records[record.seed, number] = record
        values = self._fold_metrics(record)
        named = {self._of_seed(name, record.seed): value for name, value in values.items()}
        self.tracker.metrics(named, number)

    def finished(self, result: Result | UnitResult) -> None:
        """Logs the pooled scores, the predictions and the figures."""
        if not self.tracker.on:
            return
        rows = [row for row in result.score_rows if np.isfinite(row.values).all()]
        scores = {f"{self.prefix}{row.name}": row.mean for row in rows}
        for row in rows:
            named = (self._of_seed(row.name, seed) for seed in result.seeds)
            scores |= dict(zip(named, row.values, strict=True))
        records = [self._records[key] for key in sorted(self._records)]
        self.tracker.write(
            records_json(self.examples.class_names, records), f"{self.folder}{RECORDS}"
        )
        self.tracker.files(result.save, self.folder.rstrip("/"))
        curves = {f"seed {seed}": self._of_seed(self._curve, seed) for seed in result.seeds}
        title = f"{result.about['split']}: {self._curve_words} by fold"
        self.tracker.curves(curves, f"{self.folder}folds.svg", title, "fold")
        self.tracker.metrics(scores)

    def _fold_metrics(self, record: FoldRecord) -> dict[str, float]:
        return record.metrics

    def _of_seed(self, name, seed):
        return f"{self.prefix}{name}/seed{seed}"


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


def tracked_evaluation(
    tracker: Tracker,
    examples: Examples,
    *,
    name: str = "",
    params: Mapping[str, Any] | None = None,
    part: str = "",
) -> TrackedEvaluation:
    """What logs an evaluation of these examples, of classes or of action units; see `TrackedEvaluation`."""
    kind = TrackedEvaluation if examples.targets is None else TrackedUnitEvaluation
    return kind(tracker, examples, name=name, params=params, part=part)
