"""FaceMesh on many frames, while the head is still being followed through them."""

import threading
from collections import deque

import numpy as np

from mer_zoo.faces.engines import Engine
from mer_zoo.faces.landmarks import FaceLandmarks, read_landmarks
from mer_zoo.faces.regions import FaceRegion


class LandmarkReader:
    """Reads landmarks of regions as they are added. Use it as a context manager.

    An engine that may run in two threads begins at once in another thread, and the calling thread joins
    in `finish`. Other engines read all regions together then. The thread ends with the block.

    Args:
        network: the engine.
    """

    def __init__(self, network: Engine):
        self._network = network
        self._regions: list[tuple[np.ndarray, FaceRegion]] = []
        self._results: dict[int, FaceLandmarks] = {}
        self._waiting: deque[int] = deque()
        self._more = threading.Semaphore(0)
        self._complete = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> "LandmarkReader":
        return self

    def __exit__(self, *_):
        self._waiting.clear()
        self._end_thread()

    def add(self, image: np.ndarray, region: FaceRegion) -> None:
        """Adds a region of an image (uint8 RGB)."""
        self._regions.append((image, region))
        if not self._network.parallel:
            return
        self._waiting.append(len(self._regions) - 1)
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="landmarks", daemon=True)
            self._thread.start()
        self._more.release()

    def finish(self) -> list[FaceLandmarks]:
        """The landmarks of all regions, in the order in which they were added."""
        if not self._regions:
            return []
        if self._thread is None:
            images, regions = zip(*self._regions, strict=True)
            return read_landmarks(images, regions, self._network)
        while self._read_one():
            pass
        self._end_thread()
        if self._error is not None:
            raise self._error
        return [self._results[place] for place in range(len(self._regions))]

    def _work(self) -> None:
        try:
            while True:
                self._more.acquire()
                if not self._read_one() and self._complete:
                    return
        except BaseException as error:  # raised again by `finish`
            self._error = error

    def _read_one(self) -> bool:
        """Reads one region that waits; False if none does."""
        try:
            place = self._waiting.popleft()
        except IndexError:
            return False
        image, region = self._regions[place]
        self._results[place] = read_landmarks([image], [region], self._network)[0]
        return True

    def _end_thread(self) -> None:
        if self._thread is not None:
            self._complete = True
            self._more.release()
            self._thread.join()
            self._thread = None
