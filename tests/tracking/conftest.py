"""A migrated tracking database, made once and copied; nothing is said to MLflow's makers."""

import importlib.util
import logging
import os
import shutil

import pytest

from tests.databases import migrated_database


@pytest.fixture(scope="session", autouse=True)
def _mlflow():
    if not importlib.util.find_spec("mlflow"):
        pytest.skip("not installed: mlflow; pip install 'mer-zoo[track]'")
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    for name in ("alembic", "mlflow"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The file of an empty database."""
    return migrated_database(tmp_path_factory)


@pytest.fixture()
def store(tmp_path, migrated):
    """A store of its own in `tmp_path`."""
    from mer_zoo.tracking import Store

    shutil.copy(migrated, tmp_path / "mlflow.db")
    return Store.at(f"sqlite:///{tmp_path / 'mlflow.db'}")
