"""Which uploaded video each open page holds, how many are kept, and for how long."""

import contextlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

MOST_UPLOADS = 8  # kept at a time, those that are arriving included
MOST_MEGABYTES = 1000  # of one upload
KEPT_SECONDS = 3600  # for uploads of pages that vanished, or stay open for ever
TIDIED_EVERY = 60  # seconds


class Uploads:
    """The uploads of all open pages, by session.

    Args:
        folder: where uploads lie, each in a folder of its own; nothing outside it is ever deleted.
        most: uploads that are kept.
        megabytes: most of one upload.
    """

    def __init__(
        self, folder: str | Path, most: int = MOST_UPLOADS, megabytes: int = MOST_MEGABYTES
    ):
        self.folder = Path(folder).resolve()
        self.most, self.megabytes = most, megabytes
        self._held: dict[str, Path] = {}
        self._arriving = 0
        self._lock = threading.Lock()

    def hold(self, session: str, video: str | Path | None) -> None:
        """A page shows this video now, or none; the one it showed before is deleted."""
        with self._lock:
            former = self._held.pop(session, None)
            if video is not None:
                self._held[session] = Path(video).resolve()
            self._delete(former)

    def release(self, session: str) -> None:
        """A page was closed; its video is deleted."""
        self.hold(session, None)

    @contextlib.contextmanager
    def arriving(self) -> Iterator[bool]:
        """While an upload arrives; yields whether there is room for it.

        To make room, uploads that no page shows are deleted, the oldest first.
        """
        with self._lock:
            kept = self._shrink(self.most - 1 - self._arriving)
            admitted = kept + self._arriving < self.most
            self._arriving += admitted
        try:
            yield admitted
        finally:
            with self._lock:
                self._arriving -= admitted
                self._shrink(self.most - self._arriving)  # one request may carry several files
                if not self._arriving:
                    self._delete_partial()

    def tidy(self, older_than: float = KEPT_SECONDS) -> None:
        """Deletes what was uploaded so many seconds ago, whether a page shows it or not."""
        with self._lock:
            for upload in self._kept():
                if time.time() - _changed(upload) > older_than:
                    _remove(upload, self.folder)

    @contextlib.contextmanager
    def tidied(self, every: float = TIDIED_EVERY) -> Iterator[None]:
        """While the page is served: a thread calls `tidy` every so many seconds."""
        stopped = threading.Event()

        def work():
            while not stopped.wait(every):
                self.tidy()

        threading.Thread(target=work, name="tidy uploads", daemon=True).start()
        try:
            yield
        finally:
            stopped.set()

    def _kept(self) -> list[Path]:
        return sorted(self.folder.glob("*/*"), key=_changed)

    def _shrink(self, most: int) -> int:
        """Deletes uploads that no page shows until so many are left, and counts what is left."""
        kept = self._kept()
        free = [upload for upload in kept if upload not in self._held.values()]
        surplus = free[: max(0, len(kept) - max(0, most))]
        for upload in surplus:
            _remove(upload, self.folder)
        return len(kept) - len(surplus)

    def _delete(self, video: Path | None) -> None:
        # Two pages that were given the same file hold the same path.
        if video is None or video in self._held.values() or self.folder not in video.parents:
            return
        _remove(video, self.folder)

    def _delete_partial(self) -> None:
        """Uploads that broke off lie beside the folders of the complete ones."""
        for path in self.folder.iterdir() if self.folder.exists() else ():
            if path.is_file():
                path.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # deleted meanwhile
        return 0.0


def _remove(upload: Path, folder: Path) -> None:
    upload.unlink(missing_ok=True)
    with contextlib.suppress(OSError):  # another file has arrived in it
        if upload.parent != folder:
            upload.parent.rmdir()
