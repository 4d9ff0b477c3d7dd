"""Items of a generator that another thread makes ahead of their use, a bounded number of bytes ahead."""

import threading
from collections import deque
from collections.abc import Callable, Generator
from contextlib import closing
from typing import Generic, TypeVar

T = TypeVar("T")


def read_ahead(
    items: Generator[T, None, None],
    most_bytes: int,
    size: Callable[[T], int],
    dropped: Callable[[T], None] | None = None,
) -> Generator[T, None, None]:
    """Gives the items as they are; another thread makes them ahead.

    The thread ends before this generator does, however the generator ends. `items` runs and is closed
    in that thread.

    Args:
        items: what is made ahead.
        most_bytes: of items that wait. One may always wait.
        size: bytes of an item.
        dropped: called, in the other thread, with each item for which there was no room. Without it the
            thread waits until there is room.

    Raises:
        Whatever `items` raises, after the items before it.
    """
    waiting = _Waiting(most_bytes, size)

    def work():
        try:
            with closing(items):
                for item in items:
                    if not waiting.put(item, wait=dropped is None) and dropped is not None:
                        dropped(item)
                    if waiting.closed:
                        return
            waiting.end(None)
        except BaseException as error:  # raised again where the items are used
            waiting.end(error)

    thread = threading.Thread(target=work, name="read ahead", daemon=True)
    thread.start()
    try:
        while waiting.has_more():
            yield waiting.get()
    finally:
        waiting.close()
        thread.join()


class _Waiting(Generic[T]):
    """The items that were made and not used yet."""

    def __init__(self, most_bytes: int, size: Callable[[T], int]):
        self.closed = False
        self._most, self._size = most_bytes, size
        self._items: deque[T] = deque()
        self._bytes = 0
        self._ended = False
        self._error: BaseException | None = None
        self._changed = threading.Condition()

    def put(self, item: T, wait: bool) -> bool:
        """Adds an item if there is room, and returns whether it did."""
        with self._changed:
            while wait and not self.closed and not self._has_room(item):
                self._changed.wait()
            if self.closed or not self._has_room(item):
                return False
            self._items.append(item)
            self._bytes += self._size(item)
            self._changed.notify_all()
            return True

    def has_more(self) -> bool:
        """Waits for the next item; False at the end. Raises the error that ended the making."""
        with self._changed:
            while not self._items and not self._ended:
                self._changed.wait()
            if not self._items and self._error is not None:
                raise self._error
            return bool(self._items)

    def get(self) -> T:
        """The next item, where there is one."""
        with self._changed:
            item = self._items.popleft()
            self._bytes -= self._size(item)
            self._changed.notify_all()
            return item

    def end(self, error: BaseException | None) -> None:
        """No item will follow."""
        with self._changed:
            self._ended, self._error = True, error
            self._changed.notify_all()

    def close(self) -> None:
        """No item is wanted any more."""
        with self._changed:
            self.closed = True
            self._items.clear()
            self._changed.notify_all()

    def _has_room(self, item: T) -> bool:
        return not self._items or self._bytes + self._size(item) <= self._most
