"""Video files: `Clip.from_video`, `open_frames`, and `predict_video` for a share."""

import random
import wave
from pathlib import Path

import cv2
import numpy as np

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.images import check_frames
from benchmarks.fuzzing.mutation import grow_sparse, mangled
from mer_zoo.clips.opencv_log import quiet_ffmpeg

FORMATS = {
    "mp4v.mp4": ("mp4v", 12, 32, 24),
    "mjpg.avi": ("MJPG", 12, 32, 24),
    "xvid.avi": ("XVID", 12, 32, 24),
    "one.avi": ("MJPG", 2, 2, 2),
    "wide.avi": ("MJPG", 2, 16_000, 16),
    "high.mp4": ("mp4v", 2, 16, 4096),
}
"""Name -> codec, frames, width, height."""
SUFFIXES = (".mp4", ".avi", ".mov", ".mkv", ".webm", ".txt", "", ".mp3", ".png", ".wmv", ".mpg")
FACE = "smile.mp4"


class Videos(Kind):
    """Small videos, and the packaged one with a face."""

    def __init__(self, home: Path):
        from mer_zoo.cli.demonstration import smile

        super().__init__(home)
        self.data = {FACE: Path(str(smile())).read_bytes()}
        for name, (codec, count, width, height) in FORMATS.items():
            _write_video(home / name, codec, count, width, height)
            self.data[name] = (home / name).read_bytes()
        self.sound = _sound(home / "sound.wav")

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        name = rng.choice((*sorted(FORMATS), FACE, "mp4v.mp4", "mjpg.avi"))
        path = place / f"video{Path(name).suffix}"
        path.write_bytes(self.data[name])
        predicted = rng.random() < (0.3 if name == FACE else 0.03)
        what = "valid"
        if not control:
            what, path = self._change(path, name, rng)
        if control and name != FACE:
            predicted = False
        use = _predict if predicted else rng.choice((_clip, _clip, _open))
        return Case(
            f"{name}: {what}, {use.__name__}",
            lambda: use(path, name if control else None),
            (path.name,),
        )

    def _change(self, path: Path, name: str, rng: random.Random) -> tuple[str, Path]:
        data, draw = self.data[name], rng.random()
        if draw < 0.65:
            what, data = _mangled_video(data, rng)
        elif draw < 0.75:
            what, data = "no video track", data.replace(b"vide", b"soun").replace(b"vids", b"auds")
        elif draw < 0.8:
            path = path.with_suffix(rng.choice(SUFFIXES))
            what, data = f"sound in {path.name}", self.sound
        elif draw < 0.9:
            path = path.with_suffix(rng.choice(SUFFIXES))
            what = f"as {path.name}"
        elif draw < 0.91:
            what = "grown to gigabytes"
        else:
            what, data = _other_content(rng)
        path.write_bytes(data)
        if what == "grown to gigabytes":
            grow_sparse(path)
        return what, path


def _mangled_video(data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """Half of the mutations are of the first or last bytes, where the headers are."""
    draw = rng.random()
    part = min(len(data), 2000)
    if draw < 0.25:
        what, head = mangled(data[:part], rng)
        return f"head: {what}", head + data[part:]
    if draw < 0.5:
        what, tail = mangled(data[-part:], rng)
        return f"tail: {what}", data[:-part] + tail
    return mangled(data, rng)


def _other_content(rng: random.Random) -> tuple[str, bytes]:
    what = rng.choice(("text", "empty", "list", "html", "playlist", "noise", "png"))
    texts = {
        "text": b"this is no video\n" * 50,
        "empty": b"",
        "list": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "html": b"<html><body>Not found</body></html>",
        "playlist": b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/x.ts\n#EXTINF:10,\n/etc/passwd\n",
        "noise": rng.randbytes(3000),
        "png": cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes(),
    }
    return what, texts[what]


def _write_video(path: Path, codec: str, count: int, width: int, height: int) -> None:
    with quiet_ffmpeg():  # FFmpeg keeps the level of the first video that the process opens
        fourcc = cv2.VideoWriter_fourcc(*codec)
        writer = cv2.VideoWriter(str(path), fourcc, 25, (width, height))
    if not writer.isOpened():
        raise RuntimeError(f"this OpenCV cannot write {codec}")
    ramp = np.linspace(0, 200, width, dtype=np.uint8)
    for number in range(count):
        writer.write(np.broadcast_to((ramp + 4 * number)[None, :, None], (height, width, 3)).copy())
    writer.release()


def _sound(path: Path) -> bytes:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(np.zeros(800, "<i2").tobytes())
    return path.read_bytes()


def _expected(valid: str | None) -> tuple[tuple | None, int | None]:
    if valid is None:
        return None, None
    if valid == FACE:
        return (360, 640), 72
    _, count, width, height = FORMATS[valid]
    return (height, width), count


def _clip(path: Path, valid: str | None) -> None:
    from mer_zoo import Clip

    clip = Clip.from_video(path)
    check_frames(clip.frames, *_expected(valid))
    expect(bool((np.diff(clip.times) > 0).all()), "times do not increase")


def _open(path: Path, valid: str | None) -> None:
    from mer_zoo.clips import open_frames

    shape, count = _expected(valid)
    last, number = None, 0
    for frame in open_frames(path, allow_truncated=valid is None):
        check_frames(frame.image[None], shape, 1)
        expect(last is None or frame.time > last, "times do not increase")
        last, number = frame.time, number + 1
    expect(count is None or number == count, f"{number} frames, expected {count}")


def _predict(path: Path, valid: str | None) -> None:
    import mer_zoo
    from benchmarks.fuzzing.answers import check_reading

    reading = mer_zoo.load("meganet_tiny").predict_video(path)
    check_reading(reading)
    expect(valid is None or reading.label == "happiness", f"label {reading.label}")
