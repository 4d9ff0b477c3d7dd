"""Worker processes that run cases, each watched for time, memory and its end.

A case that hangs, takes too much memory or kills its process counts as "otherwise", and a new worker
continues with the next. Memory is measured on Linux alone: the peak of the resident set during the case,
less what the worker held before it.
"""

import importlib
import multiprocessing
import os
import queue
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from multiprocessing.process import BaseProcess
from pathlib import Path

from benchmarks.fuzzing.case import Outcome, run_case

SECONDS = 60
BYTES = 2 << 30
START_SECONDS = 600
POLL_SECONDS = 0.02
TOLERATED = (
    b"libpng ",
    b"Corrupt JPEG data",
    b"Warning: unknown JFIF revision",
    b"INFO: Created TensorFlow Lite",
    b"WARNING:tensorflow:",  # that many models were used, each once
)
"""How lines begin that libraries write to standard error and no setting of ours turns off."""

QUOTING = (b"Unexpected element. Expected: ", b"Unexpected list type. Expected: ")
"""How such texts begin that quote bytes of the file, ends of lines among them."""

KINDS = {
    "clip_tables": ("benchmarks.fuzzing.clip_tables", "ClipTables"),
    "sheets": ("benchmarks.fuzzing.sheets", "Sheets"),
    "long_video_sheets": ("benchmarks.fuzzing.sheets", "LongVideoSheets"),
    "intervals": ("benchmarks.fuzzing.intervals", "IntervalTables"),
    "cards": ("benchmarks.fuzzing.cards", "Cards"),
    "recipes": ("benchmarks.fuzzing.recipes", "Recipes"),
    "weights": ("benchmarks.fuzzing.weights", "Weights"),
    "images": ("benchmarks.fuzzing.images", "Images"),
    "videos": ("benchmarks.fuzzing.videos", "Videos"),
    "results": ("benchmarks.fuzzing.results", "Results"),
    "predictions": ("benchmarks.fuzzing.predictions", "PredictionTables"),
    "paths": ("benchmarks.fuzzing.paths", "Paths"),
}
"""Kind -> the module and the class that make its cases."""


def serve(connection, seed: int, home: Path) -> None:
    """What a worker does: for each task it receives, it sends "ready", an `Outcome`, and its peak.

    A task is a name of a kind, its module and class, and the number of the case.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
    os.environ.update(MER_ZOO_OFFLINE="1", MER_ZOO_HOME=str(home / "cache"))
    noise = (home / "stderr").open("a+b", buffering=0)
    os.dup2(noise.fileno(), 2)
    cases = home / "cases"
    cases.mkdir()
    kinds = {}
    while (task := connection.recv()) is not None:
        name, home_of_kind, number = task
        try:
            kind = kinds.get(name) or kinds.setdefault(name, _made(home / name, *home_of_kind))
        except Exception:
            connection.send(traceback.format_exc())
            return
        os.ftruncate(2, 0)
        before = _start_measuring()
        connection.send("ready")
        try:
            outcome = run_case(kind, name, seed, number, cases)
        except Exception:
            outcome = Outcome("otherwise", "no case was made", traceback.format_exc())
        peak = _memory("self", "VmHWM") - before
        connection.send((_with_noise(outcome, noise), peak))


def _made(place: Path, module: str, kind: str):
    """A kind with its files, after one valid case: imports and models do not count as growth."""
    rehearsal = place.with_name(f"{place.name}_rehearsal")
    place.mkdir()
    rehearsal.mkdir()
    made = getattr(importlib.import_module(module), kind)(place)
    import random

    made.case(random.Random(0), rehearsal, True).call()
    return made


def _with_noise(outcome: Outcome, noise) -> Outcome:
    """A library that writes to standard error by itself disturbs the user's screen."""
    noise.seek(0)
    text = noise.read(10_000)
    lines = [line for line in text.splitlines() if not line.startswith(TOLERATED)]
    quotes_the_file = text.startswith(QUOTING)  # its bytes may hold ends of lines
    if not lines or quotes_the_file or outcome.status == "otherwise":
        return outcome
    return Outcome("otherwise", outcome.what, f"wrote to standard error: {lines[0]!r}")


def _start_measuring() -> int:
    """Bytes that this process holds; its peak is counted from here on."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return _memory("self", "VmHWM")
    return _memory("self", "VmRSS")


def _memory(pid, field: str) -> int:
    """Bytes in a field of /proc/PID/status; 0 where there is none."""
    try:
        text = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = [line.split()[1] for line in text.splitlines() if line.startswith(f"{field}:")]
    return int(found[0]) * 1024 if found else 0


class Worker:
    """A process that runs cases, restarted after one that it did not survive."""

    def __init__(self, seed: int, home: Path):
        self._seed, self._home, self._starts = seed, home, 0
        self._process: BaseProcess | None = None

    def _start(self) -> BaseProcess:
        context = multiprocessing.get_context("spawn")
        self._starts += 1
        home = self._home / str(self._starts)
        home.mkdir(parents=True)
        self._connection, theirs = context.Pipe()
        process = context.Process(target=serve, args=(theirs, self._seed, home), daemon=True)
        process.start()
        self._process = process
        theirs.close()
        return process

    def run(self, name: str, number: int) -> Outcome:
        """Runs one case.

        Raises:
            RuntimeError: the kind cannot make its valid files, or they are not answered.
        """
        process = self._process or self._start()
        self._connection.send((name, KINDS[name], number))
        ready = "it does not start"
        if self._connection.poll(START_SECONDS):
            ready = self._connection.recv()
        if ready != "ready":
            raise RuntimeError(f"{name}: {ready}")
        reason = self._watch(process.pid)
        if reason is None:
            try:
                outcome, peak = self._connection.recv()
                if peak <= BYTES:
                    return outcome
                return Outcome("otherwise", outcome.what, f"took {peak / 2**30:.1f} GiB")
            except EOFError:
                process.join()
                reason = f"the process died with exit code {process.exitcode}"
        self.stop()
        return Outcome("otherwise", "", reason)

    def _watch(self, pid: int | None) -> str | None:
        """Waits for the worker's answer, or says why it was not waited for."""
        started = time.monotonic()
        before = _memory(pid, "VmRSS")
        while not self._connection.poll(POLL_SECONDS):
            if time.monotonic() - started > SECONDS:
                return f"took more than {SECONDS} s"
            if _memory(pid, "VmRSS") - before > BYTES:
                return f"took more than {BYTES / 2**30:g} GiB"
        return None

    def stop(self) -> None:
        """Ends the process."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None


def run_cases(
    tasks: Iterable[tuple[str, int]],
    seed: int,
    jobs: int,
    folder: Path,
    told: Callable[[str, int, Outcome], None],
) -> None:
    """Runs cases in `jobs` processes.

    Args:
        tasks: (kind, number) of every case.
        seed: of all cases.
        jobs: number of processes.
        folder: an empty folder for their files.
        told: called with each kind, number and outcome, from one thread at a time.

    Raises:
        RuntimeError: see `Worker.run`.
    """
    waiting, failed, lock, stopping = queue.SimpleQueue(), [], threading.Lock(), threading.Event()
    for task in tasks:
        waiting.put(task)

    def work(job: int) -> None:
        worker = Worker(seed, folder / f"worker{job}")
        try:
            while not stopping.is_set():
                name, number = waiting.get_nowait()
                outcome = worker.run(name, number)
                with lock:
                    told(name, number, outcome)
        except queue.Empty:
            pass
        except Exception as error:
            failed.append(error)
            stopping.set()
        finally:
            worker.stop()

    threads = [threading.Thread(target=work, args=(job,)) for job in range(jobs)]
    for thread in threads:
        thread.start()
    try:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)
    finally:
        stopping.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]
