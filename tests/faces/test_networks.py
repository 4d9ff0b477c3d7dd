"""The Keras networks give what MediaPipe's own files give."""

from pathlib import Path

import keras
import numpy as np
import pytest

from mer_zoo.errors import UnknownNameError, WeightsError
from mer_zoo.faces import networks
from mer_zoo.faces.engines import get_engine

from .face_films import ENGINES

GOLDEN = Path(__file__).parents[1] / "data" / "faces" / "golden.npz"


@pytest.fixture(scope="module")
def golden():
    """Inputs and outputs of MediaPipe's files in LiteRT; the noise comes from its seed."""
    rng = np.random.default_rng(0)
    stored = dict(np.load(GOLDEN))
    stored["blazeface_noise"] = rng.integers(0, 256, (128, 128, 3), dtype=np.uint8)
    stored["facemesh_noise"] = rng.integers(0, 256, (192, 192, 3), dtype=np.uint8)
    return stored


def assert_equal(found, expected):
    # The logits of noise reach 110, where float32 itself leaves 1e-5 after one operation.
    np.testing.assert_allclose(found, expected, atol=2e-4, rtol=2e-6)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("image", ["photo", "noise"])
def test_blazeface_equals_the_original(engine, image, golden):
    pixels = golden[f"blazeface_{image}"].astype(np.float32) / 127.5 - 1
    values, logits = get_engine(engine).blazeface(pixels)
    assert values.shape == (896, 16)
    assert_equal(values[::4], golden[f"blazeface_{image}_values"])
    assert_equal(logits, golden[f"blazeface_{image}_logits"])


@pytest.mark.parametrize("engine", ENGINES)
def test_facemesh_equals_the_original_in_any_batch(engine, golden):
    images = np.stack([golden["facemesh_photo"], golden["facemesh_noise"]] * 3)[:5]
    points, logits = get_engine(engine).facemesh(images.astype(np.float32) / 255)
    assert points.shape == (5, 468, 3)
    for index, image in enumerate(["photo", "noise"] * 2 + ["photo"]):
        assert_equal(points[index], golden[f"facemesh_{image}_points"])
        assert_equal(logits[index], golden[f"facemesh_{image}_logit"])


def test_networks_ignore_mixed_precision_and_draw_no_random_numbers():
    import random

    keras.config.set_dtype_policy("mixed_float16")
    try:
        random.seed(3)
        model = networks.load_blazeface()
        drawn = random.random()
        assert keras.config.dtype_policy().name == "mixed_float16"
    finally:
        keras.config.set_dtype_policy("float32")
    random.seed(3)
    assert drawn == random.random()
    assert {layer.compute_dtype for layer in model.layers} == {"float32"}


@pytest.mark.parametrize("load", [networks.load_blazeface, networks.load_facemesh])
@pytest.mark.parametrize("damage", ["one byte", "missing"])
def test_altered_weights_are_refused(load, damage, tmp_path, monkeypatch):
    for path in networks.WEIGHTS_FOLDER.glob("*.safetensors"):
        content = bytearray(path.read_bytes())
        content[-1] ^= 1
        if damage == "one byte":
            (tmp_path / path.name).write_bytes(content)
    monkeypatch.setattr(networks, "WEIGHTS_FOLDER", tmp_path)
    with pytest.raises(WeightsError, match=r"(altered|missing).*[Rr]einstall"):
        load()


def test_an_unknown_engine_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="litert"):
        get_engine("litter")
