"""Reading frames in a thread of its own, a bounded number of bytes ahead."""

import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator
from contextlib import closing

from mer_zoo.clips.frame import Frame


def read_ahead(
    frames: Generator[Frame, None, None],
    most_bytes: int,
    dropped: Callable[[Frame], None] | None = None,
) -> Iterator[Frame]:
    """Gives the frames as they are; another thread reads them ahead.

    The thread ends before this generator does, however the generator ends. `frames` runs and is closed
    in that thread.

    Args:
        frames: the frames.
        most_bytes: of images that wait. One frame may always wait.
        dropped: called, in the other thread, with each frame for which there was no room. Without it the
            thread waits until there is room.

    Raises:
        Whatever `frames` raises, after the frames before it.
    """
    waiting = _Waiting(most_bytes)

    def work():
        try:
            with closing(frames):
                for frame in frames:
                    if not waiting.put(frame, wait=dropped is None) and dropped is not None:
                        dropped(frame)
                    if waiting.closed:
                        return
            waiting.end(None)
        except BaseException as error:  # raised again where the frames are used
            waiting.end(error)

    thread = threading.Thread(target=work, name="read ahead", daemon=True)
    thread.start()
    try:
        while (frame := waiting.get()) is not None:
            yield frame
    finally:
        waiting.close()
        thread.join()


class _Waiting:
    """The frames that were read and not used yet."""

    def __init__(self, most_bytes: int):
        self.closed = False
        self._most = most_bytes
        self._frames: deque[Frame] = deque()
        self._bytes = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, frame: Frame, wait: bool) -> bool:
        """Adds a frame if there is room, and returns whether it did."""
        with self._changed:
            while wait and not self.closed and not self._has_room(frame):
                self._changed.wait()
            if self.closed or not self._has_room(frame):
                return False
            self._frames.append(frame)
            self._bytes += frame.image.nbytes
            self._changed.notify_all()
            return True

    def get(self) -> Frame | None:
        """The next frame, or None at the end. Raises the error that ended the reading."""
        with self._changed:
            while not self._frames and not self._ended:
                self._changed.wait()
            if not self._frames:
                if self._error is not None:
                    raise self._error
                return None
            frame = self._frames.popleft()
            self._bytes -= frame.image.nbytes
            self._changed.notify_all()
            return frame

    def end(self, error: BaseException | None) -> None:
        """No frame will follow."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """No frame is wanted any more."""
        with self._changed:
            self.closed = True
            self._frames.clear()
            self._changed.notify_all()

    def _has_room(self, frame: Frame) -> bool:
        return not self._frames or self._bytes + frame.image.nbytes <= self._most
