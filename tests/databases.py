"""An empty tracking database, migrated once for all tests and all their processes."""

import os
from pathlib import Path

import pytest
from filelock import FileLock


def migrated_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of an empty database, to be copied: to migrate one takes seconds."""
    from mer_zoo.tracking import Store

    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # the folder of all workers
        folder = folder.parent
    file = folder / "migrated" / "mlflow.db"
    file.parent.mkdir(exist_ok=True)
    made = file.with_name("made")
    with FileLock(file.with_name("lock")):
        if not made.exists():
            Store.at(f"sqlite:///{file}").client()
            made.touch()
    return file
