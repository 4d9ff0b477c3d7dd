"""The cache: a real server on the loopback, real files, real processes asking together."""

import functools
import hashlib
import http.server
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from mer_zoo.errors import WeightsError
from mer_zoo.zoo import cache

CONTENT = b"weights " * 5000
SHA = hashlib.sha256(CONTENT).hexdigest()

pytestmark = pytest.mark.backend_free


@pytest.fixture
def served(tmp_path, monkeypatch):
    """A folder served over HTTP, the addresses asked for, and an empty cache."""
    folder, asked = tmp_path / "served", []
    folder.mkdir()
    (folder / "w.safetensors").write_bytes(CONTENT)

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("MER_ZOO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MER_ZOO_OFFLINE", raising=False)
    yield f"http://127.0.0.1:{server.server_port}/w.safetensors", asked, folder
    server.shutdown()
    server.server_close()


def test_fetched_once_even_when_many_ask(served):
    url, asked, _ = served
    with ThreadPoolExecutor(4) as pool:
        paths = list(pool.map(lambda _: cache.fetch(url, SHA), range(4)))
    assert len(set(paths)) == 1 and paths[0].read_bytes() == CONTENT
    assert len(asked) == 1
    assert cache.home() in paths[0].parents


def test_offline_uses_the_cache_and_never_the_network(served, monkeypatch):
    url, asked, _ = served
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    with pytest.raises(WeightsError, match="MER_ZOO_OFFLINE forbids"):
        cache.fetch(url, SHA)
    assert not asked
    monkeypatch.setenv("MER_ZOO_OFFLINE", "0")
    cache.fetch(url, SHA)
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    assert cache.fetch(url, SHA).read_bytes() == CONTENT


def test_wrong_content_is_refused_and_not_kept(served):
    url, _, folder = served
    (folder / "w.safetensors").write_bytes(b"something else")
    with pytest.raises(WeightsError, match="Nothing was kept"):
        cache.fetch(url, SHA)
    assert not [
        p for p in (cache.home() / "files").rglob("*") if p.is_file() and p.suffix != ".lock"
    ]


def test_a_damaged_cached_file_is_replaced(served):
    url, asked, _ = served
    cache.fetch(url, SHA).write_bytes(b"damaged")
    assert cache.fetch(url, SHA).read_bytes() == CONTENT
    assert len(asked) == 2


def test_an_unreachable_server_is_named(served):
    with pytest.raises(WeightsError, match="cannot be fetched"):
        cache.fetch("http://127.0.0.1:9/w", SHA, timeout=2)
