"""Sources that do not wait: files that grow, network streams, frames that come too fast."""

import http.server
import threading
import time

import cv2
import numpy as np
import pytest

from mer_zoo.clips import Frame, FrameStream, live, open_frames, open_live
from mer_zoo.clips.capture import GrowingVideo
from mer_zoo.errors import ClipError, VideoError
from mer_zoo.read_ahead import read_ahead

COUNT = 60


class Drawn(FrameStream):
    """Frames whose brightness is their number, as fast as they are asked for."""

    name, fps, frame_count = "drawn frames", 25.0, None

    def __init__(self, count, size=(24, 32)):
        self.count, self.size, self.closed = count, size, False

    def _frames(self, start, stop):
        try:
            for i in range(self.count):
                yield Frame(i, i / self.fps, np.full((*self.size, 3), i % 256, np.uint8))
        finally:
            self.closed = True


class Broken(Drawn):
    def _frames(self, start, stop):
        yield from super()._frames(start, stop)
        raise VideoError("the cable was pulled")


@pytest.fixture
def transport_stream(tmp_path):
    """An MPEG-TS file, which can be read while it grows: its bytes."""
    path = tmp_path / "whole.ts"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), 25, (160, 120))
    assert writer.isOpened()
    for i in range(COUNT):
        writer.write(np.full((120, 160, 3), 4 * i, np.uint8))
    writer.release()
    return path.read_bytes()


def readers():
    return [thread for thread in threading.enumerate() if thread.name == "read ahead"]


def test_a_file_that_grows_is_read_to_its_end(transport_stream, tmp_path, monkeypatch):
    timeouts = (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, 500, cv2.CAP_PROP_READ_TIMEOUT_MSEC, 2500)
    monkeypatch.setattr(GrowingVideo, "_limits", timeouts)
    path = tmp_path / "growing.ts"
    half = len(transport_stream) // 2
    path.write_bytes(transport_stream[:half])

    def grow():
        time.sleep(1)
        with path.open("ab") as file:
            file.write(transport_stream[half:])

    thread = threading.Thread(target=grow)
    thread.start()
    frames = list(open_live(path, every_frame=True))
    thread.join()
    whole = tmp_path / "whole.ts"
    expected = list(open_frames(whole))
    assert len(frames) == len(expected) == COUNT
    assert [f.index for f in frames] == list(range(COUNT))
    assert [f.time for f in frames] == pytest.approx([f.time for f in expected])
    assert (frames[-1].image == expected[-1].image).all()


def test_a_network_stream_is_read_and_its_password_is_not_shown(
    transport_stream, tmp_path, monkeypatch
):
    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=tmp_path)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://ann:secret@127.0.0.1:{server.server_port}/whole.ts"
    try:
        monkeypatch.setenv("MER_ZOO_OFFLINE", "1")
        with pytest.raises(VideoError, match="MER_ZOO_OFFLINE") as error:
            open_live(address)
        assert "secret" not in str(error.value)
        monkeypatch.delenv("MER_ZOO_OFFLINE")
        stream = open_live(address, every_frame=True)
        assert "secret" not in stream.name and "whole.ts" in stream.name
        frames = list(stream)
        assert len(frames) == COUNT and all(np.diff([f.time for f in frames]) > 0)
        with pytest.raises(VideoError, match="cannot be opened") as error:
            list(open_live(address.replace("whole", "missing")))
        assert "secret" not in str(error.value)
    finally:
        server.shutdown()
        server.server_close()


def test_a_missing_camera_is_named():
    with pytest.raises(VideoError, match="Camera 97 cannot be opened"):
        list(open_live(97))


def test_frames_that_do_not_fit_are_dropped_and_counted(monkeypatch):
    source = Drawn(200)
    monkeypatch.setattr(live, "WAITING_BYTES", 10 * 24 * 32 * 3)
    stream = live.LiveStream(source)
    seen, gaps = [], []
    for frame in stream:
        seen.append(frame)
        gaps.append(stream.follows_gap(frame.index))
        time.sleep(0.002)
    assert stream.dropped > 0 and len(seen) + stream.dropped == 200
    assert [frame.index for frame in seen] == list(range(len(seen)))
    skipped = np.diff([round(frame.time * 25) for frame in seen]) > 1
    assert gaps == [False, *skipped], "a gap is known where frames are missing, and nowhere else"


def test_with_every_frame_nothing_is_dropped(monkeypatch):
    monkeypatch.setattr(live, "WAITING_BYTES", 10 * 24 * 32 * 3)
    stream = live.LiveStream(Drawn(100), every_frame=True)
    times = []
    for frame in stream:
        times.append(frame.time)
        time.sleep(0.001)
    assert times == [i / 25 for i in range(100)] and stream.dropped == 0


def test_a_file_is_given_at_the_speed_at_which_it_plays():
    begun = time.monotonic()
    frames = list(open_live(Drawn(200), seconds=0.8))
    assert len(frames) == 20, "seconds ends it"
    assert time.monotonic() - begun >= 19 / 25


def test_large_frames_are_made_smaller():
    (frame,) = open_live(Drawn(1, (1080, 1920)))
    assert frame.image.shape == (540, 960, 3)
    (frame,) = open_live(Drawn(1, (720, 1280)))
    assert frame.image.shape == (720, 1280, 3)


def test_it_can_be_stopped_and_is_gone_through_once():
    stream = open_live(Drawn(10**9), every_frame=True)
    last = 0
    for frame in stream:
        last = frame.index
        if last == 5:
            stream.stop()
    assert 5 <= last < 10**6
    with pytest.raises(ClipError, match="only once"):
        list(stream)
    with pytest.raises(ClipError, match="seconds"):
        open_live(Drawn(3), seconds=0)
    assert not readers()


def test_what_is_read_ahead_ends_with_its_reader():
    source = Drawn(10**9)
    frames = read_ahead(source.frames(), 10**6, lambda frame: frame.image.nbytes)
    assert [next(frames).index for _ in range(3)] == [0, 1, 2]
    frames.close()
    assert not readers() and source.closed


def test_an_error_of_the_source_comes_after_its_frames():
    seen = []
    with pytest.raises(VideoError, match="the cable was pulled"):
        for frame in read_ahead(Broken(30).frames(), 10**6, lambda frame: frame.image.nbytes):
            seen.append(frame.index)
    assert seen == list(range(30)) and not readers()
