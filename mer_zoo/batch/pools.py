"""Processes for a batch: joblib's own (loky, which spawns and never forks), or Dask's."""

import contextlib
import functools
import uuid
from collections.abc import Callable, Iterable, Iterator

from mer_zoo.batch.dask_worker import read_one_on_dask
from mer_zoo.batch.inputs import Input
from mer_zoo.batch.readers import Reader
from mer_zoo.batch.rows import DIED, Row
from mer_zoo.batch.worker import read_one
from mer_zoo.errors import BatchError, UnknownNameError
from mer_zoo.extras import require_extra
from mer_zoo.processes import parallel

BACKENDS = ("loky", "dask")
CONNECT_SECONDS = 10


def check_pool(backend: str, jobs: int, scheduler: str | None) -> None:
    """Checks what `read_all` is asked for.

    Raises:
        UnknownNameError: there is no such backend.
        BatchError: no jobs, or a scheduler without Dask.
        MissingPackageError: Dask is asked for and not installed.
    """
    if backend not in BACKENDS:
        raise UnknownNameError.among("batch backend", backend, BACKENDS)
    if jobs == 0 or jobs < -1:
        raise BatchError(f"jobs={jobs}: expected 1 or more processes, or -1 for one a core.")
    if scheduler is not None and backend != "dask":
        raise BatchError(
            f"scheduler={scheduler!r} is the address of a Dask scheduler, but backend={backend!r}. "
            "Say backend='dask' (--backend dask)."
        )
    if backend == "dask":
        require_extra("dask", "distributed", "backend='dask'")


def read_all(
    clips: Iterable[Input],
    reader: Reader,
    environment: dict[str, str],
    *,
    jobs: int,
    backend: str,
    scheduler: str | None,
) -> Iterator[tuple[Input, Row]]:
    """Reads videos side by side and yields each with its row, as they come.

    A video whose process dies (a crash below Python, or memory that runs out) is found out by
    reading alone those that were under way; it becomes a failed row and the others go on.
    With one job, and without Dask, the videos are read in this process.
    """
    if backend == "loky" and jobs == 1:
        environment = {}
    read = read_one
    if backend == "dask":
        read = functools.partial(read_one_on_dask, batch=uuid.uuid4().hex)
    call = functools.partial(read, reader=reader, environment=environment)
    waiting = iter(clips)
    with _pool(backend, jobs, scheduler):
        while True:
            under_way: dict[str, Input] = {}
            try:
                yield from _read(call, _noted(waiting, under_way), under_way)
                return
            except _worker_died():
                suspects = list(under_way.values())
            for clip in suspects:
                try:
                    yield from _read(call, [clip], {})
                except _worker_died():
                    yield clip, Row.failed(clip, reader.entry, DIED)


def _noted(clips: Iterator[Input], under_way: dict[str, Input]) -> Iterator[Input]:
    for clip in clips:
        under_way[clip.identity] = clip
        yield clip


def _read(
    call: Callable, clips: Iterable[Input], under_way: dict[str, Input]
) -> Iterator[tuple[Input, Row]]:
    from joblib import delayed

    calls = (delayed(call)(clip) for clip in clips)
    # One video a task: what waits in a bundle for its neighbours would be lost by a kill.
    for clip, row in parallel(return_as="generator_unordered", batch_size=1)(calls):
        under_way.pop(clip.identity, None)
        yield clip, row


def _worker_died() -> type[Exception]:
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    return TerminatedWorkerError


@contextlib.contextmanager
def _pool(backend: str, jobs: int, scheduler: str | None) -> Iterator[None]:
    from joblib import parallel_config

    if backend == "loky":
        limit = {} if jobs == 1 else {"inner_max_num_threads": 1}
        with parallel_config("loky", n_jobs=jobs, **limit):
            yield
        return
    with _dask_client(jobs, scheduler) as client, parallel_config("dask", n_jobs=-1, client=client):
        yield


@contextlib.contextmanager
def _dask_client(jobs: int, scheduler: str | None):
    """A client of that scheduler, or of a cluster of this machine with `jobs` workers of one thread."""
    from distributed import Client, LocalCluster

    if scheduler is None:
        workers = None if jobs == -1 else jobs
        with (
            # No dashboard: nothing listens that was not asked for.
            LocalCluster(
                n_workers=workers, threads_per_worker=1, dashboard_address=None
            ) as cluster,
            Client(cluster) as client,
        ):
            yield client
        return
    try:
        client = Client(scheduler, timeout=CONNECT_SECONDS)
    except (OSError, ValueError) as error:
        raise BatchError(
            f"No Dask scheduler answers at {scheduler} ({error}). Check the address "
            "(tcp://host:8786) and that dask scheduler runs there."
        ) from error
    with client:
        if not client.ncores():
            raise BatchError(
                f"The Dask scheduler at {scheduler} has no workers. Start some: dask worker "
                f"{scheduler} --nthreads 1"
            )
        yield client
