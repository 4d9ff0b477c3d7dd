"""`python -m tests`: the whole suite, once for each installed Keras backend, each in its own process.

Tests that tell nothing new on another backend run with the first one only. At the end every backend
reads what every other one saved. `--fast` runs the tests that are not slow, on one backend. Other
arguments are handed to pytest.
"""

import importlib.util
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

# The first one runs the tests that need no particular backend, too; PyTorch compiles nothing.
BACKENDS = ("torch", "tensorflow", "jax")
ROOT = Path(__file__).resolve().parents[1]


FAST = "--fast"
PROCESSES = min(2, os.cpu_count() or 1)


def main(arguments: list[str]) -> int:
    fast, arguments = FAST in arguments, [a for a in arguments if a != FAST]
    installed = [b for b in BACKENDS if importlib.util.find_spec(b)]
    if not installed:
        print("No Keras backend is installed: pip install 'mer-zoo[tensorflow]'", file=sys.stderr)
        return 2
    if fast:
        installed, arguments = installed[:1], [*arguments, "-m", "not slow"]
    # The first suite is most of the work and shares it between two processes. The others take one
    # process each: what a backend has compiled serves all of its tests.
    stages = [("suite", installed[:1]), ("suite", installed[1:]), ("load", installed)]
    failed = []
    with tempfile.TemporaryDirectory() as exchange:
        for stage, backends in stages[:1] if fast else stages:
            with ThreadPoolExecutor(max(1, len(backends))) as pool:
                commands = [_command(stage, b, installed, exchange, arguments) for b in backends]
                runs = [
                    pool.submit(_run, f"{stage}: {b}", b, command, exchange)
                    for b, command in zip(backends, commands, strict=True)
                ]
                done = zip(backends, (run.result() for run in runs), strict=True)
                failed += [f"{stage} on {backend}" for backend, passed in done if not passed]
    print(f"\nfailed: {', '.join(failed)}" if failed else f"\nall passed on {', '.join(installed)}")
    return 1 if failed else 0


def _command(stage, backend, installed, exchange, arguments):
    command = [sys.executable, "-m", "pytest", *arguments]
    if stage == "load":
        return [*command, "tests/exchange", f"--load-in={exchange}"]
    command += ["tests", f"--save-in={exchange}"]
    command += ["--durations=8"]  # what to look at when the whole takes too long
    if backend != installed[0]:
        return [*command, "-m", "not backend_free"]
    # Neighbours stay together and so share their fixtures; who is done takes over from the other.
    return [*command, "-n", str(PROCESSES), "--dist", "worksteal"]


def _run(title, backend, command, exchange):
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        # A process uses one core: threads that wait for work take time from the other process.
        "OMP_NUM_THREADS": "1",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "MER_ZOO_HOME": f"{exchange}/home",
        "MER_ZOO_OFFLINE": "1",
        # JAX compiles every fold of every test anew; most of it is the same program.
        "JAX_COMPILATION_CACHE_DIR": f"{exchange}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }
    print(f"\n=== {title} ===", flush=True)
    started = time.monotonic()
    piped = {"text": True, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    process = subprocess.Popen(command, cwd=ROOT, env=environment, **piped)
    with process:
        for line in process.stdout:  # two suites write at the same time
            print(f"{backend:10} | {line}", end="", flush=True)
    print(f"=== {title}: {time.monotonic() - started:.0f} s ===", flush=True)
    return process.returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
