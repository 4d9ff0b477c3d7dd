"""A migrated tracking database, made once and copied; a small recipe; toy examples."""

import logging
import os
import shutil

import pytest

for package in ("keras_tuner", "mlflow", "sklearn"):
    pytest.importorskip(package, reason=f"{package} is not installed: pip install 'mer-zoo[tune]'")

from tests.tuner.learners import toy_examples

RECIPE = """
name = "toy"
[data]
schema = "megc2019"
seed = 1
clips_per_identity = 6
[preprocessing]
modality = "mesti"
face_size = 40
image_size = 12
alignment = "frame"
[network]
name = "MEGANet"
[network.arguments]
stages = [[4], [6]]
stem_strides = 2
neck = 4
attention_stages = [2]
[augmentation]
shift = 1
[training]
epochs = 2
seeds = [1]
batch_size = 16
[card]
summary = "A test."
intended_use = "Tests."
limits = ["A toy."]
references = []
[search.space]
"training.learning_rate" = {kind = "float", low = 1e-4, high = 1e-2, sampling = "log"}
"augmentation.shift" = {kind = "int", low = 0, high = 4}
"network.arguments.attention_stages" = {kind = "choice", values = [[], [1], [2]]}
"""


@pytest.fixture(scope="session", autouse=True)
def _quiet_mlflow():
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    logging.getLogger("alembic").setLevel(logging.ERROR)
    logging.getLogger("mlflow").setLevel(logging.CRITICAL)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory, _quiet_mlflow):
    """The file of an empty database: to migrate one takes seconds."""
    from tuner.store import Store

    file = tmp_path_factory.mktemp("migrated") / "mlflow.db"
    Store.at(f"sqlite:///{file}").client()
    return file


@pytest.fixture()
def place(tmp_path, migrated):
    """An empty folder with a database: the options of a search that stays in it."""
    shutil.copy(migrated, tmp_path / "mlflow.db")
    (tmp_path / "diary").mkdir()
    return {
        "project": tmp_path / "project",
        "tracking_uri": f"sqlite:///{tmp_path / 'mlflow.db'}",
        "progress": False,
    }


@pytest.fixture(scope="session")
def recipe_file(tmp_path_factory):
    file = tmp_path_factory.mktemp("recipes") / "toy.toml"
    file.write_text(RECIPE)
    return file


@pytest.fixture()
def examples():
    return toy_examples()
