"""GPUs, their memory and the cores, shared out before a backend starts: afterwards it is too late."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

VISIBLE = "CUDA_VISIBLE_DEVICES"
JAX_SHARE = 0.9  # of a GPU's memory, for all workers on it together
WAIT = 0.1  # seconds between two attempts to take a share

_held: list[FileLock] = []
"""Locks of this process, which are released when it ends."""


def gpus(environment: Mapping[str, str] | None = None) -> list[str]:
    """The NVIDIA GPUs this process may use, as `CUDA_VISIBLE_DEVICES` names them; no backend starts.

    Args:
        environment: by default that of the process.
    """
    environment = os.environ if environment is None else environment
    if VISIBLE in environment:
        names = [name.strip() for name in environment[VISIBLE].split(",")]
        return [name for name in names if name and name != "-1"]
    try:
        listed = subprocess.run(
            ["nvidia-smi", "--query-gpu=uuid", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return listed.stdout.split()


def cores() -> int:
    """Cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_settings(backend: str | None, sharing: int = 1) -> dict[str, str]:
    """Environment variables with which a backend leaves GPU memory to others.

    TensorFlow takes all memory at once unless told to grow. JAX takes three quarters at once: alone
    on a GPU that is as it should be, several processes get a share each. torch takes what it needs.

    Args:
        backend: "tensorflow", "jax" or "torch"; None where it is not known.
        sharing: processes on the GPU.
    """
    if backend == "tensorflow":
        return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    if backend == "jax" and sharing > 1:
        return {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{JAX_SHARE / sharing:.2f}"}
    return {}


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


def gpu_shares(
    workers: int,
    backend: str | None,
    gpus: Sequence[str],
    environment: Mapping[str, str] | None = None,
) -> list[dict[str, str]]:
    """Environment variables of each worker: one GPU, or a share of one. Without GPUs there are none.

    Args:
        workers: on this machine.
        backend: that they use; None where it is not known.
        gpus: as `gpus()` gives them; workers take turns when there are fewer.
        environment: of the workers, by default that of the process. What it says about memory stays.

    Example:
        >>> gpu_shares(2, "jax", ["0"], {})[0]
        {'CUDA_VISIBLE_DEVICES': '0', 'XLA_PYTHON_CLIENT_MEM_FRACTION': '0.45'}
    """
    if not gpus:
        return [{} for _ in range(workers)]
    environment = os.environ if environment is None else environment
    found = []
    for number in range(workers):
        own = number % len(gpus)
        memory = memory_settings(backend, len(range(own, workers, len(gpus))))
        kept = {name: value for name, value in memory.items() if name not in environment}
        found.append({VISIBLE: gpus[own], **kept})
    return found


def shares(workers: int, backend: str, gpus: Sequence[str], cores: int) -> list[dict[str, str]]:
    """Environment variables of each worker: as `gpu_shares`, and a share of the cores.

    Args:
        workers, backend, gpus: see `gpu_shares`.
        cores: of the machine.
    """
    return [
        {**worker_environment(backend, max(1, cores // workers)), **share}
        for share in gpu_shares(workers, backend, gpus)
    ]


def take_share(
    folder: str,
    shares: Sequence[Mapping[str, str]],
    initializer: Callable[..., object] | None = None,
    initargs: Iterable[Any] = (),
) -> None:
    """Sets the environment variables of a share that no other worker has, before the backend starts.

    A worker has its share until it ends, however it ends. One that is started in its place takes it.

    Args:
        folder: of the locks, common to the workers.
        shares: one for each worker.
        initializer, initargs: a function to call afterwards, with its arguments.
    """
    number = _lock_one(Path(folder), len(shares))
    os.environ.update(shares[number])
    if initializer is not None:
        initializer(*initargs)


def _lock_one(folder: Path, count: int) -> int:
    """Waits where none is free: then a worker that ends still has the one to take."""
    while True:
        for number in range(count):
            lock = FileLock(folder / str(number))
            with contextlib.suppress(Timeout):
                lock.acquire(timeout=0)
                _held.append(lock)
                return number
        time.sleep(WAIT)


def set_defaults(backend: str | None, *, watching: bool = False) -> None:
    """Sets this process' own environment, before its backend starts; what the user set stays.

    Args:
        backend: that it uses.
        watching: this process starts workers and computes after them, so JAX must not reserve
            memory when it starts.
    """
    settings = memory_settings(backend)
    if watching and backend == "jax":
        settings["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    for name, value in settings.items():
        os.environ.setdefault(name, value)
