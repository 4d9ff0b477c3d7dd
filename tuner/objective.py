"""The honest objective: folds of the training subjects, pooled once into one score."""

from collections.abc import Callable, Iterable, Mapping

import numpy as np

from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation import Examples, Learner, grouped_kfold
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import check_folds, folds_hash
from mer_zoo.evaluation.scoring import fold_seed, score_fold
from tuner.errors import LeakError

ROWS = ("clips", "subjects", "labels")  # the same for every trial; its images may differ


class Objective:
    """Trains a learner on folds of the training subjects and pools what it predicts.

    Args:
        examples: of the training subjects alone.
        folds: number of folds; every subject is in one.
        seed: of the grouping and of every training.
        held_out: subjects that the winner will be tested on.

    Attributes:
        folds: the folds, the same for every trial.

    Raises:
        LeakError: an example is of a held-out subject, or not of the training split of its corpus.
        EvaluationError: there are fewer subjects than folds.
    """

    def __init__(self, examples: Examples, folds: int, seed: int, held_out: Iterable[str] = ()):
        refuse_leaks(examples, held_out)
        self.seed = seed
        self.folds = grouped_kfold(examples.subjects, examples.labels, folds, seed)
        check_folds(self.folds, examples.subjects, f"kfold-{folds}")
        self.hash = folds_hash(self.folds, examples.clips)
        self._rows = {name: getattr(examples, name) for name in ROWS}

    def run(
        self,
        learner: Learner,
        examples: Examples,
        trial: int,
        *,
        finished: Mapping[str, FoldRecord],
        keep: Callable[[FoldRecord], None],
    ) -> list[FoldRecord]:
        """The predictions of every fold of a trial.

        A fold's result depends on the learner, the examples and (seed, trial, fold) alone, so that
        a search that was killed ends as one that was not.

        Args:
            learner: of the trial's recipe.
            examples: with the trial's images; clips, subjects and labels are those of the search.
            trial: its number, from 0.
            finished: folds that were trained before; they are not trained again.
            keep: called with each fold as soon as it is trained.

        Raises:
            EvaluationError: the examples are others than those the search began with.
        """
        self._refuse_others(examples)
        done = []
        for fold in self.folds:
            clips = tuple(examples.clips[fold.test].tolist())
            if fold.name in finished and finished[fold.name].clips == clips:
                done.append(finished[fold.name])
                continue
            seed = fold_seed(self.seed, f"{trial}/{fold.name}")
            record, _ = score_fold(learner, examples, fold, seed=seed, fit_seed=seed)
            keep(record)
            done.append(record)
        return done

    def _refuse_others(self, examples):
        if not all(np.array_equal(getattr(examples, name), self._rows[name]) for name in ROWS):
            raise EvaluationError(
                "With this trial's preprocessing other clips can be used than with the recipe's, so "
                "their scores cannot be compared. Leave face_size out of search.space."
            )


def refuse_leaks(examples: Examples, held_out: Iterable[str] = ()) -> None:
    """Raises LeakError for examples that a search must never see."""
    shared = sorted(set(examples.subjects.tolist()) & set(held_out))
    if shared:
        raise LeakError(
            f"The search was handed clips of {shared[0]} ({len(shared)} held-out subjects in all), on "
            "whom its winner is to be tested. Hand it the training subjects alone: "
            "examples.part(fold.train)."
        )
    split = dict(examples.about).get("corpus_split", "train")
    if split != "train":
        raise LeakError(
            f"The search received the split {split!r} of a corpus. Hyperparameters may only be chosen on "
            "the identities of the split 'train'; the other splits are for scores."
        )
