"""Fetching weight files into the cache folder (`MER_ZOO_HOME`).

Keras' `get_file` writes straight to the target, keeps no lock and deletes a cached file that it
cannot fetch again; so this is our own: a lock, a temporary file, a digest, one rename.
"""

import hashlib
import urllib.request
from pathlib import Path

from filelock import FileLock

from mer_zoo.errors import WeightsError
from mer_zoo.files import write_atomically
from mer_zoo.settings import home, is_offline


def fetch(url: str, sha256: str, timeout: float = 60.0) -> Path:
    """Returns the local file of `url`, fetching it once; processes that ask together wait for one.

    A file in the cache is checked against the digest at every call. What is in the cache is only
    ever replaced by a file whose digest is right.

    Args:
        url: address of the file.
        sha256: hexadecimal digest the file must have.
        timeout: seconds to wait for the server.

    Raises:
        WeightsError: offline and not in the cache, unreachable, or the content is not what the
            digest promises.
    """
    folder = home() / "files"
    target = folder / sha256[:2] / sha256
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / f"{sha256}.lock"):
        if target.exists() and hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
            return target
        if is_offline():
            raise WeightsError(
                f"{url} is not in the cache {folder} and MER_ZOO_OFFLINE forbids fetching it. "
                "Unset MER_ZOO_OFFLINE once, or copy the file into a local zoo folder."
            )
        try:
            with urllib.request.urlopen(url, timeout=timeout) as response:
                content = response.read()
        except (OSError, ValueError) as error:
            raise WeightsError(
                f"{url} cannot be fetched ({error}). Check the address and your connection; "
                "a folder with card.toml and its weights can be loaded instead."
            ) from error
        if (actual := hashlib.sha256(content).hexdigest()) != sha256:
            raise WeightsError(
                f"{url} is not the file expected: sha256 {actual[:16]}… instead of {sha256[:16]}…. "
                "Nothing was kept. Ask whoever published the entry for a new card."
            )
        write_atomically(target, content)
    return target
