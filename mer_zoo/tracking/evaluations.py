"""What the run of an evaluation shows: folds as steps, pooled scores, predictions, pictures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mer_zoo.evaluation import Examples, Result
from mer_zoo.evaluation.folds import Fold
from mer_zoo.evaluation.journal import FoldOutcome
from mer_zoo.evaluation.metrics import SCORE_NAMES
from mer_zoo.tracking.folds import FOLDS, FoldPredictions, folds_json
from mer_zoo.tracking.run import experiment_of
from mer_zoo.tracking.tracker import Tracker

LEARNER = "learner"


class TrackedEvaluation:
    """Follows an evaluation, see `mer_zoo.evaluation.runner.Follower`.

    Args:
        tracker: of the work; its run is begun here unless it is begun.
        examples: what is evaluated on.
        name: of the run.
        params: beside those of the evaluation.
        part: name of the evaluation where it is a part of other work: "loso" makes metrics like
            `loso_uf1`, and puts the artifacts into the folder `loso`.
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
        self._predictions: dict[tuple[int, int], FoldPredictions] = {}

    def begun(self, folder: Path | None, plan: dict, folds: Sequence[Fold]) -> None:
        """See `Follower.begun`."""
        self._folds = folds
        if self.tracker.begun:
            return
        facts = {key: value for key, value in plan.items() if key != LEARNER}
        self.tracker.begin(
            experiment_of(self.examples),
            self.name,
            params={**self.params, **facts, **sizes(self.examples), **plan[LEARNER]},
            tags={f"mer_zoo.{key}": value for key, value in self.examples.about},
            folder=folder,
        )

    def fold_done(self, number: int, outcome: FoldOutcome) -> None:
        """See `Follower.fold_done`."""
        rows = self._folds[number].test
        fold = FoldPredictions(
            fold=outcome.fold,
            seed=outcome.seed,
            clips=tuple(self.examples.clips[rows].tolist()),
            labels=self.examples.labels[rows],
            probabilities=outcome.probabilities,
            fit_seconds=round(outcome.fit_seconds, 3),
        )
        self._predictions[outcome.seed, number] = fold
        named = {self._of_seed(name, fold.seed): value for name, value in fold.metrics.items()}
        self.tracker.metrics(named, number)

    def finished(self, result: Result) -> None:
        """Logs the pooled scores, the predictions and the pictures."""
        if not self.tracker.on:
            return
        scores = {f"{self.prefix}{name}": result.mean(name) for name in SCORE_NAMES}
        for seed, of_seed in zip(result.seeds, result.scores, strict=True):
            scores |= {self._of_seed(n, seed): getattr(of_seed, n) for n in SCORE_NAMES}
        folds = [self._predictions[key] for key in sorted(self._predictions)]
        self.tracker.write(folds_json(result.class_names, folds), f"{self.folder}{FOLDS}")
        self.tracker.files(result.save, self.folder.rstrip("/"))
        curves = {f"seed {seed}": self._of_seed("fold_accuracy", seed) for seed in result.seeds}
        title = f"{result.about['split']}: accuracy by fold"
        self.tracker.curves(curves, f"{self.folder}folds.svg", title, "fold")
        self.tracker.metrics(scores)

    def _of_seed(self, name, seed):
        return f"{self.prefix}{name}/seed{seed}"


def sizes(examples: Examples) -> dict[str, int]:
    """How much there is, as params."""
    return {"clips": len(examples), "subjects": len(np.unique(examples.subjects))}
