"""Worker processes of a batch, each with one video at a time, so that each can be ended alone.

A pool of processes cannot: joblib ends all workers of a pool when one of them dies, and has no way to
end the one that hangs.
"""

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from typing import Any

from mer_zoo.batch.inputs import Input
from mer_zoo.batch.readers import Reader
from mer_zoo.batch.rows import DIED, Row, too_slow
from mer_zoo.batch.worker import prepare, read_one
from mer_zoo.devices import gpu_shares, gpus
from mer_zoo.processes import start_worker


class Lane:
    """At most one worker process, started when it is needed and replaced when it was ended.

    Args:
        reader: of the videos.
        environment: variables of the process.
        timeout: seconds for each video. Starting the process and loading the network do not count.

    Attributes:
        clip: what is being read; None while nothing is.
        future: of the worker's current task.
        deadline: when the video must be read, by `time.monotonic`; None while the worker starts, and
            without a limit.
    """

    def __init__(self, reader: Reader, environment: dict[str, str], timeout: float | None):
        self._reader, self._environment, self._timeout = reader, environment, timeout
        self._process: Any = None  # loky's executor
        self.clip: Input | None = None
        self.future: Any = None
        self.deadline: float | None = None

    def begin(self, clip: Input) -> None:
        """Begins to read a video."""
        from joblib.externals.loky import ProcessPoolExecutor

        self.clip = clip
        if self._process is not None:
            self._read()
            return
        self._process = ProcessPoolExecutor(
            1, initializer=start_worker, initargs=(os.getpid(),), env=self._environment
        )
        self.future = self._process.submit(prepare, self._reader, self._environment)

    def step(self) -> tuple[Input, Row | None] | None:
        """The video with its row if it is finished by now.

        The row is None where the process died. A video beyond its limit has a failed row, and its
        process is ended.

        Raises:
            Exception: of any kind, from `Reader.prepare`.
        """
        from joblib.externals.loky.process_executor import TerminatedWorkerError

        if self.future.done():
            try:
                result = self.future.result()
            except TerminatedWorkerError:
                self.stop()
                return self._finished(None)
            if result is None:  # the worker is prepared
                self._read()
                return None
            return self._finished(result[1])
        limit, deadline = self._timeout, self.deadline
        if limit is not None and deadline is not None and time.monotonic() > deadline:
            self.stop()
            clip, _ = self._finished(None)
            return clip, Row.failed(clip, self._reader.entry, too_slow(clip, limit), limit)
        return None

    def stop(self) -> None:
        """Ends the process, whatever it is doing."""
        process, self._process = self._process, None
        if process is not None:
            process.shutdown(kill_workers=True)

    def _read(self) -> None:
        self.future = self._process.submit(read_one, self.clip, self._reader, self._environment)
        self.deadline = None if self._timeout is None else time.monotonic() + self._timeout

    def _finished(self, row: Row | None) -> tuple[Input, Row | None]:
        clip, self.clip = self.clip, None
        self.future = self.deadline = None
        assert clip is not None  # `step` is called while a video is being read
        return clip, row


def read_in_processes(
    clips: Iterable[Input],
    reader: Reader,
    environment: dict[str, str],
    *,
    jobs: int,
    timeout: float | None,
) -> Iterator[tuple[Input, Row]]:
    """Reads videos in so many processes and yields each with its row, as they come.

    With GPUs, each process has its share of them.

    A video whose process died is read once more when the others are through, alone, for it may
    have needed memory that the others held.
    """
    died = []
    with contextlib.ExitStack() as stack:
        shares = gpu_shares(jobs, environment.get("KERAS_BACKEND"), gpus())
        lanes = [Lane(reader, environment | share, timeout) for share in shares]
        for lane in lanes:
            stack.callback(lane.stop)
        for clip, row in _read(lanes, iter(clips)):
            if row is None:
                died.append(clip)
            else:
                yield clip, row
        for lane in lanes:
            lane.stop()
        for clip, row in _read(lanes[:1], iter(died)):
            yield clip, row or Row.failed(clip, reader.entry, DIED)


def _read(lanes: list[Lane], clips: Iterator[Input]) -> Iterator[tuple[Input, Row | None]]:
    while True:
        for lane in lanes:
            if lane.clip is None and (clip := next(clips, None)) is not None:
                lane.begin(clip)
        busy = [lane for lane in lanes if lane.clip is not None]
        if not busy:
            return
        deadlines = [lane.deadline for lane in busy if lane.deadline is not None]
        left = max(0.0, min(deadlines) - time.monotonic()) if deadlines else None
        wait([lane.future for lane in busy], left, return_when=FIRST_COMPLETED)
        for lane in busy:
            if (finished := lane.step()) is not None:
                yield finished
