"""Where a chief listens, in the words of a user and in KerasTuner's environment variables."""

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from tuner.errors import ChiefLostError, SearchRefusedError

LOOPBACK = "127.0.0.1"
HOST, PORT, MEMBER = "KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID"
CHIEF = "chief"
EVERYWHERE = ("0.0.0.0", "::")


@dataclass(frozen=True)
class Address:
    """Host and port of a chief.

    Attributes:
        host: name or IPv4 address.
        port: 0 for any that is free.
    """

    host: str = LOOPBACK
    port: int = 0

    @classmethod
    def parse(cls, text: str) -> "Address":
        """The address of a text such as "10.0.0.5:8765".

        Raises:
            SearchRefusedError: it is none.
        """
        host, colon, port = text.rpartition(":")
        if not (host and colon and port.isdigit() and int(port) < 2**16):
            raise SearchRefusedError(
                f"{text!r} is no address. Expected HOST:PORT, for instance {LOOPBACK}:8765."
            )
        return cls(host, int(port))

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"

    @property
    def is_private(self) -> bool:
        """Whether no other machine can reach it."""
        return self.host == "localhost" or self.host.startswith("127.")

    @property
    def here(self) -> "Address":
        """How processes on the chief's own machine call it."""
        return Address(LOOPBACK, self.port) if self.host in EVERYWHERE else self

    def free(self) -> "Address":
        """This address, with a port that is free now.

        Raises:
            SearchRefusedError: the port is taken, or the host is not of this machine.
        """
        try:
            with socket.create_server((self.host, self.port)) as server:
                return Address(self.host, server.getsockname()[1])
        except OSError as error:
            raise SearchRefusedError(
                f"The chief cannot listen on {self}: {error}. Choose another port, or a host name "
                "or address of this machine."
            ) from error

    def wait(self, patience: float) -> None:
        """Returns as soon as somebody listens there.

        Raises:
            ChiefLostError: nobody did for `patience` seconds.
        """
        end = time.monotonic() + patience
        while True:
            try:
                socket.create_connection((self.host, self.port), timeout=5).close()
                return
            except OSError as error:
                if time.monotonic() > end:
                    raise ChiefLostError(
                        f"Nobody answers at {self} ({error}). The search there has ended, was "
                        "stopped, or listens at another address, which it prints when it is started "
                        "with --listen. Everything finished is kept."
                    ) from error
                time.sleep(0.5)

    def environment(self, member: str) -> dict[str, str]:
        """KerasTuner's environment variables of a process."""
        return {HOST: self.host, PORT: str(self.port), MEMBER: member}


@contextlib.contextmanager
def working_for(address: Address) -> Iterator[None]:
    """Makes this process a worker of the chief at this address, in KerasTuner's eyes.

    A supervisor has named its workers, so that a restarted one gets its trial back. Others get a
    name that is theirs alone. KerasTuner takes any name with "chief" in it for the chief's; a
    hexadecimal number cannot have it.
    """
    given = {name: os.environ.get(name) for name in (HOST, PORT, MEMBER)}
    os.environ.update(address.environment(given[MEMBER] or f"worker-{uuid.uuid4().hex}"))
    try:
        yield
    finally:
        for name, value in given.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})
