"""Entries on the Hub, against a server that stands in for it."""

import dataclasses
import shutil

import pytest

import mer_zoo
from mer_zoo import zoo
from mer_zoo.errors import (
    CardError,
    HubError,
    MissingPackageError,
    OutputExistsError,
    WeightsError,
)
from mer_zoo.zoo.hub import HubAddress, fetch
from tests.zoo.hub_server import HubServer

pytest.importorskip("huggingface_hub")
pytestmark = pytest.mark.backend_free

REPO = "someone/my_model"


@pytest.fixture
def hub(monkeypatch, tmp_path):
    server = HubServer()
    monkeypatch.setenv("HF_ENDPOINT", server.endpoint)
    monkeypatch.setenv("HF_TOKEN", "hf_of_a_test")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MER_ZOO_OFFLINE", raising=False)
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def folder(tmp_path):
    """An entry as finetune leaves it, with files that are nobody's business."""
    copy = tmp_path / "my_model"
    shutil.copytree(zoo.find("meganet_tiny").folder, copy)
    (copy / "loso").mkdir()
    (copy / "loso" / "plan.json").write_text("people")
    return copy


def entry_files(folder):
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}


def test_pushed_and_fetched_it_is_the_same_entry(hub, folder, capsys, monkeypatch):
    pinned = mer_zoo.push(folder, f"hf://{REPO}")
    commit = hub.repositories[REPO][-1][0]
    assert pinned == f"hf://{REPO}@{commit}" and hub.private[REPO]
    sent = set(hub.at(REPO, commit))
    assert sent == {".gitattributes", "README.md", "card.toml", "meganet_tiny.safetensors"}
    found = zoo.find(f"hf://{REPO}")
    assert found.card == zoo.card(folder) and found.address == pinned
    assert pinned in capsys.readouterr().err, "the commit is printed"
    assert set(hub.downloads) == {"card.toml", "meganet_tiny.safetensors"}
    assert {p.name for p in found.folder.iterdir()} - {"card.sha256"} == set(hub.downloads)
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    hub.downloads.clear()
    assert zoo.find(pinned) == found and not hub.downloads and not capsys.readouterr().err
    with pytest.raises(HubError, match=r"MER_ZOO_OFFLINE.*pinned address"):
        zoo.find(f"hf://{REPO}@main")
    with pytest.raises(HubError, match="MER_ZOO_OFFLINE forbids to push"):
        mer_zoo.push(folder, f"hf://{REPO}")


def test_the_page_is_made_of_the_card(hub, folder):
    mer_zoo.push(folder, f"hf://{REPO}", public=True)
    assert hub.private[REPO] is False
    text = hub.at(REPO, "main")["README.md"].decode()
    card = zoo.card(folder)
    assert text.startswith("---\nlicense: ") and "{{" not in text
    for said in (card.summary, *card.limits, *card.class_names, f"hf://{REPO}"):
        assert said in text
    for metric in card.metrics:
        assert f"| {metric.name} | {metric.value:.3f} |" in text


def test_what_the_repository_holds_is_not_replaced_by_accident(hub, folder):
    hub.commit(REPO, {"README.md": b"mine"})
    with pytest.raises(OutputExistsError, match=r"README\.md already.*--force"):
        mer_zoo.push(folder, f"hf://{REPO}")
    assert hub.at(REPO, "main")["README.md"] == b"mine"
    mer_zoo.push(folder, f"hf://{REPO}", force=True)
    first = hub.repositories[REPO][0]
    assert first[1]["README.md"] == b"mine", "the history keeps it"


def test_an_altered_cache_is_fetched_again(hub, folder):
    pinned, kept = fetch(mer_zoo.push(folder, f"hf://{REPO}"))
    for name in ("card.toml", "meganet_tiny.safetensors"):
        whole = (kept / name).read_bytes()
        (kept / name).write_bytes(whole + b"\n")
        assert fetch(pinned) == (pinned, kept) and (kept / name).read_bytes() == whole
    (kept / "meganet_tiny.safetensors").unlink()
    assert fetch(pinned) == (pinned, kept) and (kept / "meganet_tiny.safetensors").exists()


def wrong_weights(files, card):
    return {**files, card.weights.file: b"\0" * card.weights.bytes}


def too_large(files, card):
    return {**files, card.weights.file: files[card.weights.file] + b"\0"}


def no_card(files, card):
    return {card.weights.file: files[card.weights.file]}


def no_weights(files, card):
    return {"card.toml": files["card.toml"]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (wrong_weights, "not the file its card describes"),
        (too_large, "more than"),
        (no_card, r"has no card\.toml"),
        (no_weights, r"has no meganet_tiny\.safetensors"),
    ],
)
def test_a_repository_that_is_no_sound_entry_is_refused(hub, folder, tmp_path, change, message):
    commit = hub.commit(REPO, change(entry_files(folder), zoo.card(folder)))
    with pytest.raises(HubError, match=message):
        fetch(f"hf://{REPO}@{commit}")
    assert not list((tmp_path / "home").rglob("*.safetensors")), "nothing is kept"


@pytest.mark.parametrize("file", ["weights.pkl", "../up.safetensors", "below/w.safetensors"])
def test_only_safetensors_beside_the_card_are_fetched_or_sent(hub, folder, file):
    card = zoo.card(folder)
    weights = dataclasses.replace(card.weights, file=file)
    dataclasses.replace(card, weights=weights).write(folder / "card.toml")
    hub.commit(REPO, {**entry_files(folder), "weights.pkl": b"pickle"})
    with pytest.raises(CardError, match="safetensors"):
        fetch(f"hf://{REPO}")
    assert set(hub.downloads) == {"card.toml"}
    with pytest.raises(CardError, match="safetensors"):
        mer_zoo.push(folder, "hf://someone/other")
    assert "someone/other" not in hub.repositories


def test_an_altered_entry_is_not_pushed(hub, folder):
    file = folder / "meganet_tiny.safetensors"
    file.write_bytes(file.read_bytes()[:-1] + b"\1")
    with pytest.raises(WeightsError, match="altered"):
        mer_zoo.push(folder, f"hf://{REPO}")
    file.unlink()
    with pytest.raises(WeightsError, match="has no meganet_tiny"):
        mer_zoo.push(folder, f"hf://{REPO}")
    assert not hub.repositories


def test_an_entry_that_answers_otherwise_than_its_card_is_not_pushed(hub, folder):
    card = zoo.card(folder)
    rows = [row[::-1] for row in card.golden.probabilities]
    changed = dataclasses.replace(card.golden, probabilities=rows)
    dataclasses.replace(card, golden=changed).write(folder / "card.toml")
    with pytest.raises(CardError, match="answers to the golden clips"):
        mer_zoo.push(folder, f"hf://{REPO}")
    assert not hub.repositories


def test_weights_that_saw_real_clips_need_a_statement_of_rights(hub, folder):
    card = zoo.card(folder)
    seen = dataclasses.replace(card.trained_on, real_clips=255)
    dataclasses.replace(card, trained_on=seen, licence="terms of use of CASME II").write(
        folder / "card.toml"
    )
    with pytest.raises(HubError, match=r"255 real clips.*rights="):
        mer_zoo.push(folder, f"hf://{REPO}", public=True)
    with pytest.raises(HubError, match="has 2 characters"):
        mer_zoo.push(folder, f"hf://{REPO}", public=True, rights="ok")
    assert not hub.repositories
    mer_zoo.push(folder, f"hf://{REPO}")  # a private repository is the publisher's own
    hub.private[REPO] = False  # until it is opened
    with pytest.raises(HubError, match="rights="):
        mer_zoo.push(folder, f"hf://{REPO}", force=True)
    said = "Own recordings; all subjects agreed in writing."
    mer_zoo.push(folder, f"hf://{REPO}", force=True, rights=said)
    page = hub.at(REPO, "main")["README.md"].decode()
    assert said in page
    assert 'license: "other"' in page and "apache" not in page.lower().split("---")[1]


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("hf://no/such", "no such repository"),
        (f"hf://{REPO}@v9", "no such revision"),
        ("hf://alone", "hf://org/repo@revision"),
        ("hf://a/../b", "hf://org/repo@revision"),
    ],
)
def test_what_is_not_there_is_named(hub, address, message):
    hub.commit(REPO, {"card.toml": b""})
    with pytest.raises(HubError, match=message):
        zoo.find(address)


def test_a_hub_that_is_gone_is_named(hub, folder, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(HubError, match="connection"):
        zoo.find(f"hf://{REPO}")
    with pytest.raises(HubError, match="connection"):
        mer_zoo.push(folder, f"hf://{REPO}")
    with pytest.raises(HubError, match="Leave @v1 out"):
        mer_zoo.push(folder, f"hf://{REPO}@v1")


def test_a_missing_extra_is_named(hub, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingPackageError, match=r"mer-zoo\[hub\]"):
        zoo.find(f"hf://{REPO}")


def test_addresses_are_read_and_written():
    address = HubAddress.parse(f"hf://{REPO}@refs/pr/1")
    assert address == HubAddress(REPO, "refs/pr/1") and str(address) == f"hf://{REPO}@refs/pr/1"
    assert not address.is_pinned and address.at("a" * 40).is_pinned
