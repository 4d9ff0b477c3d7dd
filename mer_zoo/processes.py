"""Worker processes: their share of the machine, and that they end with the process that started them.

Nothing here imports Keras, which reads the environment once.
"""

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any

from mer_zoo.native_messages import quiet_backend_start

POLL_SECONDS = 0.5  # between two checks of the parent


def parallel(jobs: int | None = None, **options):
    """A `joblib.Parallel` whose worker processes do not outlive this process.

    joblib's workers notice the end of an interrupted call, but not the end of the process that
    started them: after a SIGTERM, SIGHUP or SIGKILL they would finish their task and then wait five
    minutes for another. Here each of them watches its parent from its first moment, before it has a
    task. Backends other than joblib's own processes (Dask, Ray, threads) are used as they are.

    Args:
        jobs: processes; -1 for one a core; None for what `joblib.parallel_config` says.
        options: of `joblib.Parallel`.
    """
    from joblib import Parallel
    from joblib.parallel import BACKENDS, get_active_backend

    backend, _ = get_active_backend()
    if isinstance(backend, BACKENDS["loky"]):
        given = backend.backend_kwargs  # an initializer of the caller's `parallel_config`
        first = (given.get("initializer"), given.get("initargs", ()))
        options |= {"initializer": start_worker, "initargs": (os.getpid(), *first)}
    return Parallel(n_jobs=jobs, **options)


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


def worker_environment(backend: str | None, threads: int) -> dict[str, str]:
    """Environment variables that give a process its backend and its share of the cores.

    Args:
        backend: Keras' backend; None leaves the choice to the process.
        threads: of each process.
    """
    environment = {
        name: str(threads)
        for name in (
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "MKL_NUM_THREADS",
            "TF_NUM_INTRAOP_THREADS",
            "TF_NUM_INTEROP_THREADS",
        )
    }
    environment["TF_CPP_MIN_LOG_LEVEL"] = os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3")
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        single = "--xla_cpu_multi_thread_eigen=false"
        environment["XLA_FLAGS"] = flags if single in flags else f"{flags} {single}".strip()
    if backend:
        environment["KERAS_BACKEND"] = backend
    return environment


def start_worker(
    parent: int,
    initializer: Callable[..., object] | None = None,
    initargs: Iterable[Any] = (),
) -> None:
    """The first call in a worker process: it ends with its parent, and starts its backend quietly.

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
