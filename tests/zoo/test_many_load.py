"""Eight processes fetch the weights of an entry to load them; one of them is killed meanwhile."""

import dataclasses
import http.server
import os
import shutil
import subprocess
import sys
import threading
import time

import pytest

import mer_zoo
from mer_zoo import zoo

pytestmark = [
    pytest.mark.backend_free,
    pytest.mark.skipif(not os.path.exists("/proc"), reason="asks Linux which process is fetching"),
]

PROCESSES = 8
# What `load` does before it builds the network, without the seconds that a backend takes to start.
READS = """
import sys
from mer_zoo import zoo
tensors = zoo.find(sys.argv[1]).tensors()
print(sum(tensor.size for tensor in tensors.values()), flush=True)
"""


@pytest.fixture
def slow_server(tmp_path):
    """Serves the weights of an entry, slowly enough for a process to be killed meanwhile."""
    content = (zoo.find("meganet_tiny").folder / "meganet_tiny.safetensors").read_bytes()
    asked = threading.Event()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            for start in range(0, len(content), 2000):
                self.wfile.write(content[start : start + 2000])
                asked.set()
                time.sleep(0.2)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/weights", asked
    server.shutdown()
    server.server_close()


def test_all_answer_and_no_file_is_torn(slow_server, tmp_path, monkeypatch):
    url, asked = slow_server
    folder = tmp_path / "entry"
    shutil.copytree(zoo.find("meganet_tiny").folder, folder)
    card = zoo.card(folder)
    dataclasses.replace(card, weights=dataclasses.replace(card.weights, url=url)).write(
        folder / "card.toml"
    )
    (folder / card.weights.file).unlink()
    home = tmp_path / "home"
    environment = {**os.environ, "MER_ZOO_HOME": str(home), "MER_ZOO_OFFLINE": ""}
    command = [sys.executable, "-c", READS, str(folder)]
    running = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    assert asked.wait(120)
    killed = fetching(running)
    killed.kill()
    answers = [process.communicate(timeout=240)[0].strip() for process in running]
    lived = [
        answer
        for process, answer in zip(running, answers, strict=True)
        if process is not killed and process.returncode == 0
    ]
    assert len(lived) == PROCESSES - 1 and len(set(lived)) == 1
    kept = [file for file in home.rglob("*") if file.is_file() and file.suffix != ".lock"]
    assert [file.name for file in kept] == [card.weights.sha256]
    assert zoo.weights.digest(kept[0]) == card.weights.sha256
    monkeypatch.setenv("MER_ZOO_HOME", str(home))
    monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
    assert mer_zoo.load(folder).card.weights == zoo.card(folder).weights


def fetching(running):
    """The process that is connected to the server: the one that writes the file at the moment."""
    for process in running:
        names = [
            os.readlink(f"/proc/{process.pid}/fd/{fd}")
            for fd in os.listdir(f"/proc/{process.pid}/fd")
        ]
        if any(name.endswith(".part") for name in names):
            return process
    raise AssertionError("no process is fetching")
