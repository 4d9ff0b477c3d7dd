"""Entries that a stranger made to do harm: refused with a name, before anything is allocated."""

import dataclasses
import hashlib
import shutil
import tracemalloc

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

import mer_zoo
from mer_zoo import zoo
from mer_zoo.errors import CardError, MerZooError, WeightsError
from mer_zoo.zoo import cache
from mer_zoo.zoo.cards import Card
from mer_zoo.zoo.golden import golden_clips

pytestmark = pytest.mark.backend_free

MEGABYTE = 1 << 20


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "stranger"
    shutil.copytree(zoo.find("meganet_tiny").folder, copy)
    return copy


def rewrite(folder, **weights):
    """Changes fields of [weights] as text, since a card object would refuse some of them."""
    path = folder / "card.toml"
    card = Card.read(path).to_dict()
    card["weights"].update(weights)
    import tomli_w

    path.write_text(tomli_w.dumps(card))


def replace_tensors(folder, tensors):
    card = Card.read(folder / "card.toml")
    save_file(tensors, folder / card.weights.file)
    content = (folder / card.weights.file).read_bytes()
    rewrite(folder, sha256=hashlib.sha256(content).hexdigest(), bytes=len(content), dtype="int8")


def peak_of_refusal(folder, error, match):
    """Megabytes that Python and NumPy held at most while the entry was refused."""
    mer_zoo.load("meganet_tiny")  # what is imported for the first time does not count
    tracemalloc.start()
    try:
        with pytest.raises(error, match=match):
            mer_zoo.load(str(folder))
        return tracemalloc.get_traced_memory()[1] / MEGABYTE
    finally:
        tracemalloc.stop()


def test_scales_that_blow_a_kernel_up_are_refused(folder):
    """(6000, 1) levels times (1, 6000) scales: 30 kB that would be 144 MB."""
    tensors = load_file(folder / zoo.card("meganet_tiny").weights.file)
    tensors["head/kernel"] = np.ones((6000, 1), np.int8)
    tensors["head/kernel/scale"] = np.ones((1, 6000), np.float32)
    replace_tensors(folder, tensors)
    assert (folder / zoo.card("meganet_tiny").weights.file).stat().st_size < MEGABYTE / 2
    assert peak_of_refusal(folder, WeightsError, "one scale for each channel") < 60


@pytest.mark.parametrize("base", ["stranger", "../x", "./stranger", "hf://a/b", "no_such_entry"])
def test_a_base_is_a_packaged_entry(folder, base):
    rewrite(folder, base=base, base_sha256="0" * 64)
    with pytest.raises(CardError, match=r"base|packaged"):
        mer_zoo.load(str(folder))


def test_a_base_that_names_itself_ends(folder):
    rewrite(folder, base=str(folder), base_sha256="0" * 64)
    with pytest.raises(CardError, match="plain name of a packaged entry"):
        mer_zoo.load(str(folder))


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("preprocessing", "face_size", 100_000),
        ("preprocessing", "face_size", -1),
        ("preprocessing", "image_size", 10**9),
        ("preprocessing", "parameters", {"size": 100_000}),
        ("preprocessing", "modality", "x" * 300),
        ("network", "arguments", {"input_shape": [10**6, 10**6, 3]}),
        ("network", "arguments", {"stage_channels": [10**9]}),
        ("network", "parameters", 10**12),
        ("weights", "bytes", 10**12),
        ("weights", "url", "file:///etc/passwd"),
        ("weights", "url", "ftp://example.org/w.safetensors"),
        ("weights", "url", "http://example.org/w.safetensors"),
        ("weights", "file", "../../w.safetensors"),
    ],
)
def test_fields_have_bounds(field, section, value):
    data = zoo.card("meganet_tiny").to_dict()
    data[section][field] = value
    with pytest.raises(CardError, match=section):
        Card.from_dict(data)


def test_the_fields_of_every_packaged_card_are_within_bounds():
    for name in mer_zoo.list_models():
        Card.from_dict(zoo.card(name).to_dict())


def test_a_network_too_large_for_any_entry_is_not_built(folder):
    path = folder / "card.toml"
    card = Card.read(path)
    wide = dataclasses.replace(
        card.network, arguments={**card.network.arguments, "stages": [[4096]] * 4}
    )
    dataclasses.replace(card, network=wide).write(path)
    assert peak_of_refusal(folder, MerZooError, "meganet_tiny") < 60


def test_escape_codes_do_not_reach_the_terminal():
    data = zoo.card("meganet_tiny").to_dict()
    data["summary"] = "harmless\x1b[2J"
    with pytest.raises(CardError, match="control characters"):
        Card.from_dict(data)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "data:,x", "ftp://a/b", "http://a.org/b"])
def test_the_cache_opens_https_alone(url, tmp_path, monkeypatch):
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path))
    monkeypatch.delenv("MER_ZOO_OFFLINE", raising=False)
    with pytest.raises(WeightsError, match="https"):
        cache.fetch(url, "0" * 64)


@pytest.mark.parametrize(
    ("section", "field", "value", "message"),
    [
        ("preprocessing", "modality", "smell", "no modality named 'smell'"),
        ("preprocessing", "parameters", {"a.b": 1}, "no mesti parameter named 'a.b'"),
        ("preprocessing", "parameters", {"regularization": "x"}, "regularization='x'"),
        ("preprocessing", "parameters", {"channels": " "}, "no mesti channel set"),
        ("preprocessing", "parameters", {"channels": [1]}, "no mesti channel set"),
        ("network", "arguments", {"stages": [[0]]}, "no MEGANet can be built"),
        ("network", "arguments", {"depth": 3}, "no MEGANet argument named 'depth'"),
        ("network", "name", "NoNet", "no network named 'NoNet'"),
    ],
)
def test_a_card_that_cannot_be_used_is_named_when_the_entry_is_loaded(
    folder, section, field, value, message
):
    import tomli_w

    path = folder / "card.toml"
    data = Card.read(path).to_dict()
    data[section][field] = value
    path.write_text(tomli_w.dumps(data))
    with pytest.raises(MerZooError, match=rf"stranger/card\.toml.*{message}"):
        mer_zoo.load(str(folder))


def test_probabilities_that_are_not_finite_are_no_answer(folder):
    tensors = load_file(folder / zoo.card("meganet_tiny").weights.file)
    variance = next(name for name in tensors if name.endswith("moving_variance"))
    tensors[variance] = np.full_like(tensors[variance], -1)
    replace_tensors(folder, tensors)
    clip = next(iter(golden_clips().values()))
    with pytest.raises(WeightsError, match="not finite"):
        mer_zoo.load(str(folder)).predict_clip(clip, aligned=True)


@pytest.mark.parametrize("name", ["./" + "x" * 300, "~nobody_at_all", "./a\0b"])
def test_a_name_that_no_folder_can_have(name):
    with pytest.raises(CardError, match="does not exist"):
        mer_zoo.card(name)
