"""Video files of a few shots, written on the spot from a photograph in the public domain."""

from pathlib import Path

import cv2
import numpy as np
from skimage import data

SIZE = (320, 240)


def picture(*, mirrored=False, light=1.0, around=(0, 256, 96, 352)) -> np.ndarray:
    """A portrait, uint8 RGB, 320x240: of which part of the photograph, mirrored, lit otherwise."""
    top, bottom, left, right = around
    face = data.astronaut()[top:bottom, left:right]
    face = face[:, ::-1] if mirrored else face
    frame = cv2.resize(face, SIZE, interpolation=cv2.INTER_AREA)
    return np.clip(frame * light, 0, 255).astype(np.uint8)


def still(image: np.ndarray, count: int) -> np.ndarray:
    """The same frame `count` times."""
    return np.repeat(image[None], count, axis=0)


def write_film(path: Path, *shots: np.ndarray, fps=30) -> Path:
    """Writes shots, each uint8 RGB `(T, H, W, 3)`, one after the other as an MP4."""
    height, width = shots[0].shape[1:3]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), fps, (width, height))
    assert writer.isOpened()
    for shot in shots:
        for frame in shot:
            writer.write(np.ascontiguousarray(frame[..., ::-1]))
    writer.release()
    return path
