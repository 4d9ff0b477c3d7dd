"""A chief or worker ends with its supervisor, however that ended."""

import os
import sys
import threading

SUPERVISED = "MER_ZOO_SUPERVISED"


def end_with_supervisor() -> None:
    """Ends this process when its supervisor has gone, even by kill -9.

    The supervisor holds the other end of standard input and never writes: its end is the end of the
    input. Processes that nobody supervises are left alone.
    """
    if os.environ.get(SUPERVISED):
        threading.Thread(target=_wait, daemon=True).start()


def _wait():
    while os.read(sys.stdin.fileno(), 1):
        pass
    os._exit(1)
