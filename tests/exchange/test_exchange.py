"""What one backend saves, every other loads, and it answers the same.

Run by `python -m tests`: each suite with `--save-in=FOLDER`, and at the end `--load-in=FOLDER`.
"""

from pathlib import Path

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo import layers
from mer_zoo.zoo import weights
from mer_zoo.zoo.golden import golden_clips, golden_probabilities

BACKENDS = ("tensorflow", "jax", "torch")


@pytest.fixture
def saving(pytestconfig):
    folder = pytestconfig.getoption("--save-in")
    if folder is None:
        pytest.skip("needs --save-in")
    return Path(folder)


@pytest.fixture(params=BACKENDS)
def loading(request, pytestconfig):
    folder = pytestconfig.getoption("--load-in")
    if folder is None:
        pytest.skip("needs --load-in")
    if not (Path(folder) / f"{request.param}.npz").exists():
        pytest.skip(f"{request.param} is not installed here")
    return Path(folder), request.param


def golden_images(model):
    return np.stack([model.preprocess(clip) for clip in golden_clips().values()])


def mesti_layer_images():
    frames = np.stack([clip.grey for clip in golden_clips().values()])[..., None]
    phases = np.array([clip.phases for clip in golden_clips().values()], np.int32).T
    inputs = dict(zip(("onset", "apex", "offset"), phases, strict=True))
    return keras.ops.convert_to_numpy(layers.MESTI()({"frames": frames, **inputs}))


def test_save(saving):
    backend = keras.backend.backend()
    # Every entry is held to its golden outputs, to 5e-5, on each backend by itself (tests/zoo).
    golden = golden_probabilities(mer_zoo.load("meganet_casme2"), list(golden_clips()))
    answers = {"meganet_casme2": golden}
    model = mer_zoo.load("meganet_tiny", class_names=["calm", "tense"])
    images = golden_images(model)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(images, np.array([0, 1]), epochs=2, verbose=0)
    model.save(saving / f"{backend}.keras")
    weights.save(model.network, saving / f"{backend}.safetensors", "float32")
    answers["own"] = model.predict_on_batch(images)
    answers["mesti"] = mesti_layer_images()
    np.savez(saving / f"{backend}.npz", **answers)


def test_an_entry_and_mesti_agree(loading):
    """What this backend answered when it saved, against what the other did."""
    folder, other = loading
    mine, theirs = (np.load(folder / f"{b}.npz") for b in (keras.backend.backend(), other))
    assert {"meganet_casme2", "mesti"} <= set(mine.files) == set(theirs.files)
    for name in mine.files:
        if name == "own":
            continue  # trained by each backend for itself
        atol = 4e-4 if name == "mesti" else 1e-4
        np.testing.assert_allclose(mine[name], theirs[name], atol=atol, err_msg=name)


def test_a_tuned_model_is_read_back(loading):
    folder, other = loading
    model = mer_zoo.load(folder / f"{other}.keras")
    assert model.class_names == ["calm", "tense"] and not model.fresh_head
    answers = np.load(folder / f"{other}.npz")["own"]
    np.testing.assert_allclose(model.predict_on_batch(golden_images(model)), answers, atol=1e-4)
    again = mer_zoo.load("meganet_tiny", class_names=["calm", "tense"])
    weights.load(again.network, folder / f"{other}.safetensors")
    np.testing.assert_allclose(again.predict_on_batch(golden_images(again)), answers, atol=1e-4)
