"""The page in a real browser: from a dropped video to a saved report, with nothing leaving the machine."""

import os
import socket
import sys
import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlsplit

import cv2
import numpy as np
import pytest

from mer_zoo.app import running_page
from mer_zoo.cli import demonstration
from mer_zoo.errors import ServerError
from tests.in_browser import NARROW, SCHEMES, chromium, faults, tabbed

pytestmark = pytest.mark.backend_free  # it reads videos, but one backend is enough

HERE = "127.0.0.1"
SECONDS = 10  # from the drop of a video to its label


@pytest.fixture(scope="module")
def outgoing():
    """Hosts to which this process, and so the server in it, opened connections."""
    hosts, watching = set(), [True]

    def watch(event, arguments):
        if watching and event == "socket.connect" and isinstance(arguments[1], tuple):
            hosts.add(arguments[1][0])
        elif watching and event == "socket.getaddrinfo" and arguments[0] is not None:
            hosts.add(str(arguments[0]))

    sys.addaudithook(watch)
    yield hosts
    watching.clear()  # a hook cannot be taken away


@pytest.fixture(scope="module")
def port():
    with socket.socket() as free:
        free.bind((HERE, 0))
        return free.getsockname()[1]


@pytest.fixture(scope="module")
def address(outgoing, port):
    with running_page("meganet_casme2", port=port, example=demonstration.smile()) as url:
        yield url


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    camera = tmp_path_factory.mktemp("camera") / "smile.mjpeg"
    camera.write_bytes(_motion_jpeg(demonstration.smile()))
    with chromium(
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera}",
    ) as browser:
        yield browser


def _motion_jpeg(video):
    capture, pictures = cv2.VideoCapture(str(video)), []
    while (read := capture.read())[0]:
        pictures.append(cv2.imencode(".jpg", read[1])[1].tobytes())
    return b"".join(pictures)


@pytest.fixture
def page(browser, address):
    """The opened page, and in `page.hosts` where its requests went by Chromium's own account."""
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    page.hosts = set()
    network = context.new_cdp_session(page)
    network.on("Network.requestWillBeSent", lambda e: page.hosts.add(_host(e["request"]["url"])))
    network.on("Network.webSocketCreated", lambda e: page.hosts.add(_host(e["url"])))
    network.send("Network.enable")
    page.set_default_timeout(1000 * SECONDS)
    page.goto(address)
    page.wait_for_selector("#video input[type=file]", state="attached")
    yield page
    context.close()


def _host(url):
    parts = urlsplit(url)
    return HERE if parts.scheme in ("data", "blob") else parts.hostname


def drop(page, video):
    page.set_input_files("#video input[type=file]", str(video))


def uploads():
    return [path for path in Path(os.environ["GRADIO_TEMP_DIR"]).rglob("*") if path.is_file()]


def until(condition, seconds=SECONDS):
    end = time.monotonic() + seconds
    while not condition() and time.monotonic() < end:
        time.sleep(0.05)
    return condition()


def test_a_dropped_video_is_read_and_its_report_saved(page, outgoing, tmp_path):
    assert "About meganet_casme2" in page.inner_text("#answer"), "the card stands there at once"
    started = time.monotonic()
    drop(page, demonstration.smile())
    page.wait_for_selector("#answer .answer")
    seconds = time.monotonic() - started
    assert seconds < SECONDS
    text = page.inner_text("#answer")
    for words in ("happiness", "onset 14", "apex 24", "Probabilities", "About meganet_casme2"):
        assert words in text
    alternatives = page.eval_on_selector_all("#answer img", "all => all.map(one => one.alt)")
    assert any("Heat map" in alt for alt in alternatives)
    assert any("Gates of Gradient Attention" in alt for alt in alternatives)
    assert page.get_attribute('#answer svg[aria-label^="Motion"]', "aria-label")

    with page.expect_download() as download:
        page.click("text=Save the report")
    assert download.value.suggested_filename == "smile_meganet_casme2.html"
    report = Path(download.value.path()).read_text("utf-8")
    assert "happiness" in report and report.count("<img") == 6 and "<script" not in report
    assert "/tmp" not in report, "nothing tells where the upload lay"

    assert page.hosts == {HERE}
    assert outgoing <= {HERE, "localhost"}


def test_the_page_is_read_on_a_phone_in_light_and_dark(page):
    page.set_viewport_size(NARROW)
    for state in ("the card", "a reading"):
        if state == "a reading":
            drop(page, demonstration.smile())
            page.wait_for_selector("#answer .answer")
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(
                f"document.body.classList.contains('dark') == {scheme == 'dark':d}"
            )
            assert faults(page) == [], (state, scheme)
    assert "Next: watch frames 14 to 24" in page.inner_text("#answer")


def test_the_keyboard_reaches_every_control_and_shows_it(page):
    controls = tabbed(page, 8)
    named = (
        "Drop a video file",
        "Upload file",
        "Capture",
        "Zoo entry",
        "Try it with a posed smile",
    )
    for name in named:
        assert any(control.startswith(name) for control in controls), controls
    page.keyboard.press("Escape")
    drop(page, demonstration.smile())
    page.wait_for_selector("#answer .answer")
    controls |= tabbed(page, 12)
    assert {"Save the report", "Clear", "play-pause-replay-button"} <= set(controls)
    assert all(controls.values()), controls


def test_the_browser_refuses_what_would_leave_the_machine(page):
    answer = page.evaluate(
        "fetch('https://example.org/').then(() => 'sent', error => error.message)"
    )
    assert "sent" not in answer
    assert page.hosts == {HERE}


def test_what_cannot_be_read_is_said_in_the_page(page, tmp_path):
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(b"not a video")
    drop(page, broken)
    page.wait_for_selector("#answer [role=alert]")
    message = page.inner_text("#answer")
    assert "The video cannot be read" in message and "broken.mp4" in message
    assert os.environ["GRADIO_TEMP_DIR"] not in message
    wall = tmp_path / "wall.mp4"
    writer = cv2.VideoWriter(str(wall), cv2.VideoWriter_fourcc(*"mp4v"), 30, (160, 120))
    for _ in range(4):
        writer.write(np.full((120, 160, 3), 90, np.uint8))
    writer.release()
    page.locator("#video button[aria-label=Clear]").last.click()
    page.wait_for_selector("text=About meganet_casme2")
    assert not uploads(), "a video that was removed from the page is deleted"
    drop(page, wall)
    page.wait_for_selector("text=No face was found")


def test_a_video_that_is_too_large_is_said_before_it_is_sent(page, tmp_path):
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as file:
        file.truncate(1_000_000_001)  # a hole: it takes no space
    drop(page, huge)
    page.wait_for_selector("text=exceed the maximum allowed size")
    assert "A video may have 1000 MB" in page.inner_text("body")
    assert not uploads()


def test_the_webcam_is_read_like_a_file(page):
    page.click("#video button[aria-label='Capture from camera']")
    page.click("#video button:has-text('webcam')")
    page.click("#video button:has-text('Record')")
    page.wait_for_timeout(2000)
    page.click("#video button:has-text('Stop')")
    page.wait_for_selector("#answer .answer")
    assert "motion" in page.inner_text("#answer .facts")


def test_an_upload_is_gone_when_its_page_is_closed(page):
    assert until(lambda: not uploads()), "those of the pages of other tests"
    page.click("text=Try it with a posed smile")
    page.wait_for_selector("#answer .answer")
    assert len(uploads()) == 1
    page.close()
    assert until(lambda: not uploads())
    assert demonstration.smile().exists(), "only uploads are deleted"


def test_only_this_machine_by_its_own_name_is_answered(address, port):
    with urllib.request.urlopen(address) as answer:
        assert "connect-src 'self'" in answer.headers["Content-Security-Policy"]
    foreign = urllib.request.Request(address, headers={"Host": "attacker.example"})
    with pytest.raises(HTTPError, match="400"):
        urllib.request.urlopen(foreign)
    with socket.socket() as other:  # another address of this machine: nobody listens there
        assert other.connect_ex(("127.0.0.2", port)) != 0


def test_a_taken_port_is_named_with_one_that_is_free(address, port):
    with (
        pytest.raises(ServerError, match=f"Port {port} .* another port, for instance --port"),
        running_page("meganet_casme2", port=port),
    ):
        pass
