"""Looks after the chief and the workers of a search: starts, restarts and ends them."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from mer_zoo import devices
from mer_zoo.errors import USER_ERROR
from tuner.errors import SearchRefusedError, WorkersLostError
from tuner.progress import Lines
from tuner.project import Project
from tuner.workers.address import CHIEF, Address
from tuner.workers.chief import AGAIN, Service
from tuner.workers.member import Member
from tuner.workers.standing import Standing

LOOK = 0.2  # seconds between two looks at the processes
STARTS = 5  # of one process without a trial having ended: then something is wrong
FAILURES = 3  # trials in a row
FAREWELL = 3.0  # seconds the chief stays, so that every worker hears that there is nothing left
LOGS = "logs"


@dataclass(frozen=True)
class Team:
    """Processes that train the trials of a search.

    Attributes:
        workers: on this machine; 0 when all are on others.
        command: makes the command that starts a worker, one which calls `tuner.join`, from the address
            of the chief and the tracking URI.
        listen: where the chief listens; on a free port of this machine alone by default.
    """

    workers: int
    command: Callable[[str, str], Sequence[str]]
    listen: Address = field(default_factory=Address)

    def __post_init__(self):
        if self.workers < 0:
            raise SearchRefusedError(f"workers={self.workers}: expected 0 or more.")
        if not self.workers and self.listen.is_private:
            raise SearchRefusedError(
                f"Without workers on this machine, and with a chief at {self.listen} whom no other "
                "can reach, nothing would be trained. Give --workers 1 or more, or --listen "
                "HOST:PORT with an address of this machine in the network."
            )


class Supervisor:
    """Runs the trials of a search in processes.

    Args:
        team: the processes.
        project: folder of the search; its lock is held.
        service: for the chief.
        backend: of the workers.
        tracking_uri: of the workers.
        ended: called with the standing whenever trials have ended.
        lines: told what happens.
    """

    def __init__(
        self,
        team: Team,
        project: Project,
        service: Service,
        backend: str,
        tracking_uri: str,
        ended: Callable[[Standing], None],
        lines: Lines,
    ):
        self.team, self.project, self.service = team, project, service
        self.ended, self.lines = ended, lines
        self.address = team.listen.free()
        logs = project.folder / LOGS
        found = devices.gpus()
        self.chief = Member(
            CHIEF,
            [sys.executable, "-m", "tuner.workers.chief", str(project.folder)],
            {**self.address.environment(CHIEF), devices.VISIBLE: "", "KERAS_BACKEND": backend},
            logs / f"{CHIEF}.log",
        )
        here = self.address.here
        shares = devices.shares(team.workers, backend, found, devices.cores())
        self.workers = [
            Member(
                f"worker{number}",
                team.command(str(here), tracking_uri),
                {**share, **here.environment(f"worker{number}")},
                logs / f"worker{number}.log",
            )
            for number, share in enumerate(shares, 1)
        ]
        self.standing = Standing.read(project.state) or Standing()

    def run(self) -> None:
        """Returns when every trial has ended, or three in a row have failed.

        Raises:
            WorkersLostError: a process cannot be kept alive, or ended with an error of its user.
        """
        begun = len(self.standing.ended)
        if begun >= self.service.trials:
            return
        self.service.write(self.project)
        with self._stopping():
            self.chief.start()
            for worker in self.workers:
                worker.start()
            self._say_where()
            while not self._finished:
                if self.standing.failures_since(begun) >= FAILURES:
                    return
                time.sleep(LOOK)
                self._look_at_trials()
                if self._finished:
                    break
                self._look_at(self.chief, AGAIN)
                for worker in self.workers:
                    self._look_at(worker)
            self._look_at_trials()
            self._farewell()

    @property
    def _finished(self) -> bool:
        """All trials have ended, or a space with few values has no other trial left."""
        left = [worker.exit_code for worker in self.workers] or [self.chief.exit_code]
        return len(self.standing.ended) >= self.service.trials or not any(c != 0 for c in left)

    def _say_where(self):
        gpus = [worker.environment.get(devices.VISIBLE) for worker in self.workers]
        on = f", GPUs {', '.join(sorted(set(filter(None, gpus))))}" if any(gpus) else ""
        logs = self.chief.log.parent
        self.lines.say(f"{len(self.workers)} workers{on}; what they say is in {logs}")
        if not self.address.is_private:
            self.lines.say(
                f"The chief listens on {self.address}. Anyone who reaches that port can take part in the "
                "search: open it in a network you trust alone."
            )

    def _look_at_trials(self):
        found = Standing.read(self.project.state)
        if found is not None and len(found.ended) > len(self.standing.ended):
            self.standing = found
            for member in (self.chief, *self.workers):
                member.starts = 1
            self.ended(found)

    def _look_at(self, member: Member, *again: str):
        code = member.exit_code
        if code is None or (code == 0 and member is not self.chief):
            return  # a worker that has nothing left to do
        if code == USER_ERROR:
            raise WorkersLostError(
                f"{member.name} stopped: {member.last_words()} ({member.log}). Correct it and start the "
                "same command again; it resumes where it stopped."
            )
        if member.starts >= STARTS:
            raise WorkersLostError(
                f"{member.name} ended {STARTS} times without a trial having ended meanwhile, the last "
                f"time with exit code {code} and: {member.last_words()} ({member.log}). Everything "
                "finished is kept; the same command resumes where it stopped."
            )
        self.lines.say(f"{member.name} ended with exit code {code}; restarting it")
        member.start(*again)

    def _farewell(self):
        """The workers hear from the chief that nothing is left, and end by themselves."""
        self.lines.say("all trials have ended")
        end = time.monotonic() + FAREWELL
        while time.monotonic() < end:
            alone = self.address.is_private and all(w.exit_code is not None for w in self.workers)
            if alone or self.chief.exit_code is not None:
                return
            time.sleep(LOOK)

    @contextlib.contextmanager
    def _stopping(self) -> Iterator[None]:
        try:
            yield
        finally:
            for member in (*self.workers, self.chief):
                member.stop()
