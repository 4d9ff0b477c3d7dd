"""`load`: real, verified weights or an error that says what to do; a fresh head for own classes."""

import dataclasses
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import mer_zoo
from mer_zoo.errors import CardError, UnknownNameError, WeightsError
from mer_zoo.zoo.golden import golden_clips, golden_probabilities, verify
from mer_zoo.zoo.registry import find


@pytest.fixture
def folder(tmp_path):
    """A local zoo folder: a copy of the tiny entry."""
    return shutil.copytree(find("meganet_tiny").folder, tmp_path / "mine")


@pytest.mark.parametrize("name", mer_zoo.list_models())
def test_every_entry_answers_as_its_card_says(name):
    check = verify(name)
    assert check.passed, check
    assert check.difference < 5e-5  # so that any two backends agree to 1e-4


def test_names_and_patterns():
    assert "meganet_casme2" in mer_zoo.list_models()
    assert mer_zoo.list_models("*tiny") == ["meganet_tiny"]
    assert mer_zoo.list_models("nothing*") == []


def test_an_unknown_name_lists_close_matches(tmp_path, monkeypatch):
    with pytest.raises(UnknownNameError, match=r"'meganet_casme3'.*mean 'meganet_casme2'"):
        mer_zoo.load("meganet_casme3")
    with pytest.raises(UnknownNameError, match=r"'MEGANet_CASME2'.*mean 'meganet_casme2'"):
        mer_zoo.load("MEGANet_CASME2")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "meganet_mine").mkdir()
    with pytest.raises(UnknownNameError, match=r"local folder, write '\./meganet_mine'"):
        mer_zoo.load("meganet_mine")


def test_a_local_folder_is_loaded_by_path(folder):
    local, packaged = mer_zoo.load(folder), mer_zoo.load("meganet_tiny")
    names = list(golden_clips())
    np.testing.assert_array_equal(
        golden_probabilities(local, names), golden_probabilities(packaged, names)
    )
    with pytest.raises(CardError, match="does not exist"):
        mer_zoo.load(str(folder.parent / "elsewhere"))


def test_altered_weights_are_refused(folder):
    file = next(folder.glob("*.safetensors"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    with pytest.raises(WeightsError, match=r"was altered.*sha256"):
        mer_zoo.load(folder)


def test_missing_weights_are_an_error_not_random_weights(folder):
    next(folder.glob("*.safetensors")).unlink()
    with pytest.raises(WeightsError, match=r"cannot be read.*No random weights"):
        mer_zoo.load(folder)
    assert not verify(folder).passed


def test_swapped_class_names_do_not_pass(folder):
    """The probabilities are the same under any names."""
    card = mer_zoo.zoo.Card.read(folder / "card.toml")
    first, second, *others = card.class_names
    swapped = dataclasses.replace(card, class_names=[second, first, *others])
    swapped.write(folder / "card.toml")
    check = verify(folder)
    assert not check.passed and f"there it is {first}, {second}" in check.card
    # What is trained from now on names the columns of its golden outputs.
    named = dataclasses.replace(card.golden, class_names=card.class_names)
    dataclasses.replace(swapped, golden=named).write(folder / "card.toml")
    with pytest.raises(
        CardError, match=f"class_names are '{second}.* golden outputs are of '{first}"
    ):
        mer_zoo.load(folder)
    dataclasses.replace(card, golden=named).write(folder / "card.toml")
    assert verify(folder).passed


def test_a_card_that_does_not_fit_its_weights_is_refused(folder):
    card = mer_zoo.zoo.Card.read(folder / "card.toml")
    wider = dataclasses.replace(
        card.network, arguments={**card.network.arguments, "stages": [[8], [16], [32]]}
    )
    dataclasses.replace(card, network=wider).write(folder / "card.toml")
    with pytest.raises(WeightsError, match=r"has no tensor|has shape|holds"):
        mer_zoo.load(folder)
    counted = dataclasses.replace(card.network, parameters=card.network.parameters + 1)
    dataclasses.replace(card, network=counted).write(folder / "card.toml")
    with pytest.raises(CardError, match="trainable parameters"):
        mer_zoo.load(folder)


def test_own_classes_get_a_fresh_head_on_the_loaded_body():
    whole = mer_zoo.load("meganet_tiny")
    own = mer_zoo.load("meganet_tiny", class_names=["calm", "tense"])
    assert own.class_names == ["calm", "tense"]
    assert own.output_shape == (None, 2)
    for layer in whole.network.layers:
        if layer.name == "head":
            continue
        for mine, theirs in zip(
            own.network.get_layer(layer.name).get_weights(), layer.get_weights(), strict=True
        ):
            np.testing.assert_array_equal(mine, theirs)
    head = own.network.get_layer("head").get_weights()[0]
    assert np.std(head) > 0, "the fresh head is initialised, not zero"


def test_a_fresh_head_names_no_class_before_it_is_trained():
    clip = next(iter(golden_clips().values()))
    own = mer_zoo.load("meganet_tiny", num_classes=2)
    assert own.class_names == ["class_0", "class_1"]
    with pytest.raises(WeightsError, match="Run fit first"):
        own.predict_clip(clip, aligned=True)
    images = np.stack([own.preprocess(c) for c in golden_clips().values()])
    own.compile("adam", "sparse_categorical_crossentropy")
    own.fit(images, np.arange(len(images)) % 2, verbose=0)
    assert set(own.predict_clip(clip, aligned=True).probabilities) == {"class_0", "class_1"}


@pytest.mark.parametrize(
    "classes",
    [
        {"class_names": ["one"]},
        {"class_names": ["same", "same"]},
        {"num_classes": 1},
        {"class_names": ["a", "b"], "num_classes": 3},
    ],
)
def test_impossible_classes_are_refused(classes):
    with pytest.raises(ValueError, match="class"):
        mer_zoo.load("meganet_tiny", **classes)


def test_it_is_a_keras_model(tmp_path):
    model = mer_zoo.load("meganet_tiny")
    images = np.stack([model.preprocess(c) for c in golden_clips().values()])
    assert isinstance(model, keras.Model)
    expected = model.predict(images, verbose=0)
    np.testing.assert_allclose(expected.sum(axis=1), 1, atol=1e-5)
    model.summary(print_fn=lambda *_, **__: None)
    model.save(tmp_path / "model.keras")
    again = mer_zoo.load(tmp_path / "model.keras")
    assert type(again) is type(model)
    assert again.card == model.card and again.class_names == model.class_names
    np.testing.assert_allclose(again.predict(images, verbose=0), expected, atol=1e-6)


def test_a_saved_model_is_read_in_a_fresh_process(tmp_path):
    mer_zoo.load("meganet_tiny").save(tmp_path / "model.keras")
    code = "import mer_zoo; print(mer_zoo.load('model.keras').card.name)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.stdout.split() == ["meganet_tiny"], done.stderr


def test_whoever_reads_a_saved_model_decides_whether_it_is_compiled(tmp_path):
    model = mer_zoo.load("meganet_tiny")
    model.compile("adam", "categorical_crossentropy")
    by_itself = model.jit_compile
    model.compile("adam", "categorical_crossentropy", jit_compile=True)
    model.save(tmp_path / "model.keras")
    again = mer_zoo.load(tmp_path / "model.keras")
    assert again.compiled and again.jit_compile == by_itself


def test_what_is_no_saved_classifier_is_refused(tmp_path):
    saved = tmp_path / "model.keras"
    with pytest.raises(UnknownNameError, match="no saved model"):
        mer_zoo.load(saved)
    saved.write_bytes(b"not a model")
    with pytest.raises(WeightsError, match="cannot be read"):
        mer_zoo.load(saved)
    with pytest.raises(ValueError, match="trained head already"):
        mer_zoo.load(saved, num_classes=3)
    mer_zoo.load("meganet_tiny").network.save(saved)
    with pytest.raises(CardError, match="holds a MEGANet without a card"):
        mer_zoo.load(str(saved))
