"""Processes for a batch: of this machine (loky, which spawns and never forks), or Dask's."""

import contextlib
import math
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mer_zoo.batch.dask_worker import read_one_on_dask
from mer_zoo.batch.inputs import Input
from mer_zoo.batch.lanes import read_in_processes
from mer_zoo.batch.readers import Reader
from mer_zoo.batch.rows import Row
from mer_zoo.batch.worker import read_one
from mer_zoo.errors import BatchError, UnknownNameError
from mer_zoo.extras import require_extra

BACKENDS = ("loky", "dask")
CONNECT_SECONDS = 10


@dataclass(frozen=True)
class Pool:
    """What reads the videos of a batch; `predict_many` says what each option means.

    Raises:
        UnknownNameError: there is no such backend.
        BatchError: no jobs, a scheduler without Dask, or a limit that is none or that Dask would need.
        MissingPackageError: Dask is asked for and not installed.
    """

    jobs: int = 1
    backend: str = "loky"
    scheduler: str | None = None
    timeout: float | None = None

    def __post_init__(self):
        backend, timeout = self.backend, self.timeout
        if backend not in BACKENDS:
            raise UnknownNameError.among("batch backend", backend, BACKENDS)
        check_jobs(self.jobs)
        if self.scheduler is not None and backend != "dask":
            raise BatchError(
                f"scheduler={self.scheduler!r} is the address of a Dask scheduler, but "
                f"backend={backend!r}. Say backend='dask' (--backend dask)."
            )
        if timeout is not None and not (timeout > 0 and math.isfinite(timeout)):
            raise BatchError(
                f"timeout={timeout}: expected more than 0 seconds for each video, or None for no "
                "limit."
            )
        if timeout is not None and backend == "dask":
            raise BatchError(
                f"timeout={timeout} does not work with Dask, which cannot end one task. Use "
                "backend='loky' (--backend loky), which ends and replaces the process of a video."
            )
        if backend == "dask":
            require_extra("dask", "distributed", "backend='dask'")

    def read(
        self, clips: Iterable[Input], reader: Reader, environment: dict[str, str]
    ) -> Iterator[tuple[Input, Row]]:
        """Reads videos side by side and yields each with its row, as they come.

        A video whose process dies (a crash below Python, or memory that runs out), or that takes
        longer than `timeout`, becomes a failed row; the others are read. With one job, no limit and
        without Dask, the videos are read in this process.
        """
        if self.backend == "dask":
            return _read_on_dask(clips, reader, environment, self.jobs, self.scheduler)
        if self.jobs == 1 and self.timeout is None:
            return (read_one(clip, reader, {}) for clip in clips)
        from joblib import cpu_count

        jobs = cpu_count() if self.jobs == -1 else self.jobs
        return read_in_processes(clips, reader, environment, jobs=jobs, timeout=self.timeout)


def check_jobs(jobs: int) -> None:
    """Raises BatchError unless `jobs` is a number of processes, or -1."""
    if jobs == 0 or jobs < -1:
        raise BatchError(f"jobs={jobs}: expected 1 or more processes, or -1 for one a core.")


def _read_on_dask(clips, reader, environment, jobs, scheduler) -> Iterator[tuple[Input, Row]]:
    from joblib import Parallel, delayed, parallel_config

    batch = uuid.uuid4().hex
    calls = (delayed(read_one_on_dask)(clip, reader, environment, batch) for clip in clips)
    with _dask_client(jobs, scheduler) as client, parallel_config("dask", n_jobs=-1, client=client):
        # One video a task: what waits in a bundle for its neighbours would be lost by a kill.
        yield from Parallel(return_as="generator_unordered", batch_size=1)(calls)


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
