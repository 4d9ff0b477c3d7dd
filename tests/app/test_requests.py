"""What the server refuses, over real HTTP: requests of other sites, and uploads beyond a bound."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from mer_zoo.app import running_page
from mer_zoo.errors import ServerError

pytestmark = pytest.mark.backend_free

HERE = "127.0.0.1"
UPLOAD = "/gradio_api/upload"
FORM = {"Content-Type": "multipart/form-data; boundary=limit"}
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def port():
    return free_port()


@pytest.fixture(scope="module", autouse=True)
def _served(port):
    with running_page("meganet_tiny", port=port, max_upload=1):
        yield


def free_port():
    with socket.socket() as free:
        free.bind((HERE, 0))
        return free.getsockname()[1]


def form(content=b"video", name="a.mp4"):
    head = f'--limit\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
    return head.encode() + content + b"\r\n--limit--\r\n"


def ask(port, method="GET", path="/", body=None, headers=()):
    connection = http.client.HTTPConnection(HERE, port, timeout=30)
    connection.request(method, path, body, dict(headers))
    answer = connection.getresponse()
    text = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, text


def upload(port, name="a.mp4", **headers):
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    content = os.urandom(8)  # Gradio keeps equal uploads once
    return ask(port, "POST", UPLOAD, form(content, name), {**FORM, **headers})


def begun(port, length):
    """A connection with an upload of which the header has arrived, and the first bytes."""
    connection = socket.create_connection((HERE, port), timeout=30)
    head = f"POST {UPLOAD} HTTP/1.1\r\nHost: {HERE}:{port}\r\nContent-Length: {length}\r\n"
    head += f"Content-Type: {FORM['Content-Type']}\r\n\r\n"
    connection.sendall(head.encode() + form()[:-20])
    return connection


def kept():
    return [path for path in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*") if path.is_file()]


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not (found := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


@pytest.mark.parametrize(
    "origin", ["https://attacker.example", "null", "http://127.0.0.1:1", "http://localhost:{port}"]
)
def test_a_page_of_another_site_cannot_post(port, origin):
    before = set(kept())
    status, text = upload(port, Origin=origin.format(port=port))
    assert status == 403 and "page of another site" in text
    assert set(kept()) == before
    join = ask(
        port, "POST", "/gradio_api/queue/join", b"{}", {"Origin": "https://attacker.example"}
    )
    assert join[0] == 403


def test_the_page_itself_and_programs_can_post(port):
    assert upload(port, Origin=f"http://{HERE}:{port}", Sec_Fetch_Site="same-origin")[0] == 200
    local = f"localhost:{port}"
    assert upload(port, Host=local, Origin=f"http://{local}")[0] == 200
    assert upload(port)[0] == 200


def test_a_rebound_name_is_refused(port):
    name = f"attacker.example:{port}"
    assert upload(port, Host=name, Origin=f"http://{name}", Sec_Fetch_Site="same-origin")[0] == 400


def test_another_site_may_link_to_the_page_and_embed_nothing_of_it(port):
    link = {"Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
    image = {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    for site in ("cross-site", "same-site"):
        assert ask(port, headers={"Sec-Fetch-Site": site, **link})[0] == 200
        assert ask(port, headers={"Sec-Fetch-Site": site, **image})[0] == 403


def test_an_upload_that_is_too_large_is_refused_before_it_is_sent(port):
    with begun(port, 1_200_000) as connection:
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        text = answer.read().decode()
    assert answer.status == 413
    assert "has 1.2 MB, and at most 1 MB" in text and "--max-upload" in text
    status, text = ask(port, "POST", UPLOAD, iter([form()]), FORM)  # in chunks, of unknown size
    assert status == 411 and "Content-Length" in text


def test_no_more_than_eight_uploads_are_kept(port):
    for number in range(10):
        assert upload(port, name=f"{number}.mp4")[0] == 200
    assert sorted(path.name for path in kept()) == [f"{number}.mp4" for number in range(2, 10)]


def test_no_more_than_eight_uploads_arrive_at_a_time_and_broken_ones_leave_nothing(port):
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(begun(port, 500_000))
        assert until(lambda: upload(port)[0] == 429)
        status, text = upload(port)
        assert status == 429 and "Close one of these pages" in text
    assert until(lambda: upload(port, name="after.mp4")[0] == 200)
    assert until(lambda: all(path.suffix == ".mp4" for path in kept()))


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(ServerError, match="max_upload=0"), running_page(max_upload=0):
        pass


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="a signal of POSIX")
def test_a_closed_terminal_leaves_no_upload(tmp_path):
    port = free_port()
    options = ["--model", "meganet_tiny", "--port", str(port), "--no-browser"]
    command = [sys.executable, "-m", "mer_zoo.cli", "app", *options]
    server = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "TMPDIR": str(tmp_path)})
    try:

        def answers():
            with socket.socket() as probe:
                return probe.connect_ex((HERE, port)) == 0

        assert until(answers, 120)
        assert upload(port)[0] == 200
        assert list(tmp_path.glob("mer_zoo_app_*/*/a.mp4"))
        server.send_signal(signal.SIGHUP)
        assert server.wait(30) != 0
        assert not list(tmp_path.glob("mer_zoo_app_*"))
    finally:
        server.kill()
        server.wait()
