"""A migrated tracking database, made once and copied; a small recipe; toy examples."""

import importlib.util
import logging
import os

import pytest

from tests.databases import migrated_database
from tests.toy_recipes import SYNTHETIC
from tests.tuner.learners import Place
from tuner.packages import PACKAGES

RECIPE = (
    SYNTHETIC.replace("seeds = [1, 2]", "seeds = [1]")
    + """
[search.space]
"training.learning_rate" = {kind = "float", low = 1e-4, high = 1e-2, sampling = "log"}
"augmentation.shift" = {kind = "int", low = 0, high = 4}
"network.arguments.attention_stages" = {kind = "choice", values = [[], [1], [2]]}
"""
)


@pytest.fixture(scope="session", autouse=True)
def _packages():
    missing = [
        package for module, package in PACKAGES.items() if not importlib.util.find_spec(module)
    ]
    if missing:
        pytest.skip(f"not installed: {', '.join(missing)}; pip install 'mer-zoo[tune]'")


@pytest.fixture(scope="session", autouse=True)
def _quiet_mlflow(_packages):
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    logging.getLogger("alembic").setLevel(logging.ERROR)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, _quiet_mlflow):
    """The file of an empty database."""
    return migrated_database(tmp_path_factory)


@pytest.fixture()
def place(tmp_path, migrated):
    return Place(tmp_path, migrated)


@pytest.fixture(scope="session")
def finished(tmp_path_factory, migrated, recipe_file):
    """A search that was never interrupted, and its place."""
    place = Place(tmp_path_factory.mktemp("finished"), migrated)
    return place, place.search(recipe_file)


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("recipes") / "toy.toml"
    file.write_text(RECIPE)
    return file
