"""Running the folds of an evaluation: in processes, with progress, resumable, always the same."""

import hashlib
import json
import shutil
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from mer_zoo import settings
from mer_zoo.errors import EvaluationError
from mer_zoo.evaluation.examples import Examples, Learner
from mer_zoo.evaluation.folds import Fold, check_folds, folds_hash, make_folds
from mer_zoo.evaluation.journal import FoldOutcome, Journal
from mer_zoo.evaluation.pooling import pool
from mer_zoo.evaluation.result import Result
from mer_zoo.evaluation.worker import run_fold, worker_environment
from mer_zoo.progress import progress_bar

THREADS = 1  # the networks are small: folds side by side gain more than threads in one


class Follower(Protocol):
    """Is told what an evaluation does, and decides nothing."""

    def begun(self, folder: Path | None, plan: dict, folds: Sequence[Fold]) -> None:
        """It begins, or goes on after an interruption.

        Args:
            folder: the journal; None where nothing needs one.
            plan: what becomes `Result.about`.
            folds: of the split.
        """

    def fold_done(self, number: int, outcome: FoldOutcome) -> None:
        """A fold is finished: the folds of a journal first, the others as they end, in any order."""


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
    follower: Follower | None = None,
    progress: bool = True,
) -> Result:
    """Trains and scores a learner on every fold of a split, once a seed.

    Every finished fold is written to `folder`. Called again after an interruption, even a kill, the
    finished folds are read and the others run; the result is the same. There is no way to hand the
    test part of a fold to validation, early stopping or the choice of a checkpoint: the learner
    receives the training examples alone.

    Args:
        learner: what is scored.
        examples: all examples of the protocol.
        folder: the journal, kept at the end. None keeps it in the cache folder, under the digest of
            everything that was asked for, and removes it at the end.
        split: see `mer_zoo.evaluation.make_folds`.
        seeds: of the runs; three at least make the spread visible.
        jobs: processes, each with one model at a time; -1 for one a core; 1 runs the folds in this
            process. joblib's own settings (`joblib.parallel_config`) may choose Dask or Ray instead.
        threads: of each process when there are several. The last bits of a prediction may depend on
            it, as they do on the backend.
        oracle: also compute what would have been reported had the epoch been chosen on the test
            subjects, labelled test-selected. It costs predictions after each epoch and changes
            nothing else.
        keep_weights: keep the weights of every fold in the journal.
        follower: told of every fold.
        progress: show a bar on standard error.

    Returns:
        The result; the probabilities are those of the last epoch.

    Raises:
        EvaluationError: the split is impossible or not honest, a seed is given twice, or the folder
            holds another evaluation.
        UnknownNameError: no such split.
    """
    seeds = list(seeds)
    if not seeds or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise EvaluationError(f"seeds={seeds}: expected different whole numbers of 0 or more.")
    if jobs == 0 or threads < 1:
        raise EvaluationError(f"jobs={jobs}, threads={threads}: expected at least 1 of each.")
    folds = make_folds(split, examples.subjects, examples.labels)
    check_folds(folds, examples.subjects, split)
    backend = settings.backend()
    plan = {
        "split": split,
        "folds": folds_hash(folds, examples.clips),
        "examples": examples.digest,
        "protocol": examples.protocol,
        "learner": learner.describe(),
        "seeds": seeds,
        "backend": backend,
        "oracle": oracle,
        "keep_weights": keep_weights,
    }
    journal = Journal(folder or _own_folder(plan), plan)
    started = time.perf_counter()
    if follower is not None:
        follower.begun(journal.folder, plan, folds)
    outcomes = _outcomes(journal, examples, learner, folds, plan, jobs, threads, follower, progress)
    result = pool(examples, folds, outcomes, plan=plan, seconds=time.perf_counter() - started)
    if folder is None:
        discard(journal.folder)
    return result


def _own_folder(plan: dict) -> Path:
    digest = hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()
    return settings.home() / "evaluations" / digest[:24]


def discard(folder: Path) -> None:
    """Removes a journal."""
    shutil.rmtree(folder, ignore_errors=True)


def _outcomes(
    journal, examples, learner, folds, plan, jobs, threads, follower, progress
) -> list[FoldOutcome]:
    found = {
        (seed, number): journal.read(seed, number)
        for seed in plan["seeds"]
        for number in range(len(folds))
    }
    missing = [key for key, outcome in found.items() if outcome is None]
    tell = follower.fold_done if follower is not None else lambda number, outcome: None
    for (_, number), outcome in found.items():
        if outcome is not None:
            tell(number, outcome)
    done = len(found) - len(missing)
    with progress_bar("folds", len(found), done, shown=progress) as advance:
        for key, outcome in _run_missing(
            missing, journal, examples, learner, folds, plan, jobs, threads
        ):
            found[key] = outcome
            tell(key[1], outcome)
            advance()
    return list(found.values())


def _run_missing(
    missing, journal, examples, learner, folds: tuple[Fold, ...], plan, jobs, threads
) -> Iterator[tuple[tuple[int, int], FoldOutcome]]:
    from joblib import Parallel, delayed

    own_process = jobs != 1
    environment = worker_environment(plan["backend"], threads) if own_process else {}
    calls = (
        delayed(_numbered)(
            (seed, number),
            journal,
            examples,
            learner,
            folds[number],
            watch=plan["oracle"],
            keep_weights=plan["keep_weights"],
            environment=environment,
        )
        for seed, number in missing
    )
    yield from Parallel(n_jobs=jobs, return_as="generator_unordered")(calls)


def _numbered(key, journal, examples, learner, fold, **options):
    seed, number = key
    return key, run_fold(journal, examples, learner, fold, number, seed, **options)
