"""A store that is made for the first time."""

import sqlite3

import pytest

from mer_zoo.tracking import Store

pytestmark = pytest.mark.backend_free


class Cut(BaseException):
    """The process ends here."""


def test_a_database_whose_making_is_cut_short_is_not_there(tmp_path, monkeypatch):
    """MLflow would find some of its tables and never open it again."""
    from mlflow.store.db import utils

    def cut(engine):
        raise Cut

    monkeypatch.setattr(utils, "_upgrade_db", cut)
    with pytest.raises(Cut):
        Store.at(f"sqlite:///{tmp_path / 'mlflow.db'}").client()
    assert not (tmp_path / "mlflow.db").exists()


@pytest.mark.parametrize("form", ["file:{}", "file://{}", "file://localhost{}"])
def test_a_file_uri_of_sqlite_leaves_nothing_in_the_current_folder(tmp_path, monkeypatch, form):
    """MLflow takes such a URI for a relative path and creates its folders."""
    here, database = tmp_path / "here", tmp_path / "there" / "mlflow.db"
    here.mkdir()
    database.parent.mkdir()
    monkeypatch.chdir(here)
    client = Store.at(f"sqlite:///{form.format(database)}?mode=rwc&uri=true").client()
    client.create_experiment("one")
    assert list(here.iterdir()) == []
    with sqlite3.connect(database) as connection:
        assert ("one",) in connection.execute("SELECT name FROM experiments").fetchall()
