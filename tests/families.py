"""A command and all processes that it starts, for tests of how they end."""

import contextlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

psutil = pytest.importorskip("psutil")
ROOT = Path(__file__).resolve().parents[1]
SECONDS = 10  # from a signal to the end of the last process


class Family:
    """Python code in a process of its own, and all processes that it starts, directly or not.

    Args:
        code: what the process runs.
        arguments: its `sys.argv[1:]`.
    """

    def __init__(self, code: str, *arguments):
        self.parent = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._seen = {psutil.Process(self.parent.pid)}

    def alive(self) -> list:
        """Those that run, of all that were seen so far."""
        self.parent.poll()  # a child that has ended is there until it is waited for
        for process in list(self._seen):
            with contextlib.suppress(psutil.NoSuchProcess):
                self._seen.update(process.children(recursive=True))
        return [process for process in self._seen if _runs(process)]

    def workers(self) -> list:
        """The worker processes of joblib that run."""
        return [process for process in self.alive() if "popen_loky" in _command(process)]

    def end(self) -> None:
        """Kills what still runs."""
        for process in self.alive():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self.parent.wait()


def assert_ends(family: Family, number: int) -> int:
    """Sends the parent a signal, checks that nothing is left soon, and returns its exit code."""
    assert len(family.alive()) > 1
    os.kill(family.parent.pid, number)
    assert until(lambda: not family.alive(), SECONDS), family.alive()
    return family.parent.wait()


def until(condition, seconds):
    """What the condition says, as soon as it is true or after so many seconds."""
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def _runs(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False


def _command(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline())
    return ""
