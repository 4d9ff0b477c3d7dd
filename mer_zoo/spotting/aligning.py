"""The aligned clips of a face that was followed."""

from collections.abc import Iterator, Sequence
from itertools import chain, tee

import numpy as np

from mer_zoo import faces
from mer_zoo.clips import Clip, FrameStream
from mer_zoo.spotting.following import FacePath
from mer_zoo.spotting.sliding import Window
from mer_zoo.spotting.views import View, all_hold


def aligned_clip(
    stream: FrameStream, path: FacePath, size: int, views: Sequence[View] = ()
) -> Clip:
    """The canonical face crops of a path whose every frame has a face.

    Args:
        stream: where the path was followed; its frames are read again unless `views` will do.
        path: the part to align.
        size: side of the crops.
        views: of its frames, or none.

    Returns:
        A clip of `(T, size, size, 3)` with the times of the source, without phases.
    """
    if views and all_hold(views, path.transforms(size), size):
        return _clip_of_views(views, path, size, stream.name)
    return next(aligned_clips(stream, iter([path]), size))


def _clip_of_views(views: Sequence[View], path: FacePath, size: int, name: str) -> Clip:
    matrices = path.transforms(size)
    crops = np.stack([view.crop(m, size) for view, m in zip(views, matrices, strict=True)])
    return Clip(crops, path.times, source=name)


def aligned_clips(stream: FrameStream, paths: Iterator[FacePath], size: int) -> Iterator[Clip]:
    """The canonical face crops of paths that may overlap, in one reading of the frames.

    Args:
        stream: where the paths were followed; its frames are read again, once.
        paths: parts of it with a face in every frame, ordered by where they start.
        size: side of the crops.

    Yields:
        One clip a path, as `aligned_clip` gives it. Held at a time: the crops of the paths that
        reach over the same frame.
    """
    coming = next(paths, None)
    if coming is None:
        return
    being_filled: list[_Crops] = []
    for frame in stream.frames(coming.start):
        while coming is not None and coming.start <= frame.index:
            being_filled.append(_Crops(coming, size))
            coming = next(paths, None)
        for crops in being_filled:
            crops.add(frame.image)
        while being_filled and being_filled[0].complete:
            yield being_filled.pop(0).clip(stream.name)
        if coming is None and not being_filled:
            return


def window_clips(
    stream: FrameStream, windows: Iterator[Window], size: int, *, live: bool = False
) -> Iterator[tuple[Window, Clip]]:
    """The windows with their canonical face crops.

    They are made of the windows' views. From the first window on whose views are missing or too small,
    the frames are read again.

    Args:
        stream: where the windows are from.
        windows: in the order of time.
        size: side of the crops.
        live: the stream cannot be read again. Where views are too small, they are mirrored at their
            borders, which lie outside the face.
    """
    for window in windows:
        views = window.views or ()
        held = live or (views and all_hold(views, window.path.transforms(size), size))
        if not held:
            rest, again = tee(chain([window], windows))
            clips = aligned_clips(stream, (window.path for window in again), size)
            yield from zip(rest, clips, strict=True)
            return
        yield window, _clip_of_views(views, window.path, size, stream.name)


class _Crops:
    """The crops of one path, filled frame by frame."""

    def __init__(self, path: FacePath, size: int):
        self._path = path
        self._transforms = path.transforms(size)
        self._crops = np.empty((len(path.times), size, size, 3), np.uint8)
        self._filled = 0

    def add(self, image: np.ndarray) -> None:
        if not self.complete:
            size = self._crops.shape[1]
            crop = faces.warp(image, self._transforms[self._filled], size)
            self._crops[self._filled] = crop
            self._filled += 1

    @property
    def complete(self) -> bool:
        return self._filled == len(self._crops)

    def clip(self, name: str) -> Clip:
        return Clip(self._crops, self._path.times, source=name)
