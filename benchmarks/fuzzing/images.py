"""Folders of frames: `Clip.from_frames`, `open_frames`, and `predict_video` for a share."""

import random
import shutil
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from benchmarks.fuzzing.case import Case, Kind, expect
from benchmarks.fuzzing.mutation import grow_sparse, mangled

SUFFIXES = (".png", ".jpg", ".bmp", ".tif")
FRAMES = 3
SIZES = ((1, 1), (1, 16_384), (16_384, 1), (2, 16_384), (4000, 4000), (16_384, 16_384))


class Images(Kind):
    """Folders of three small frames, one for each format and depth."""

    def __init__(self, home: Path):
        super().__init__(home)
        rng = np.random.default_rng(1)
        frame = cv2.GaussianBlur(rng.integers(0, 256, (24, 32, 3), np.uint8), (5, 5), 2)
        pictures = {"colour": frame, "grey": frame[..., 0], "deep": frame.astype(np.uint16) * 257}
        self.data = {
            (kind, suffix): cv2.imencode(suffix, picture)[1].tobytes()
            for kind, picture in pictures.items()
            for suffix in SUFFIXES
            if kind != "deep" or suffix in (".png", ".tif")
        }
        self.large = {}

    def case(self, rng: random.Random, place: Path, control: bool) -> Case:
        folder = place / "frames"
        folder.mkdir()
        kind, suffix = rng.choice(sorted(self.data))
        data = self.data[kind, suffix]
        for number in range(FRAMES):
            (folder / f"img{number + 5}{suffix}").write_bytes(data)
        what = "valid" if control else self._change(folder, suffix, data, rng)
        draw = rng.random()
        use = _predict if draw < 0.04 and not control else (_open if draw < 0.5 else _clip)
        shape = (24, 32) if control else None
        return Case(f"{kind} {suffix}: {what}", lambda: use(folder, shape), (folder.name,))

    def _change(self, folder: Path, suffix: str, data: bytes, rng: random.Random) -> str:
        file = folder / f"img{rng.randrange(FRAMES) + 5}{suffix}"
        draw = rng.random()
        if draw < 0.55:
            what, changed = mangled(data, rng)
            file.write_bytes(changed)
        elif draw < 0.6:
            what = self._sized(folder, suffix, rng)
        elif draw < 0.75:
            what, changed = _huge_header(suffix, data, rng)
            for each in folder.iterdir() if rng.random() < 0.5 else [file]:
                each.write_bytes(changed)
        elif draw < 0.85:
            other = rng.choice(sorted(self.data))
            what = f"the content is {other}"
            for each in folder.iterdir() if rng.random() < 0.5 else [file]:
                each.write_bytes(self.data[other])
        elif draw < 0.855:
            what = "grown to gigabytes"
            grow_sparse(file)
        else:
            what = _other_files(folder, file, rng)
        return what

    def _sized(self, folder: Path, suffix: str, rng: random.Random) -> str:
        """Other sizes, valid images all of them; the largest fill hundreds of megabytes."""
        size = rng.choice(SIZES if rng.random() < 0.2 else SIZES[:4])
        if suffix == ".bmp" and max(size) > 4000:
            size = (1, 16_384)
        if (suffix, size) not in self.large:
            encoded = cv2.imencode(suffix, np.full((*size, 3), 90, np.uint8))[1]
            self.large[suffix, size] = encoded.tobytes()
        files = sorted(folder.iterdir())
        for file in files if rng.random() < 0.5 else files[:1]:
            file.write_bytes(self.large[suffix, size])
        return f"{size[1]}x{size[0]}"


def _huge_header(suffix: str, data: bytes, rng: random.Random) -> tuple[str, bytes]:
    """A header that promises a huge image."""
    width, height = (rng.choice((1, 8000, 20_000, 32_767, 65_500, 2**30)) for _ in "xy")
    changed = bytearray(data)
    if suffix == ".png":
        changed[16:24] = struct.pack(">II", width, height)
        changed[29:33] = struct.pack(">I", zlib.crc32(changed[12:29]))
    elif suffix == ".bmp":
        changed[18:26] = struct.pack("<ii", width, rng.choice((height, -height)))
    elif suffix == ".jpg":
        at = data.index(b"\xff\xc0") + 5
        changed[at : at + 4] = struct.pack(">HH", height & 0xFFFF, width & 0xFFFF)
    else:
        order = "<" if data[:2] == b"II" else ">"
        at = struct.unpack_from(f"{order}I", data, 4)[0]
        for i in range(struct.unpack_from(f"{order}H", data, at)[0]):
            entry = at + 2 + 12 * i
            value = {256: width, 257: height}.get(struct.unpack_from(f"{order}H", data, entry)[0])
            if value is not None:
                changed[entry + 2 : entry + 12] = struct.pack(f"{order}HII", 4, 1, value)
    return f"header of {width}x{height}", bytes(changed)


def _other_files(folder: Path, file: Path, rng: random.Random) -> str:
    what = rng.choice(
        ("empty", "text", "removed", "folder", "link", "number", "loop", "names", "none")
    )
    if what == "empty":
        file.write_bytes(b"")
    elif what == "text":
        file.write_text("this is no image")
    elif what == "number":
        file.rename(file.with_stem("img" + "9" * rng.choice((20, 200))))
    elif what == "names":
        file.rename(file.with_stem(rng.choice(("5", "img٣", "a\nb7", "frame", "img5 (1)", "²"))))
    elif what == "none":
        shutil.rmtree(folder)
        folder.mkdir()
    else:
        file.unlink()
        if what == "folder":
            file.mkdir()
        elif what in ("link", "loop"):
            file.symlink_to("nowhere" if what == "link" else file.name)
    return what


def check_frames(frames: np.ndarray, shape: tuple | None, count: int | None) -> None:
    """Frames are uint8 (T, H, W, 3), of `shape` and number where these are given."""
    expect(frames.dtype == np.uint8 and frames.ndim == 4 and frames.shape[3] == 3, "frames")
    expect(len(frames) >= 1, "no frames")
    expect(shape is None or frames.shape[1:3] == shape, f"frames of {frames.shape}")
    expect(count is None or len(frames) == count, f"{len(frames)} frames, expected {count}")


def _clip(folder: Path, shape: tuple | None) -> None:
    from mer_zoo import Clip

    clip = Clip.from_frames(folder, fps=100)
    check_frames(clip.frames, shape, None if shape is None else FRAMES)
    expect(bool((np.diff(clip.times) > 0).all()), "times do not increase")


def _open(folder: Path, shape: tuple | None) -> None:
    from mer_zoo.clips import open_frames

    for frame in open_frames(folder, fps=100):
        check_frames(frame.image[None], shape, 1)


def _predict(folder: Path, shape: tuple | None) -> None:
    import mer_zoo
    from benchmarks.fuzzing.answers import check_reading

    check_reading(mer_zoo.load("meganet_tiny").predict_video(folder, fps=100))
