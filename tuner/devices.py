"""GPUs, their memory and the cores, shared out before a backend starts: afterwards it is too late."""

import os
import subprocess
from collections.abc import Mapping, Sequence

from mer_zoo.processes import worker_environment

VISIBLE = "CUDA_VISIBLE_DEVICES"
JAX_SHARE = 0.9  # of a GPU's memory, for all workers on it together


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


def memory_settings(backend: str, sharing: int = 1) -> dict[str, str]:
    """Environment variables with which a backend leaves GPU memory to others.

    TensorFlow takes all memory at once unless told to grow. JAX takes three quarters at once: alone
    on a GPU that is as it should be, several processes get a share each. torch takes what it needs.

    Args:
        backend: "tensorflow", "jax" or "torch".
        sharing: processes on the GPU.
    """
    if backend == "tensorflow":
        return {"TF_FORCE_GPU_ALLOW_GROWTH": "true"}
    if backend == "jax" and sharing > 1:
        return {"XLA_PYTHON_CLIENT_MEM_FRACTION": f"{JAX_SHARE / sharing:.2f}"}
    return {}


def shares(workers: int, backend: str, gpus: Sequence[str], cores: int) -> list[dict[str, str]]:
    """Environment variables of each worker: one GPU, or a share of one, and a share of the cores.

    Args:
        workers: on this machine.
        backend: that they use.
        gpus: as `gpus()` gives them; workers take turns when there are fewer.
        cores: of the machine.
    """
    found = []
    for number in range(workers):
        share = worker_environment(backend, max(1, cores // workers))
        if gpus:
            own = number % len(gpus)
            sharing = len(range(own, workers, len(gpus)))
            share |= {VISIBLE: gpus[own], **memory_settings(backend, sharing)}
        found.append(share)
    return found


def set_defaults(backend: str, *, watching: bool = False) -> None:
    """Sets this process' own environment, before its backend starts; what the user set stays.

    Args:
        backend: that it uses.
        watching: this process supervises workers and computes only at the end, so JAX must not
            reserve memory when it starts.
    """
    settings = memory_settings(backend)
    if watching and backend == "jax":
        settings["XLA_PYTHON_CLIENT_PREALLOCATE"] = "false"
    for name, value in settings.items():
        os.environ.setdefault(name, value)
