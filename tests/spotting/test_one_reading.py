"""Every frame is decoded once, ahead of the networks, by threads that end with their reader."""

import threading

import pytest

import mer_zoo
from mer_zoo import faces, spotting
from mer_zoo.cli import demonstration
from mer_zoo.clips import Clip, Frame, FrameStream
from mer_zoo.errors import ParameterError, VideoError
from mer_zoo.faces import landmark_reader
from mer_zoo.spotting import intervals, strongest
from mer_zoo.spotting.watching import watch


class Counted(FrameStream):
    """The packaged smile, at half its size; counts the frames that were asked for."""

    name, fps, frame_count = "the smile", 30.0, None

    def __init__(self, breaks_at=None):
        self.given, self.breaks_at = 0, breaks_at
        self._images = Clip.from_video(demonstration.smile(), stop=60).frames[:, ::2, ::2]

    def _frames(self, start, stop):
        for i in range(len(self._images))[start:stop]:
            if i == self.breaks_at:
                raise VideoError("the disk was pulled out")
            self.given += 1
            yield Frame(i, i / 30, self._images[i].copy())


def threads():
    ours = ("read ahead", "landmarks")
    return [thread for thread in threading.enumerate() if thread.name in ours]


def test_spot_decodes_each_frame_once_unless_the_faces_need_too_much_memory(monkeypatch):
    once = Counted()
    found = mer_zoo.spot(once)
    assert once.given == 60 and len(found) == 1
    monkeypatch.setattr(intervals, "VIEWS_BYTES", 0)
    twice = Counted()
    (again,), (first,) = mer_zoo.spot(twice), found
    assert twice.given == 120
    assert (again.onset, again.apex, again.offset) == (first.onset, first.apex, first.offset)
    # OpenCV rounds where it samples a frame and where it samples a part of it differently.
    assert again.motion == pytest.approx(first.motion, rel=1e-4)


def test_a_short_clip_is_decoded_once_and_a_long_one_twice(monkeypatch):
    once = Counted()
    found = spotting.find_expression(once)
    assert once.given == 60
    monkeypatch.setattr(strongest, "CLIP_VIEWS_BYTES", 10**6)
    twice = Counted()
    again = spotting.find_expression(twice)
    assert twice.given == 120
    assert again.clip.phases == found.clip.phases
    assert again.motion == pytest.approx(found.motion, rel=1e-4)


@pytest.mark.parametrize("name", ["min_motion", "min_score"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), -1, "2", None, True])
def test_a_limit_that_is_no_limit_is_named_before_a_frame_is_read(name, value):
    frames = Counted()
    searches = (mer_zoo.spot, spotting.spot_expressions, watch)
    for search in searches:
        with pytest.raises(ParameterError, match=rf"{name} is .*; expected a number .*at least 0"):
            search(frames, **{name: value})
    assert frames.given == 0


def test_an_error_in_the_middle_comes_through_and_leaves_no_thread():
    with pytest.raises(VideoError, match="pulled out"):
        mer_zoo.spot(Counted(breaks_at=40))
    assert not threads()


def test_stopping_early_leaves_no_thread():
    images = (frame.image for frame in Counted().frames())
    track = faces.FaceTracker(engine="litert", ahead_bytes=10**5).track(images)
    assert next(track) is not None
    assert threads(), "it reads ahead"
    track.close()
    assert not threads()

    def stop(frame):
        if frame.index == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(watch(Counted(), on_frame=stop, every_frame=True))
    assert not threads()


def test_two_threads_give_the_landmarks_of_one(monkeypatch):
    images = [frame.image for frame in Counted().frames()]
    found = {}
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        found[count] = list(faces.FaceTracker(engine="litert").track(images))
    assert all(
        (one.points == two.points).all() and one.score == two.score
        for one, two in zip(found["1"], found["2"], strict=True)
    )


def test_following_ahead_gives_the_same_intervals_and_leaves_no_thread(monkeypatch):
    found, told = {}, []
    for count in ("1", "2"):
        monkeypatch.setenv("OMP_NUM_THREADS", count)
        found[count] = mer_zoo.spot(Counted(), engine="litert", progress=told.append)
    assert found["1"] == found["2"] and len(found["1"]) == 1
    assert told == 2 * [*range(1, 61)]
    with pytest.raises(VideoError, match="pulled out"):
        mer_zoo.spot(Counted(breaks_at=40), engine="litert")

    def stop(done):
        if done == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        mer_zoo.spot(Counted(), engine="litert", progress=stop)
    assert not threads()


def test_an_error_of_the_face_network_comes_through(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "2")
    images = [frame.image for frame in Counted().frames()]
    original, calls = landmark_reader.read_landmarks, []

    def fail(*arguments):
        calls.append(1)
        if len(calls) == 7:
            raise MemoryError("no more memory")
        return original(*arguments)

    monkeypatch.setattr(landmark_reader, "read_landmarks", fail)
    with pytest.raises(MemoryError):
        list(faces.FaceTracker(engine="litert").track(images))
    assert not threads()
