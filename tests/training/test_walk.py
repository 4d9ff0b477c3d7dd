"""How many files a reader opens to follow a training from the command to the fit."""

import sys
from pathlib import Path

import keras
import pytest

from mer_zoo.cli.making import train
from mer_zoo.datasets.fake import fake_release
from tests.toy_recipes import FLOW

PACKAGE = Path(__file__).resolve().parents[2] / "mer_zoo"
PACKAGES = ("cli", "recipes", "preparation", "evaluation", "training", "tracking")
"""The packages that organise a training; the others compute, read clips or are shared helpers."""
MOST = 13
IN_A_FUNCTION = 0x1  # CO_OPTIMIZED: not set for modules and class bodies


class Fitting(Exception):
    """The training has come to the fit."""


def files_until_the_fit(call, entry) -> set[str]:
    """Files of `PACKAGES` whose functions run in `call` below `entry`, not while a module is imported."""
    found = set()

    def note(frame, event, _):
        code = frame.f_code
        if event != "call" or not code.co_flags & IN_A_FUNCTION or code.co_name.startswith("<"):
            return
        path = Path(code.co_filename)
        if not path.is_relative_to(PACKAGE) or path.relative_to(PACKAGE).parts[0] not in PACKAGES:
            return
        while frame is not None and frame.f_code is not entry.__code__:
            if frame.f_code.co_name == "<module>":
                return
            frame = frame.f_back
        if frame is not None:
            found.add(path.relative_to(PACKAGE).as_posix())

    sys.setprofile(note)
    try:
        with pytest.raises(Fitting):
            call()
    finally:
        sys.setprofile(None)
    return found


@pytest.mark.backend_free
def test_a_training_on_real_clips_walks_few_files(tmp_path, monkeypatch):
    def fit(*_, **__):
        raise Fitting

    monkeypatch.setattr(keras.Model, "fit", fit)
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    recipe = tmp_path / "toy.toml"
    recipe.write_text(FLOW)
    root = fake_release("flow", tmp_path / "release")
    found = files_until_the_fit(
        lambda: train(str(recipe), root=[str(root)], to=tmp_path / "out", jobs=1), train
    )
    assert {"cli/making.py", "training/real.py", "training/fit.py"} <= found
    assert len(found) <= MOST, sorted(found)
