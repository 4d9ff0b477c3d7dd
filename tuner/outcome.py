"""What a search found."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from mer_zoo.evaluation import Scores, metrics
from mer_zoo.evaluation.fold_record import FoldRecord, likeliest, pooled_scores
from mer_zoo.recipes.recipe import Recipe
from tuner.records import SearchRecord
from tuner.settings import Settings


@dataclass(frozen=True)
class TrialSummary:
    """One trial.

    Attributes:
        number: from 0, in the order of the proposals.
        status: "COMPLETED" or "FAILED".
        values: its hyperparameters by dotted key.
        uf1: pooled over the inner folds, or NaN.
    """

    number: int
    status: str
    values: dict[str, Any]
    uf1: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of a search.

    Its scores are those a choice was made by: they are no estimate of how the winner does on new
    people.

    Attributes:
        recipe: of the best trial, with nothing left to search; its `selection` says on which clips
            its values were chosen.
        section: "training" or "real.training": the section it was trained with.
        best: the best trial.
        trials: all of them, by number.
        predictions: the best trial's, one for each inner fold.
        record: the runs in the tracking store.
        settings: of the search.
    """

    recipe: Recipe
    section: str
    best: TrialSummary
    trials: tuple[TrialSummary, ...]
    predictions: tuple[FoldRecord, ...]
    record: SearchRecord
    settings: Settings

    @property
    def seed(self) -> int:
        """Of the search."""
        return self.settings.seed

    @property
    def scores(self) -> Scores:
        """The pooled inner scores of the best trial."""
        return pooled_scores(self.predictions)

    @property
    def majority(self) -> Scores:
        """Of always naming the most frequent class of the same clips."""
        return metrics.majority(*self._labels)

    @property
    def chance(self) -> Scores:
        """Of naming classes at random, on the same clips."""
        return metrics.chance(*self._labels)

    @property
    def _labels(self):
        labels = np.concatenate([fold.labels for fold in self.predictions])
        return labels, self.predictions[0].probabilities.shape[1]

    @property
    def likeliest(self) -> np.ndarray:
        """The largest probability of each clip while it was held out, float32 `(clips,)`."""
        return likeliest(self.predictions)
