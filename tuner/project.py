"""The folder of a search: its plan, the state of its oracle, and the lock against a second copy."""

import contextlib
import json
import uuid
from collections.abc import Iterator
from pathlib import Path

from mer_zoo.files import write_atomically
from tuner.errors import ProjectError, SearchRunningError

PLAN, LOCK = "plan.json", "lock"
STATE, BACKUP = "oracle.json", "oracle.backup.json"


class Project:
    """A folder that holds one search.

    Args:
        folder: made when it is not there.
    """

    def __init__(self, folder: Path):
        self.folder = Path(folder).expanduser().resolve()

    @property
    def begun(self) -> bool:
        """Whether a search was begun here."""
        return (self.folder / PLAN).exists()

    @property
    def state(self) -> Path:
        """The state of the oracle, replaced atomically."""
        return self.folder / STATE

    @property
    def backup(self) -> Path:
        """The state of the oracle after the last trial that ended."""
        return self.folder / BACKUP

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps a second copy away; the lock ends with the process, however it ends.

        Raises:
            SearchRunningError: another process searches here.
        """
        import filelock

        self.folder.mkdir(parents=True, exist_ok=True)
        try:
            lock = filelock.FileLock(self.folder / LOCK, timeout=0).acquire()
        except filelock.Timeout:
            raise SearchRunningError(
                f"A search is running in {self.folder} already. Wait for it or stop it; for another "
                "search beside it choose another --project."
            ) from None
        with lock:
            yield

    def begin(self, plan: dict) -> str:
        """Writes down the plan, or compares it with the one the search was begun with.

        Args:
            plan: plain values that name everything the trials depend on.

        Returns:
            The name of the search in the tracking store: the same whenever it resumes.

        Raises:
            ProjectError: the folder holds another search, or its plan cannot be read.
        """
        plan = json.loads(json.dumps(plan))
        file = self.folder / PLAN
        if not file.exists():
            name = f"{plan['recipe']['name']}-{uuid.uuid4().hex[:12]}"
            content = json.dumps({"search": name, "plan": plan}, indent=1, sort_keys=True)
            write_atomically(file, content.encode())
            return name
        try:
            stored = json.loads(file.read_text(encoding="utf-8"))
            found, name = stored["plan"], stored["search"]
        except (ValueError, KeyError, TypeError) as error:
            raise ProjectError(
                f"{file} cannot be read ({error}). Choose another --project; the runs of this search "
                "stay in the tracking store."
            ) from error
        different = sorted(key for key in {*found, *plan} if found.get(key) != plan.get(key))
        if different:
            raise ProjectError(
                f"{self.folder} holds a search that was begun differently ({', '.join(different)} "
                "changed). Choose another --project for a new search, or say what was said before."
            )
        return name
