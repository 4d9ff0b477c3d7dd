"""Fetching weight files into the cache folder (`MER_ZOO_HOME`).

Keras' `get_file` writes directly to the target, takes no lock and deletes a cached file that it
cannot fetch again. This module uses a lock, a temporary file, a digest and one rename instead. The
address comes from a card, so its scheme, the number of bytes and the time are limited.
"""

import hashlib
import http.client
import os
import shutil
import threading
import urllib.request
from collections.abc import Iterable
from pathlib import Path

from filelock import FileLock, Timeout

from mer_zoo.bounds import WEIGHT_BYTES, is_fetchable
from mer_zoo.errors import WeightsError
from mer_zoo.settings import home, is_offline

PIECE = 1 << 20  # bytes, read at once


def fetch(
    url: str,
    sha256: str,
    timeout: float = 60.0,
    *,
    size: int | None = None,
    within: float = 1800.0,
) -> Path:
    """Returns the local file of `url`, fetched once; concurrent processes wait for the first one.

    A cached file is checked against the digest at every call. Only a file with the right digest
    ever replaces it.

    Args:
        url: address of the file: https, or http on the loopback address.
        sha256: hexadecimal digest the file must have.
        timeout: seconds to wait for the server to send anything.
        size: bytes the file must have; None allows any number up to `bounds.WEIGHT_BYTES`.
        within: seconds that the whole download may take.

    Raises:
        WeightsError: the address is of another kind; the file is not cached while offline, cannot
            be reached, is too large or takes too long; or its digest differs.
    """
    if not is_fetchable(url):
        raise WeightsError(
            f"{url} is not fetched: weights come from https:// addresses (http:// only on the loopback "
            "address). A folder with card.toml and its weights can be loaded instead."
        )
    folder = home() / "files"
    target = folder / sha256[:2] / sha256
    part = target.with_name(f".{sha256}.part")
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(_lock(folder, sha256)):
        if target.exists() and _digest(target) == sha256:
            return target
        if is_offline():
            raise WeightsError(
                f"{url} is not in the cache {folder} and MER_ZOO_OFFLINE forbids fetching it. "
                "Unset MER_ZOO_OFFLINE once, or copy the file into a local zoo folder."
            )
        part.unlink(missing_ok=True)
        remove_leftovers((p, _lock(folder, p.name[1:-5])) for p in folder.glob("??/.*.part"))
        try:
            with part.open("wb") as file:
                received = _download(url, file, size, timeout, within)
            _check(url, received, sha256, size)
            os.replace(part, target)
        finally:
            part.unlink(missing_ok=True)
    return target


def remove_leftovers(found: Iterable[tuple[Path, Path]]) -> None:
    """Removes temporary files and folders of processes that were killed during a download.

    Args:
        found: each path with the lock that its process holds while it lives.
    """
    for leftover, lock in found:
        try:
            with FileLock(lock, timeout=0):
                if leftover.is_dir():
                    shutil.rmtree(leftover, ignore_errors=True)
                else:
                    leftover.unlink(missing_ok=True)
        except Timeout:  # still being fetched
            continue


def _lock(folder: Path, sha256: str) -> Path:
    return folder / f"{sha256}.lock"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _download(url: str, file, size: int | None, timeout: float, within: float) -> tuple[int, str]:
    """Writes what `url` sends into a file; number of bytes and digest.

    A thread of its own, since a server that sends a byte now and then never runs into a timeout of
    the socket. One that is given up ends at its next write, to a file that is closed.
    """
    done: list[tuple[int, str] | Exception] = []

    def work():
        try:
            done.append(_stream(url, file, size, timeout))
        except Exception as error:
            done.append(error)

    thread = threading.Thread(target=work, name="mer_zoo download", daemon=True)
    thread.start()
    thread.join(within)
    if not done:
        raise WeightsError(
            f"{url} was not fetched within {within:g} seconds. Nothing was kept. Try again on a faster "
            "connection, or download it yourself into a local zoo folder."
        )
    (result,) = done
    if isinstance(result, WeightsError):
        raise result
    if isinstance(result, OSError | ValueError | http.client.HTTPException):
        raise WeightsError(
            f"{url} cannot be fetched ({result}). Check the address and your connection; "
            "a folder with card.toml and its weights can be loaded instead."
        ) from result
    if isinstance(result, Exception):
        raise result
    return result


def _stream(url: str, file, size: int | None, timeout: float) -> tuple[int, str]:
    most = WEIGHT_BYTES if size is None else size
    received, digest = 0, hashlib.sha256()
    with _opener().open(url, timeout=timeout) as response:
        while piece := response.read1(PIECE):
            received += len(piece)
            if received > most:
                raise WeightsError(
                    f"{url} sends more than the {most:,} bytes that are expected. Nothing was kept. "
                    "Ask the publisher of the entry for a new card."
                )
            digest.update(piece)
            file.write(piece)
    return received, digest.hexdigest()


def _check(url: str, received: tuple[int, str], sha256: str, size: int | None) -> None:
    count, actual = received
    if size is not None and count != size:
        raise WeightsError(
            f"{url} has {count:,} bytes, the card says {size:,}. Nothing was kept. Try again; then ask "
            "the publisher of the entry for a new card."
        )
    if actual != sha256:
        raise WeightsError(
            f"{url} is not the file expected: sha256 {actual[:16]}… instead of {sha256[:16]}…. "
            "Nothing was kept. Ask the publisher of the entry for a new card."
        )


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to https, or from http to http on the loopback address."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):
        if not is_fetchable(newurl) or (req.type == "https" and not newurl.startswith("https:")):
            raise WeightsError(
                f"{req.full_url} redirects to {newurl}, which is not fetched: weights come from "
                "https:// addresses. Ask the publisher of the entry for a new card."
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> urllib.request.OpenerDirector:
    """Opens http and https and nothing else: urllib's own also opens file:, ftp: and data:."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(),
        _Redirects(),
        urllib.request.HTTPErrorProcessor(),
        urllib.request.HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener
