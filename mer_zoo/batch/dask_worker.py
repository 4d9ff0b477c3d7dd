"""One video on a Dask worker.

Dask gives the task of a worker that died to the next worker, and joblib waits for ever once Dask has
given up. So how often a video was begun is counted where a dying worker cannot take it along: on the
scheduler.
"""

from mer_zoo.batch.inputs import Input
from mer_zoo.batch.readers import Reader
from mer_zoo.batch.rows import DIED, Row
from mer_zoo.batch.worker import read_one

TRIES = 2  # fewer than Dask's own `allowed-failures`, which is 3


def read_one_on_dask(
    clip: Input, reader: Reader, environment: dict[str, str], batch: str
) -> tuple[Input, Row]:
    """`read_one`, but a video whose workers died twice has a failed row; `batch` is its own name."""
    from distributed import get_client

    scheduler = get_client()
    key = ["mer_zoo", batch, clip.identity]
    begun = scheduler.get_metadata(key, default=0)
    if begun >= TRIES:
        return clip, Row.failed(clip, reader.entry, DIED)
    scheduler.set_metadata(key, begun + 1)
    done = read_one(clip, reader, environment)
    scheduler.set_metadata(key, 0)  # its row may still be lost with its worker, by another's fault
    return done
