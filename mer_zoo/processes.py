"""Worker processes: their share of the machine, and that they end with the process that started them.

Nothing here imports Keras, which reads the environment once.
"""

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from tempfile import TemporaryDirectory
from typing import Any

from mer_zoo import devices, settings
from mer_zoo.native_messages import quiet_backend_start

POLL_SECONDS = 0.5  # between two checks of the parent


def parallel(
    calls: Iterable,
    jobs: int | None = None,
    return_as: str = "generator",
    batch_size: int | str = "auto",
) -> Iterator[Any]:
    """The results of calls made by worker processes that do not outlive this process.

    joblib's workers notice the end of an interrupted call, but not the end of the process that
    started them: after a SIGTERM, SIGHUP or SIGKILL they would finish their task and then wait five
    minutes for another. Here each of them watches its parent from its first moment, before it has a
    task. With GPUs, each has its share of them, and ends after the last result: what it keeps of a
    GPU's memory is needed by others. Backends other than joblib's own processes (Dask, Ray, threads)
    are used as they are.

    Args:
        calls: made with `joblib.delayed`.
        jobs: processes; -1 for one a core; None for what `joblib.parallel_config` says. One calls in
            this process.
        return_as: "generator" for results in the order of the calls, "generator_unordered" for
            results as they come.
        batch_size: calls that a process gets together; "auto" for more of them where they are short.
    """
    from joblib import Parallel, effective_n_jobs
    from joblib.parallel import BACKENDS, get_active_backend

    backend, _ = get_active_backend()
    if not isinstance(backend, BACKENDS["loky"]):
        yield from Parallel(n_jobs=jobs, return_as=return_as, batch_size=batch_size)(calls)
        return
    given = backend.backend_kwargs  # an initializer of the caller's `parallel_config`
    first = (given.get("initializer"), given.get("initargs", ()))
    workers = effective_n_jobs(jobs)
    gpus = devices.gpus() if workers > 1 else []
    with contextlib.ExitStack() as stack:
        if gpus:
            shares = devices.gpu_shares(workers, settings.backend(), gpus)
            first = (devices.take_share, (stack.enter_context(_share_locks()), shares, *first))
            stack.callback(_end_idle_workers)
        yield from Parallel(
            n_jobs=jobs,
            return_as=return_as,
            batch_size=batch_size,
            initializer=start_worker,
            initargs=(os.getpid(), *first),
        )(calls)


def _share_locks() -> AbstractContextManager[str]:
    """A temporary folder, in which worker processes lock the share they have taken."""
    return TemporaryDirectory(prefix="mer_zoo-shares-", ignore_cleanup_errors=True)


def _end_idle_workers() -> None:
    from joblib.externals.loky import get_reusable_executor

    get_reusable_executor(reuse=True).shutdown(wait=True)


def end_with(parent: int) -> None:
    """Ends this process within a second of its parent's end, whatever it is doing.

    A thread checks twice a second whether the parent is still the same process. It needs the
    interpreter for a moment, which long computations in native code give up. What is not written yet
    is lost, as by SIGKILL. On Windows, where a process keeps the number of a parent that has ended,
    this does nothing.

    Args:
        parent: process id of the parent. This process ends at once if it has another parent already.
    """
    threading.Thread(target=_watch, args=(parent,), name="end_with_parent", daemon=True).start()


def start_worker(
    parent: int,
    initializer: Callable[..., object] | None = None,
    initargs: Iterable[Any] = (),
) -> None:
    """Prepares a worker process: it will end with its parent, and start its backend without messages.

    This must be its first call. The backend starts later, so `initializer` may still set what it reads
    from the environment.

    Args:
        parent: see `end_with`.
        initializer, initargs: a function to call afterwards, with its arguments.
    """
    end_with(parent)
    quiet_backend_start()
    if initializer is not None:
        initializer(*initargs)


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    os._exit(1)  # the other threads may be in the middle of a computation
