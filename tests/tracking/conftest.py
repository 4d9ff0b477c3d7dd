"""A migrated tracking database, made once and copied; nothing is said to MLflow's makers."""

import importlib.util
import logging
import os
import shutil

import pytest


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
    """The file of an empty database: to migrate one takes seconds."""
    from mer_zoo.tracking import Store

    file = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    Store.at(f"sqlite:///{file}").client()
    return file


@pytest.fixture()
def store(tmp_path, migrated):
    """A store of its own in `tmp_path`."""
    from mer_zoo.tracking import Store

    shutil.copy(migrated, tmp_path / "mlflow.db")
    return Store.at(f"sqlite:///{tmp_path / 'mlflow.db'}")
