import struct

import cv2
import numpy as np
import pytest


def _textured(n_frames=12, height=48, width=64):
    """A smooth RGB texture that drifts and brightens, so that every frame is told from the next."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    frames = [
        np.stack(
            [
                60 + 8 * (t % 16) + 0 * x,
                128 + 60 * np.sin(x / 9 + t / 5),
                128 + 60 * np.cos(y / 7),
            ],
            axis=-1,
        )
        for t in range(n_frames)
    ]
    return np.array(frames).round().astype(np.uint8)


def _write_video(path, frames, fps=25, codec="mp4v"):
    height, width = frames.shape[1:3]
    colour = frames.ndim == 4
    writer = cv2.VideoWriter(
        str(path), cv2.VideoWriter_fourcc(*codec), fps, (width, height), colour
    )
    assert writer.isOpened(), f"this OpenCV cannot write {codec}"
    for frame in frames:
        writer.write(np.ascontiguousarray(frame[..., ::-1]) if colour else frame)
    writer.release()
    return path


def _write_images(folder, names, frames):
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in zip(names, frames, strict=True):
        assert cv2.imwrite(str(folder / name), frame[..., ::-1] if frame.ndim == 3 else frame)
    return folder


def _rotate_mp4(path):
    """Marks an MP4 as filmed with the camera turned: a player shows it a quarter turn clockwise."""
    data = bytearray(path.read_bytes())
    matrix = data.index(b"tkhd") + 44
    unity = struct.unpack(">9i", data[matrix : matrix + 36])
    assert unity == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    turned = (0, 1 << 16, 0, -(1 << 16), 0, 0, 0, 0, 1 << 30)
    data[matrix : matrix + 36] = struct.pack(">9i", *turned)
    path.write_bytes(data)


def _retime_mp4(path, durations):
    """Gives each frame of an MP4 its own duration, in ticks of the file's time scale."""
    data = bytearray(path.read_bytes())
    assert data.index(b"moov") > data.index(b"mdat")  # so that no chunk offset moves
    at = data.index(b"stts") - 4
    old = int.from_bytes(data[at : at + 4], "big")
    entries = b"".join(struct.pack(">II", 1, duration) for duration in durations)
    table = struct.pack(">I4sII", 16 + len(entries), b"stts", 0, len(durations)) + entries
    data[at : at + old] = table
    for box in (b"moov", b"trak", b"mdia", b"minf", b"stbl"):
        size = data.index(box) - 4
        longer = int.from_bytes(data[size : size + 4], "big") + len(table) - old
        data[size : size + 4] = longer.to_bytes(4, "big")
    path.write_bytes(data)


@pytest.fixture
def textured():
    return _textured


@pytest.fixture
def frames():
    return _textured()


@pytest.fixture
def write_video():
    return _write_video


@pytest.fixture
def write_images():
    return _write_images


@pytest.fixture
def rotate_mp4():
    return _rotate_mp4


@pytest.fixture
def retime_mp4():
    return _retime_mp4
