"""Keeps the start-up messages of the backends off the screen without losing their errors.

TensorFlow and LiteRT write to the file descriptor of standard error before any of their settings
for logging is read, so neither Python nor `TF_CPP_MIN_LOG_LEVEL` can stop these lines.
"""

import contextlib
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import PathFinder

STARTS = ("keras", "tensorflow", "jax", "torch")
"""Packages whose import starts a backend."""

STDERR = 2
WAIT_SECONDS = 5

# The keeper is a process of its own: it shows what it holds when this one ends in an abort, which is
# how TensorFlow reports that the processor lacks an instruction.
_KEEPER = """
import os, sys
end, held = sys.argv[1].encode(), b""
while piece := os.read(0, 65536):
    held += piece
    if held.endswith(end):
        break
else:
    while held:
        held = held[os.write(2, held):]
"""

_lock = threading.RLock()
_screens = []  # kept open: a logging handler made during a start may hold one


def quiet_backend_start() -> None:
    """From now on, importing a backend shows what it writes to standard error only if it fails.

    Does nothing when `TF_CPP_MIN_LOG_LEVEL` asks for messages (0, 1 or 2).
    """
    if not _wanted() or any(isinstance(finder, _QuietFinder) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, _QuietFinder())


@contextlib.contextmanager
def withheld_if_quiet() -> Iterator[None]:
    """`withheld` in a process that called `quiet_backend_start`; elsewhere nothing is changed."""
    quiet = any(isinstance(finder, _QuietFinder) for finder in sys.meta_path)
    with withheld() if quiet else contextlib.nullcontext():
        yield


@contextlib.contextmanager
def withheld() -> Iterator[None]:
    """Withholds what native code writes to standard error inside the block.

    It is dropped when the block ends normally, and shown when the block raises an error or the
    process ends inside it. What Python writes to `sys.stderr` is shown at once. Other threads are
    affected as well, so this is for commands and worker processes, not for library calls.
    """
    with _lock:
        end = secrets.token_hex(16)
        keeper, screen = _start_keeper(end)
        if keeper is None:
            yield
            return
        stream = sys.stderr
        if _is_screen(stream):
            sys.stderr = os.fdopen(
                os.dup(screen), "w", 1, encoding=stream.encoding, errors=stream.errors
            )
            _screens.append(sys.stderr)
        failed = False
        try:
            yield
        except Exception:
            failed = True
            raise
        finally:
            sys.stderr = stream
            if not failed:
                os.write(STDERR, end.encode())
            os.dup2(screen, STDERR)  # closes the pipe, so the keeper sees its end
            os.close(screen)
            with contextlib.suppress(subprocess.TimeoutExpired):
                keeper.wait(WAIT_SECONDS)


def _start_keeper(end: str) -> tuple[subprocess.Popen | None, int]:
    """Standard error leads to the keeper from now on; also a descriptor of the real one."""
    try:
        screen = os.dup(STDERR)
    except OSError:  # closed, as in some services
        return None, -1
    try:
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", _KEEPER, end],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C is for the command
        )
    except OSError:  # no process can be started: then the messages are shown
        os.close(screen)
        return None, -1
    if sys.stderr is not None:
        sys.stderr.flush()
    assert keeper.stdin is not None  # since it is a pipe
    os.dup2(keeper.stdin.fileno(), STDERR)
    keeper.stdin.close()
    return keeper, screen


def _wanted() -> bool:
    return os.environ.get("TF_CPP_MIN_LOG_LEVEL", "3") not in ("0", "1", "2")


def _is_screen(stream) -> bool:
    try:
        return stream.fileno() == STDERR
    except (AttributeError, OSError, ValueError):  # replaced by something that is no file
        return False


class _QuietFinder:
    """Finds the packages of `STARTS` where they are, and runs their first import in `withheld`."""

    def __init__(self):
        self._starting = False

    def find_spec(self, name, path=None, target=None):
        if name not in STARTS or self._starting:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is None or spec.loader is None:
            return None
        execute = spec.loader.exec_module

        def exec_module(module):
            self._starting = True  # a backend that is imported by Keras is inside its block
            try:
                with withheld():
                    execute(module)
            finally:
                self._starting = False

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
