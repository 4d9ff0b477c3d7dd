import numpy as np
import pytest

from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, FrameRateWarning


def test_every_source_gives_the_same_frames(tmp_path, frames, write_images, write_video):
    folder = write_images(tmp_path / "f", [f"img{n}.png" for n in range(5, 17)], frames)
    video = write_video(tmp_path / "v.avi", frames, fps=50, codec="FFV1")
    clip = Clip.from_array(frames, fps=50)
    sources = {"folder": (folder, 50), "array": (frames, 50), "clip": (clip, None)}
    sources |= {"text": (str(folder), 50), "list": (list(frames), 50), "video": (video, None)}
    for kind, (source, fps) in sources.items():
        stream = open_frames(source, fps=fps)
        assert stream.frame_count == 12, kind
        assert stream.fps == pytest.approx(50), kind
        read = list(stream)
        assert [frame.index for frame in read] == list(range(12)), kind
        np.testing.assert_allclose([frame.time for frame in read], clip.times, err_msg=kind)
        images = np.array([frame.image for frame in read])
        assert images.dtype == np.uint8
        assert np.abs(images.astype(int) - frames).max() <= (3 if kind == "video" else 0), kind
        part = list(stream.frames(4, 6))
        assert [frame.index for frame in part] == [4, 5], kind
        np.testing.assert_array_equal(part[1].image, read[5].image)
        assert len(list(stream.frames(9, 100))) == 3, kind


def test_a_clip_is_not_copied(frames):
    clip = Clip.from_array(frames, source="my clip")
    stream = open_frames(clip)
    assert stream.name == "my clip"
    assert all(np.shares_memory(frame.image, frames) for frame in stream)


def test_a_stream_comes_back_as_it_is(frames):
    stream = open_frames(frames, fps=30)
    assert open_frames(stream) is stream


def test_an_array_without_a_rate_has_the_usual_one_and_a_warning(frames):
    with pytest.warns(FrameRateWarning, match="30 frames a second were assumed"):
        stream = open_frames(frames.astype(np.uint16) * 16, bit_depth=12)
    assert stream.fps == pytest.approx(30)


def test_a_clip_has_its_own_times(frames):
    with pytest.raises(ClipError, match=r"fps=30 was given, but Clip\(.* its own times"):
        open_frames(Clip.from_array(frames), fps=30)


@pytest.mark.parametrize("source", [0, None, {"path": "a.mp4"}])
def test_other_sources_are_refused(source):
    with pytest.raises(ClipError, match=f"from a {type(source).__name__}; expected the path"):
        open_frames(source)


def test_an_array_that_cannot_be_used_is_refused():
    with pytest.raises(ClipError, match="the array has shape"):
        open_frames(np.zeros((4, 4)))
