"""One video. Nothing here imports Keras, which reads the environment when it is first imported."""

import os
import threading
import time

from mer_zoo.batch.inputs import Input
from mer_zoo.batch.readers import Reader
from mer_zoo.batch.rows import Row

# A Dask worker may have several threads, and the networks of one process answer one at a time.
_ONE_AT_A_TIME = threading.Lock()


def prepare(reader: Reader, environment: dict[str, str]) -> None:
    """Loads what the reader needs, in a new process; what it raises ends the batch."""
    import cv2

    os.environ.update(environment)
    cv2.setNumThreads(1)  # OpenCV has threads of its own, which no variable limits
    reader.prepare()


def read_one(clip: Input, reader: Reader, environment: dict[str, str]) -> tuple[Input, Row]:
    """Reads a video; whatever goes wrong with it is what its row says.

    `environment` is set first; it is empty where the video is read in the caller's own process.
    """
    if environment:
        import cv2

        os.environ.update(environment)
        cv2.setNumThreads(1)  # OpenCV has threads of its own, which no variable limits
    with _ONE_AT_A_TIME:
        reader.prepare()
        started = time.perf_counter()
        try:
            reading = reader.read(clip)
        except Exception as error:  # of any kind: the other videos do not suffer from it
            taken = time.perf_counter() - started
            return clip, Row.failed(clip, reader.entry, f"{type(error).__name__}: {error}", taken)
        return clip, Row.read(clip, reader.entry, reading, time.perf_counter() - started)
