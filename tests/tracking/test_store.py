"""A store that is made for the first time."""

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
