"""Spotting while the source runs: the answers of `spot`, in memory that does not grow."""

import os
import time
import tracemalloc

import cv2
import numpy as np
import pytest
from skimage import data

import mer_zoo
from mer_zoo import faces, synthesis
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, Frame, FrameStream, live, open_frames
from mer_zoo.errors import NoFaceError


class Repeated(FrameStream):
    """A sequence of frames over and over, `count` in all."""

    name, frame_count = "made up", None

    def __init__(self, frames, count, fps=30.0):
        self.fps, self._images, self._count = fps, frames, count

    def _frames(self, start, stop):
        for i in range(self._count):
            yield Frame(i, i / self.fps, self._images[i % len(self._images)].copy())


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Nine seconds, so two windows, with expressions, blinks and a swaying head."""
    photo = data.astronaut()[:256, 96:352]
    portrait = synthesis.Portrait.of(photo, faces.find_landmarks(photo).points, crop=False)
    video = synthesis.draw_long_video(portrait, seconds=9, seed=3, fps=25, expressions_a_minute=30)
    path = tmp_path_factory.mktemp("films") / "long.mp4"
    video.write(path)
    os.utime(path, (0, 0))  # it does not grow any more
    return path


def smile(step=2):
    return Clip.from_video(demonstration.smile()).frames[:, ::step, ::step]


def test_the_answers_are_those_of_spot(film):
    watched = list(mer_zoo.watch(film, every_frame=True))
    assert len(watched) >= 2
    assert watched == mer_zoo.spot(film)


def test_a_film_in_real_time():
    """Every frame is reported; nothing is faster than the film, and what was dropped is counted."""
    seen, stamps = [], []

    def on_frame(frame):
        seen.append(frame)
        stamps.append(time.monotonic())

    found = list(mer_zoo.watch(demonstration.smile(), on_frame=on_frame))
    frames = sum(1 for _ in open_frames(demonstration.smile()))
    assert seen[-1].index + 1 + seen[-1].dropped == frames
    # Frames are read in groups, so a group may wait for its last frame, and no longer.
    assert stamps[-1] - stamps[0] >= seen[-1].time - 0.5
    boxes = np.array([frame.box for frame in seen])
    height, width = seen[0].image.shape[:2]
    assert (boxes[:, :2] >= 0).all() and (boxes[:, 2:] <= (width, height)).all()
    points = faces.find_landmarks(seen[0].image).points[list(faces.TRACKED), :2]
    assert boxes[0] == pytest.approx([*points.min(axis=0), *points.max(axis=0)], abs=8)
    motion = np.concatenate([frame.motion for frame in seen])
    assert (np.diff(motion[:, 0]) > 0).all() and len(motion) > 0.7 * len(seen)
    if not seen[-1].dropped:  # a busy machine may drop frames
        assert found == mer_zoo.spot(demonstration.smile())
        still = motion[motion[:, 0] < 0.3, 1]
        assert motion[:, 1].max() > 3 * still.max()


def test_nothing_is_measured_across_dropped_frames(monkeypatch):
    """The face changes while frames are dropped: without them, nobody knows how.

    At a neutral face the reader waits until 150 more frames were dropped. The frames that wait then are
    neutral, and the next ones smile, however slow the machine is.
    """
    frames = smile()
    neutral, smiling = frames[:1].repeat(150, 0), frames[40:41].repeat(120, 0)
    rise = np.concatenate([neutral, frames[10:40], smiling])
    monkeypatch.setattr(live, "WAITING_BYTES", 12 * frames[0].nbytes)
    stream = live.open_live(Repeated(rise, len(rise)))
    waited = []

    def on_frame(frame):
        if frame.time >= 2 and not waited:
            waited.append(stream.dropped)
            last = time.monotonic() + 20  # or the source has ended
            while stream.dropped < waited[0] + 150 and time.monotonic() < last:
                time.sleep(0.02)

    found = list(mer_zoo.watch(stream, on_frame=on_frame))
    assert waited and stream.dropped >= 150
    assert found == []
    (whole,) = mer_zoo.spot(rise, fps=30)
    assert 145 < whole.apex < 185, "with these frames it is an expression"


@pytest.mark.slow
def test_memory_does_not_grow_with_time():
    """Sixty seconds: two thirds after the first window take as much as the first third."""
    frames = np.concatenate([f := smile(), f[::-1]])
    frames = np.stack([cv2.resize(frame, (200, 112)) for frame in frames[::2]])
    peaks = []

    def on_frame(frame):
        if (frame.index + 1) % 300 == 0:
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.reset_peak()

    tracemalloc.start()
    try:
        stream = Repeated(frames, 900, fps=15.0)
        for _ in mer_zoo.watch(stream, on_frame=on_frame, every_frame=True):
            pass
    finally:
        tracemalloc.stop()
    first, second, third = peaks
    assert third <= 1.1 * second <= 1.4 * first, peaks


def test_a_source_without_a_face_ends_with_an_error():
    grey = np.full((20, 120, 160, 3), 127, np.uint8)
    with pytest.raises(NoFaceError, match="20 frames"):
        list(mer_zoo.watch(Repeated(grey, 20), every_frame=True))
