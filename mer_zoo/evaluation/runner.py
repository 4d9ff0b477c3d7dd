"""Runs the folds of an evaluation: in processes, with progress, resumable and reproducible."""

import itertools
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Protocol

from mer_zoo import settings
from mer_zoo.devices import worker_environment
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.compilations import shared_folder
from mer_zoo.evaluation.examples import Examples, Learner
from mer_zoo.evaluation.fold_record import FoldRecord
from mer_zoo.evaluation.folds import Fold, check_folds, folds_hash, make_folds
from mer_zoo.evaluation.journal import Journal
from mer_zoo.evaluation.plan import SAME_SUBJECTS, EvaluationPlan
from mer_zoo.evaluation.pooling import pool
from mer_zoo.evaluation.result import Result
from mer_zoo.evaluation.worker import run_fold
from mer_zoo.processes import parallel
from mer_zoo.progress import progress_bar

THREADS = 1  # the networks are small: folds side by side gain more than threads in one


class Callback(Protocol):
    """Callbacks for progress reporting. They cannot influence the evaluation."""

    def on_begin(self, folder: Path | None, plan: EvaluationPlan) -> None:
        """The evaluation begins, or resumes after an interruption.

        Args:
            folder: the journal, or None if there is none.
            plan: of the evaluation; becomes `Result.about`.
        """

    def on_fold_end(self, number: int, record: FoldRecord) -> None:
        """A fold is finished: first all those read from a journal, then the others in any order."""


def run(
    learner: Learner,
    examples: Examples,
    *,
    folder: Path | None = None,
    split: str = "loso",
    seeds: Iterable[int] = (1, 2, 3),
    jobs: int = 1,
    threads: int = THREADS,
    oracle: bool = False,
    keep_weights: bool = False,
    callback: Callback | None = None,
    progress: bool = True,
) -> Result:
    """Trains and scores a learner on every fold of a split, once per seed.

    Every finished fold is written to `folder`. After an interruption, even a kill, the same call
    reads the finished folds and runs the others; the result is the same. The test part of a fold
    cannot be used for validation, early stopping or the choice of a checkpoint, because the learner
    receives only the training examples.

    Args:
        learner: what is scored.
        examples: all examples of the protocol.
        folder: the journal, kept at the end. With None it is in the cache folder, under the digest
            of the plan, and is removed at the end.
        split: see `mer_zoo.evaluation.make_folds`.
        seeds: of the runs; use at least three to see the spread.
        jobs: processes, each with one model at a time; -1 for one per core; 1 runs the folds in
            this process. joblib's own settings (`joblib.parallel_config`) may choose Dask or Ray
            instead.
        threads: threads of each process, if there are several processes. The last bits of a
            prediction may depend on it, as they do on the backend.
        oracle: also compute the score with the epoch chosen on the test subjects, labelled
            test-selected. It costs predictions after each epoch and changes nothing else.
        keep_weights: keep the weights of every fold in the journal.
        callback: notified of every fold.
        progress: show a bar on standard error.

    Returns:
        The result; the probabilities are those of the last epoch.

    Raises:
        EvaluationError: the split is impossible or not honest, a seed is given twice, or the folder
            holds another evaluation.
        UnknownNameError: no such split.
    """
    seeds = tuple(seeds)
    if not seeds or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise EvaluationError(
            f"seeds={list(seeds)}: expected different whole numbers of 0 or more."
        )
    if jobs == 0 or threads < 1:
        raise EvaluationError(f"jobs={jobs}, threads={threads}: expected at least 1 of each.")
    folds = make_folds(split, examples.subjects, examples.labels)
    check_folds(folds, examples.subjects, split)
    plan = make_plan(
        examples,
        folds,
        split=split,
        seeds=seeds,
        learner=learner.describe(),
        label=selection_label(learner, examples),
        oracle=oracle,
        keep_weights=keep_weights,
    )
    journal = Journal(folder or settings.home() / "evaluations" / plan.digest[:24], plan)
    started = time.perf_counter()
    if callback is not None:
        callback.on_begin(journal.folder, plan)
    evaluation = _Evaluation(journal, plan, examples, learner, folds, jobs, threads)
    records = _records(evaluation, callback, progress)
    result = pool(examples, folds, records, plan=plan, seconds=time.perf_counter() - started)
    if folder is None:
        discard(journal.folder)
    return result


def make_plan(
    examples: Examples,
    folds: Sequence[Fold],
    *,
    split: str,
    seeds: Sequence[int],
    learner: Mapping[str, Any],
    label: str = "",
    oracle: bool = False,
    keep_weights: bool = False,
    facts: Mapping[str, Any] = MappingProxyType({}),
) -> EvaluationPlan:
    """The plan of an evaluation of these examples, in this process and with its packages.

    Args:
        examples, folds: of the evaluation.
        split, seeds, learner, label, oracle, keep_weights, facts: see `EvaluationPlan`.
    """
    return EvaluationPlan(
        split=split,
        folds=folds_hash(folds, examples.clips),
        protocol=examples.protocol,
        examples=examples.digest,
        images=examples.images_digest(),
        learner=learner,
        seeds=tuple(seeds),
        backend=settings.backend(),
        versions=settings.versions(),
        oracle=oracle,
        keep_weights=keep_weights,
        label=label,
        facts=facts,
    )


def selection_label(learner: Learner, examples: Examples) -> str:
    """The label of a score: says whether the learner was chosen on subjects of these examples."""
    selected_on = set(getattr(learner, "selected_on", ()))
    return SAME_SUBJECTS if selected_on & set(examples.subjects.tolist()) else ""


def discard(folder: Path) -> None:
    """Removes a journal."""
    shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class _Evaluation:
    """An evaluation, of which some folds may have been finished before."""

    journal: Journal
    plan: EvaluationPlan
    examples: Examples
    learner: Learner
    folds: tuple[Fold, ...]
    jobs: int
    threads: int

    def finished(self) -> dict[tuple[int, int], FoldRecord | None]:
        """(seed, number of the fold) -> its record, or None if it is missing; in that order."""
        keys = itertools.product(self.plan.seeds, range(len(self.folds)))
        return {key: self.journal.read(*key) for key in keys}

    def run(self, keys: Iterable[tuple[int, int]]) -> Iterator[tuple[int, FoldRecord]]:
        """Scores these folds, in parallel if there are several jobs."""
        from joblib import delayed

        own_process = self.jobs != 1
        environment = worker_environment(self.plan.backend, self.threads) if own_process else {}
        with shared_folder(self.plan.backend) as compiled:
            calls = (
                delayed(run_fold)(
                    self.journal,
                    self.plan,
                    self.examples,
                    self.learner,
                    self.folds[number],
                    number=number,
                    seed=seed,
                    environment=environment,
                    compiled=compiled,
                )
                for seed, number in keys
            )
            yield from parallel(calls, self.jobs, return_as="generator_unordered")


def _records(
    evaluation: _Evaluation, callback: Callback | None, progress: bool
) -> list[FoldRecord]:
    found = evaluation.finished()
    missing = [key for key, record in found.items() if record is None]
    notify = callback.on_fold_end if callback is not None else lambda number, record: None
    for (_, number), record in found.items():
        if record is not None:
            notify(number, record)
    done = len(found) - len(missing)
    with progress_bar("folds", len(found), done, shown=progress) as advance:
        for number, record in evaluation.run(missing):
            found[record.seed, number] = record
            notify(number, record)
            advance()
    return [record for record in found.values() if record is not None]
