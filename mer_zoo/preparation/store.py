"""The modality cache: images on disk under the digest of all they were made from."""

import contextlib
import io
import os
import shutil
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from filelock import FileLock

from mer_zoo import settings
from mer_zoo.files import write_atomically

SUFFIX = ".npy"


@dataclass(frozen=True)
class Usage:
    """What the cache holds: `images`, their `bytes`, and the `limit` in bytes."""

    images: int
    bytes: int
    limit: int


class ImageStore:
    """Images by key, shared between processes, bounded in size.

    Args:
        folder: where they lie; by default `images` in the cache folder (`MER_ZOO_HOME`).
        limit: bytes kept at most; by default `MER_ZOO_CACHE_MB` megabytes, or 4096. The images not
            read for the longest time go first.

    Raises:
        SettingError: `MER_ZOO_CACHE_MB` is not a whole number.
    """

    def __init__(self, folder: Path | None = None, limit: int | None = None):
        self.folder = Path(folder) if folder is not None else settings.home() / "images"
        self.limit = settings.image_cache_bytes() if limit is None else int(limit)

    def get(self, key: str) -> np.ndarray | None:
        """The image kept under a key, or None. A damaged file is removed, and a warning says so."""
        file = self._file(key)
        try:
            image = np.load(file, allow_pickle=False)
        except FileNotFoundError:
            return None
        except (ValueError, EOFError, OSError) as error:
            warnings.warn(
                f"The cached image {file} is damaged ({error}); it is made again.", stacklevel=2
            )
            file.unlink(missing_ok=True)
            return None
        with contextlib.suppress(OSError):  # a read-only cache still serves
            os.utime(file)
        return image

    def put(self, key: str, image: np.ndarray) -> None:
        """Keeps an image; a reader sees all of it or nothing."""
        content = io.BytesIO()
        np.save(content, image, allow_pickle=False)
        write_atomically(self._file(key), content.getvalue())

    def usage(self) -> Usage:
        """How full the cache is."""
        sizes = [size for _, size, _ in self._files()]
        return Usage(len(sizes), sum(sizes), self.limit)

    def trim(self) -> int:
        """Removes the images not read for the longest time until the limit is kept; returns how many."""
        if not self.folder.is_dir():
            return 0
        with FileLock(self.folder / ".lock"):
            files = sorted(self._files())
            excess, removed = sum(size for _, size, _ in files) - self.limit, 0
            for _, size, file in files:
                if excess <= 0:
                    break
                file.unlink(missing_ok=True)
                excess -= size
                removed += 1
        return removed

    def clear(self) -> int:
        """Removes every image; returns how many there were."""
        count = self.usage().images
        shutil.rmtree(self.folder, ignore_errors=True)
        return count

    def _file(self, key):
        return self.folder / key[:2] / f"{key}{SUFFIX}"

    def _files(self):
        """(time of last use, bytes, file) of every image; one that goes meanwhile is left out."""
        for file in self.folder.glob(f"*/*{SUFFIX}"):
            with contextlib.suppress(FileNotFoundError):
                status = file.stat()
                yield status.st_mtime, status.st_size, file
