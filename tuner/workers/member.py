"""One process of a search: started with its share of the machine, its words in a log file."""

import contextlib
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tuner.workers.orphans import SUPERVISED

GRACE = 5.0  # seconds to end by itself when asked to
ROOT = Path(__file__).resolve().parents[2]


class Member:
    """A process that is restarted when it dies.

    Args:
        name: of the member, and of its log file.
        command: that starts it.
        environment: on top of this process' own.
        log: file that its output is appended to.
    """

    def __init__(
        self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path
    ):
        self.name, self.command, self.log = name, list(command), Path(log)
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        self.environment = {**os.environ, "PYTHONPATH": path, **environment, SUPERVISED: "1"}
        self.starts = 0
        self._process: subprocess.Popen | None = None

    def start(self, *more: str) -> None:
        """Starts it, with more arguments perhaps.

        It has a session of its own, so that Ctrl-C reaches the supervisor alone, and a pipe to it,
        whose end tells it that the supervisor has gone.
        """
        self.starts += 1
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [*self.command, *more],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self.environment,
                start_new_session=True,
            )

    @property
    def _started(self) -> subprocess.Popen:
        assert self._process is not None  # `start` was called
        return self._process

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._started.poll()

    @property
    def pid(self) -> int:
        """Of the process that runs now, or ran last."""
        return self._started.pid

    def stop(self) -> None:
        """Asks it to end, and ends it when it does not; everything it has finished is kept."""
        process = self._process
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(GRACE)
            process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()

    def last_words(self) -> str:
        """The last line of its log."""
        with contextlib.suppress(OSError):
            text = self.log.read_bytes()[-4000:].decode(errors="replace")
            lines = [line.strip() for line in text.splitlines() if line.strip()]
            return lines[-1] if lines else "nothing"
        return "nothing"
