"""Importing is quick and starts nothing."""

import subprocess
import sys

import pytest


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_import_starts_no_backend_and_no_heavy_package():
    loaded = run(
        "import sys, mer_zoo; mer_zoo.list_models(); mer_zoo.card('meganet_casme2');"
        "print(*{m.split('.')[0] for m in sys.modules})"
    ).split()
    heavy = {"keras", "tensorflow", "jax", "torch", "cv2", "scipy", "skimage", "mlflow"}
    assert not heavy & set(loaded)


def test_import_after_keras_takes_less_than_300_ms():
    code = (
        "import keras, time; t = time.perf_counter(); import mer_zoo;"
        "mer_zoo.load, mer_zoo.Clip; print(time.perf_counter() - t)"
    )
    # A busy machine has a second chance.
    assert float(run(code)) < 0.3 or float(run(code)) < 0.3


def test_unknown_names_are_attribute_errors():
    import mer_zoo

    with pytest.raises(AttributeError, match="lod"):
        mer_zoo.lod  # noqa: B018
    assert {"load", "card", "list_models", "Clip"} <= set(dir(mer_zoo))
