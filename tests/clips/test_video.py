import os
import struct
import time
import tracemalloc
import wave

import cv2
import numpy as np
import pytest

from mer_zoo.clips import Clip, open_frames
from mer_zoo.errors import ClipError, VideoError


@pytest.fixture
def video(tmp_path, textured, write_video):
    return write_video(tmp_path / "face.mp4", textured(40))


def nearest(image, frames):
    """Which of the frames an image is, since coding loses a little."""
    return int(np.abs(frames.astype(int) - image).mean(axis=(1, 2, 3)).argmin())


def set_avi_count(path, n_frames):
    """Writes another number of frames into an AVI's headers."""
    data = bytearray(path.read_bytes())
    for tag, field in ((b"avih", 24), (b"strh", 40)):
        at = data.index(tag) + field
        data[at : at + 4] = n_frames.to_bytes(4, "little")
    path.write_bytes(data)


def test_clip_from_video(video, textured):
    clip = Clip.from_video(video, onset=3, apex=10, offset=30, subject="own/me", label="tense")
    assert clip.frames.shape == (40, 48, 64, 3)
    assert [nearest(image, textured(40)) for image in clip.frames] == list(range(40))
    assert np.abs(clip.frames.astype(int) - textured(40)).mean() < 4
    np.testing.assert_allclose(clip.times, np.arange(40) / 25)
    assert clip.phases == (3, 10, 30)
    assert (clip.subject, clip.label, clip.source) == ("own/me", "tense", str(video))


def test_a_part_keeps_the_times_and_shifts_the_phases(video, textured):
    clip = Clip.from_video(str(video), start=5, stop=20, onset=5, apex=10, offset=19)
    assert clip.source == f"{video}, frame 5 to frame 19"
    assert clip.phases == (0, 5, 14)
    assert nearest(clip.frames[0], textured(40)) == 5
    np.testing.assert_allclose(clip.times, np.arange(5, 20) / 25)


@pytest.mark.parametrize("onset", [4, 20])
def test_a_phase_outside_the_part_is_named(video, onset):
    message = rf"onset is frame {onset} .*outside the part that was read, frame 5 to frame 19"
    with pytest.raises(ClipError, match=message):
        Clip.from_video(video, start=5, stop=20, onset=onset)


def test_a_start_after_the_end_is_named(video):
    with pytest.raises(ClipError, match="has no frame 40; it has 40"):
        Clip.from_video(video, start=40)


def test_fps_of_a_high_speed_camera_replaces_the_times(video):
    clip = Clip.from_video(video, fps=200, start=10)
    assert clip.fps == pytest.approx(200)
    assert clip.times[0] == pytest.approx(10 / 200)
    assert open_frames(video, fps=200).fps == 200
    with pytest.raises(ClipError, match="fps is 0; expected"):
        Clip.from_video(video, fps=0)


def test_a_stream_is_gone_through_twice_with_the_same_frames(video):
    stream = open_frames(video)
    assert (stream.fps, stream.frame_count, stream.name) == (25, 40, str(video))
    first, second = list(stream), list(stream)
    assert [frame.index for frame in first] == list(range(40))
    assert all((a.image == b.image).all() for a, b in zip(first, second, strict=True))
    assert first[0].image.dtype == np.uint8


def test_a_part_of_a_stream_holds_the_same_frames_as_the_whole(video):
    whole = list(open_frames(video))
    part = list(open_frames(video).frames(13, 21))
    assert [frame.index for frame in part] == list(range(13, 21))
    for frame in part:
        assert frame.time == whole[frame.index].time
        np.testing.assert_array_equal(frame.image, whole[frame.index].image)


@pytest.mark.parametrize("bounds", [(-1, 3), (4, 4), (0, -1)])
def test_wrong_bounds_are_named(video, bounds):
    with pytest.raises(ClipError, match="expected 0 <= start < stop"):
        open_frames(video).frames(*bounds)


def test_rotation_mark_is_honoured(tmp_path, textured, write_video, rotate_mp4):
    upright = Clip.from_video(write_video(tmp_path / "a.mp4", textured(5)))
    rotate_mp4(tmp_path / "a.mp4")
    turned = Clip.from_video(tmp_path / "a.mp4")
    assert turned.frames.shape == (5, 64, 48, 3)
    np.testing.assert_array_equal(turned.frames, np.rot90(upright.frames, -1, axes=(1, 2)))


def test_variable_frame_rate_keeps_its_times(tmp_path, textured, write_video, retime_mp4):
    path = write_video(tmp_path / "phone.mp4", textured(12))
    ticks = [256] * 4 + [1024] * 4 + [256] * 4  # of 12800 a second; the sum stays as it was
    retime_mp4(path, ticks)
    expected = np.cumsum([0, *ticks[:-1]]) / 12800
    np.testing.assert_allclose(Clip.from_video(path).times, expected, atol=1e-3)
    part = [frame.time for frame in open_frames(path).frames(6, 9)]
    np.testing.assert_allclose(part, expected[6:9], atol=1e-3)


def test_times_that_stand_still_are_mended(tmp_path, textured, write_video, retime_mp4):
    path = write_video(tmp_path / "stuck.mp4", textured(12))
    retime_mp4(path, [512] * 3 + [0] * 2 + [512] * 7)
    times = Clip.from_video(path).times
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(times[:4], np.arange(4) / 25)


@pytest.mark.parametrize("codec", ["MJPG", "FFV1"])
def test_grey_videos_come_as_rgb(tmp_path, textured, write_video, codec):
    grey = textured(6)[..., 1]
    clip = Clip.from_video(write_video(tmp_path / "grey.avi", grey, codec=codec))
    assert clip.frames.shape == (6, 48, 64, 3)
    assert np.abs(clip.grey.astype(int) - grey).mean() < 3


def test_missing_file_names_close_ones(video):
    with pytest.raises(VideoError, match=r"no video file .*fase\.mp4.*Did you mean face\.mp4\?"):
        Clip.from_video(video.with_name("fase.mp4"))
    with pytest.raises(VideoError, match="Check the path"):
        open_frames(video.with_name("quite_another_name.mov"))
    with pytest.raises(VideoError, match="its folder does not exist"):
        open_frames(video.parent / "nowhere" / "face.mp4")


def test_a_folder_is_not_a_video(tmp_path):
    with pytest.raises(VideoError, match=r"is a folder.*from_frames"):
        Clip.from_video(tmp_path)


def test_an_image_is_not_a_video(tmp_path, frames):
    cv2.imwrite(str(tmp_path / "img46.jpg"), frames[0])
    with pytest.raises(VideoError, match="is one image, not a video"):
        open_frames(tmp_path / "img46.jpg")


def test_files_without_pictures_are_named(tmp_path):
    (tmp_path / "notes.mp4").write_bytes(b"not a video at all " * 50)
    with pytest.raises(VideoError, match=r"notes\.mp4 cannot be opened as a video"):
        open_frames(tmp_path / "notes.mp4")
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(VideoError, match="is empty"):
        open_frames(tmp_path / "empty.mp4")
    with wave.open(str(tmp_path / "sound.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", None))
        sound.writeframes(bytes(8000))
    with pytest.raises(VideoError, match="is an audio file"):
        open_frames(tmp_path / "sound.wav")
    (tmp_path / "sound.wav").rename(tmp_path / "sound.mp4")
    with pytest.raises(VideoError, match=r"no picture \(audio only\)"):
        open_frames(tmp_path / "sound.mp4")


def test_a_video_without_a_frame_that_decodes_is_named(video):
    data = bytearray(video.read_bytes())
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    data[begin:end] = bytes(end - begin)
    video.write_bytes(data)
    with pytest.raises(VideoError, match="no frame of it could be decoded"):
        open_frames(video)


def test_an_mp4_cut_short_is_named(video):
    data = video.read_bytes()
    video.write_bytes(data[: len(data) // 2])
    with pytest.raises(VideoError, match=f"breaks off: {len(data) // 2} bytes of at least"):
        Clip.from_video(video)


def test_a_recording_that_was_never_closed_is_named(tmp_path):
    path = tmp_path / "crashed.mov"
    path.write_bytes(b"\0\0\0\x14ftypqt  \0\0\2\0qt  " + b"\0\0\0\0mdat" + bytes(500))
    with pytest.raises(VideoError, match="MP4 that breaks off"):
        open_frames(path)


def test_more_frames_than_the_header_promises_are_all_read(tmp_path, textured, write_video):
    path = write_video(tmp_path / "long.avi", textured(40), codec="MJPG")
    set_avi_count(path, 5)
    assert open_frames(path).frame_count == 5
    capture, readable = cv2.VideoCapture(str(path)), 0
    while capture.grab():  # OpenCV 4 ends one frame after the promise, OpenCV 5 at the true end
        readable += 1
    assert readable > 5
    assert Clip.from_video(path).n_frames == readable


def test_a_video_that_ends_early_raises_at_its_end(tmp_path, textured, write_video):
    path = write_video(tmp_path / "long.avi", textured(40), codec="MJPG")
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    seen = []
    message = r"promises 40 frames, (\d+) could be read.*allow_truncated=True \(--allow-trunc"
    with pytest.raises(VideoError, match=message) as error:
        for frame in open_frames(path):
            seen.append(frame.index)
    assert f" {len(seen)} could be read" in str(error.value)
    assert 10 < len(seen) < 30
    with pytest.raises(VideoError, match=message):
        Clip.from_video(path)
    assert Clip.from_video(path, allow_truncated=True).n_frames == len(seen)
    assert len(list(open_frames(path, allow_truncated=True))) == len(seen)
    assert Clip.from_video(path, stop=8).n_frames == 8


def test_a_video_a_little_short_is_taken(tmp_path, textured, write_video):
    path = write_video(tmp_path / "long.avi", textured(40), codec="MJPG")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * 0.96)])
    n_frames = Clip.from_video(path).n_frames
    assert 36 <= n_frames < 40


def test_a_clip_too_large_for_memory_is_refused_before_it_is_read(tmp_path, textured, write_video):
    path = write_video(tmp_path / "large.avi", textured(2), codec="MJPG")
    set_avi_count(path, 500_000)
    with pytest.raises(ClipError, match=r"need 4\.3 GiB.*at most 4 GiB.*start and stop.*open_fr"):
        Clip.from_video(path)
    assert Clip.from_video(path, stop=2).n_frames == 2


def test_memory_is_flat_in_the_length(tmp_path, textured, write_video):
    path = write_video(tmp_path / "long.avi", np.tile(textured(50), (40, 1, 1, 1)), codec="MJPG")
    frame_bytes = 48 * 64 * 3
    tracemalloc.start()
    try:
        n_frames = sum(1 for _ in open_frames(path))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert n_frames == 2000
    assert peak < 30 * frame_bytes


def test_opencv_is_quiet_and_its_settings_are_put_back(tmp_path, capfd, monkeypatch):
    monkeypatch.delenv("OPENCV_FFMPEG_LOGLEVEL", raising=False)
    (tmp_path / "notes.mp4").write_bytes(b"not a video at all " * 50)
    log = getattr(cv2.utils, "logging", cv2)
    level, warning = log.getLogLevel(), 3
    log.setLogLevel(warning)
    try:
        with pytest.raises(VideoError):
            open_frames(tmp_path / "notes.mp4")
        assert log.getLogLevel() == warning
    finally:
        log.setLogLevel(level)
    assert "OPENCV_FFMPEG_LOGLEVEL" not in os.environ
    assert "VIDEOIO" not in capfd.readouterr().err


def test_frames_that_would_fill_the_memory_are_refused_by_the_header(tmp_path, frames, write_video):
    path = write_video(tmp_path / "bomb.avi", frames, codec="MJPG")
    data = bytearray(path.read_bytes())
    for tag, field in ((b"avih", 40), (b"strf", 12)):
        at = data.index(tag) + field
        data[at : at + 8] = (16_000).to_bytes(4, "little") * 2
    size, large = struct.pack(">HH", 48, 64), struct.pack(">HH", 16_000, 16_000)
    path.write_bytes(
        bytes(data).replace(b"\xff\xc0\x00\x11\x08" + size, b"\xff\xc0\x00\x11\x08" + large)
    )
    with pytest.raises(VideoError, match=r"bomb\.avi says that its frames are 16000x16000"):
        Clip.from_video(path)


def test_a_file_of_endless_boxes_is_refused_in_time(tmp_path):
    path = tmp_path / "boxes.mp4"
    path.write_bytes(b"\0\0\0\x08ftyp" + b"\0\0\0\x08free" * 2_000_000)
    started = time.perf_counter()
    with pytest.raises(VideoError, match=r"boxes\.mp4"):
        Clip.from_video(path)
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize("name", ["x" * 300 + ".mp4", "~nobody_at_all.mp4", "a\0b.mp4"])
def test_a_name_that_no_video_can_have(tmp_path, name):
    with pytest.raises(VideoError, match="There is no video file"):
        Clip.from_video(name if name[0] == "~" else tmp_path / name)
