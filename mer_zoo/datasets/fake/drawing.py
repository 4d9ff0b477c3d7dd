"""Frames of made-up clips: soft blobs, one of which moves with the expression."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from mer_zoo.datasets.fake.clips import FakeClip, FakeOptions
from mer_zoo.errors import DatasetError

WIDTH, HEIGHT = 32, 40


def draw_blobs(clip: FakeClip) -> Iterator[np.ndarray]:
    """Draws a clip: four Gaussian blobs on grey, the lowest moving by up to 3 px towards the apex.

    Args:
        clip: the clip.

    Yields:
        (40, 32) uint8, one image for each frame file.
    """
    random = np.random.default_rng(clip.seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    spots = random.uniform((8, 6), (HEIGHT - 8, WIDTH - 6), (4, 2))
    heights = random.uniform(40, 90, 4)
    direction = random.uniform(-3, 3, 2)
    lowest = int(np.argmax(spots[:, 0]))
    for strength in clip.strengths:
        image = np.full((HEIGHT, WIDTH), 70.0, np.float32)
        for i, (row, column) in enumerate(spots):
            shift = direction * strength if i == lowest else (0.0, 0.0)
            distance = (y - row - shift[0]) ** 2 + (x - column - shift[1]) ** 2
            image += heights[i] * np.exp(-distance / (2 * 3.0**2))
        yield image.clip(0, 255).astype(np.uint8)


def write_frames(clip: FakeClip, folder: Path, pattern: str, options: FakeOptions) -> None:
    """Writes the frame files of a clip; an empty folder when the release has no frames.

    Args:
        clip: the clip.
        folder: the clip's folder, made here.
        pattern: the file names with `{n}` for the number: "img{n}.jpg".
        options: holds the callable that draws, `draw_blobs` by default.

    Raises:
        DatasetError: the callable gave another number of images than the clip has frame files, or
            an image that is not uint8 of shape (H, W) or (H, W, 3).
    """
    folder.mkdir(parents=True, exist_ok=True)
    if not options.with_frames:
        return
    images = list((options.frames or draw_blobs)(clip))
    if len(images) != len(clip.numbers):
        raise DatasetError(
            f"frames= gave {len(images)} images for {clip.subject}/{clip.name}; expected "
            f"{len(clip.numbers)}, one for each of clip.numbers."
        )
    for number, image in zip(clip.numbers, images, strict=True):
        image = np.asarray(image)
        if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)):
            raise DatasetError(
                f"frames= gave an image of {image.dtype} and shape {image.shape}; expected uint8, "
                "(H, W) or (H, W, 3) RGB."
            )
        file = folder / pattern.format(n=number)
        stored = image if image.ndim == 2 else np.ascontiguousarray(image[..., ::-1])
        cv2.imencode(file.suffix, stored)[1].tofile(file)
