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


def main(arguments: list[str]) -> int:
    fast, arguments = FAST in arguments, [a for a in arguments if a != FAST]
    installed = [b for b in BACKENDS if importlib.util.find_spec(b)]
    if not installed:
        print("No Keras backend is installed: pip install 'mer-zoo[tensorflow]'", file=sys.stderr)
        return 2
    failed = []
    with tempfile.TemporaryDirectory() as exchange:
        if fast:
            installed, arguments = installed[:1], [*arguments, "-m", "not slow"]
        for stage in ("suite",) if fast else ("suite", "save", "load"):
            # A suite has two workers of its own; an exchange is one process.
            with ThreadPoolExecutor(1 if stage == "suite" else 2) as pool:
                runs = [
                    pool.submit(_run, stage, b, b == installed[0], exchange, arguments)
                    for b in installed
                ]
                done = zip(installed, (run.result() for run in runs), strict=True)
                failed += [f"{stage} on {backend}" for backend, passed in done if not passed]
    print(f"\nfailed: {', '.join(failed)}" if failed else f"\nall passed on {', '.join(installed)}")
    return 1 if failed else 0


def _run(stage, backend, first, exchange, arguments):
    command = [sys.executable, "-m", "pytest", *arguments]
    if stage == "suite":
        command += ["tests", "--ignore=tests/exchange", "-n", str(min(2, os.cpu_count() or 1))]
        # Neighbours stay together and so share their fixtures; who is done takes over from the other.
        command += ["--dist", "worksteal"]
        command += ["--durations=8"]  # what to look at when the whole takes too long
        command += [] if first else ["-m", "not backend_free"]
    else:
        command += ["tests/exchange", f"--{stage}-in={exchange}"]
    environment = {
        **os.environ,
        "KERAS_BACKEND": backend,
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "OMP_NUM_THREADS": "1",
        "MER_ZOO_HOME": f"{exchange}/home",
        "MER_ZOO_OFFLINE": "1",
        # JAX compiles every fold of every test anew; most of it is the same program.
        "JAX_COMPILATION_CACHE_DIR": f"{exchange}/jax",
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.1",
    }
    print(f"\n=== {stage}: {backend} ===", flush=True)
    started = time.monotonic()
    code = subprocess.run(command, cwd=ROOT, env=environment).returncode
    print(f"=== {stage}: {backend}: {time.monotonic() - started:.0f} s ===", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
