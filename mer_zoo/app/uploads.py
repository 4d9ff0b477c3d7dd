"""Which uploaded video each open page holds, so that none outlives its page."""

import threading
from pathlib import Path


class Uploads:
    """The uploads of all open pages, by session.

    Args:
        folder: where uploads lie; nothing outside it is ever deleted.
    """

    def __init__(self, folder: str | Path):
        self.folder = Path(folder).resolve()
        self._held: dict[str, Path] = {}
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

    def _delete(self, video: Path | None) -> None:
        # Two pages that were given the same file hold the same path.
        if video is None or video in self._held.values() or self.folder not in video.parents:
            return
        video.unlink(missing_ok=True)
        if video.parent != self.folder and not any(video.parent.iterdir()):
            video.parent.rmdir()
