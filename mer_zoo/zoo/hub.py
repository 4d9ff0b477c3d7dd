"""Entries on the Hugging Face Hub: `hf://org/repo@revision`.

Only two files are fetched, the card and the weights it names. Nothing in a repository is ever
executed. The Hub resolves a revision to a commit and supplies the digests of its files. A fetched
entry is stored under its commit, so it can be loaded again without the network.
"""

import hashlib
import os
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from mer_zoo.config import FILE_BYTES
from mer_zoo.errors import HubError
from mer_zoo.extras import require_extra
from mer_zoo.settings import home, is_offline
from mer_zoo.zoo import cache, weights
from mer_zoo.zoo.cards import Card, Weights
from mer_zoo.zoo.registry import CARD

CARD_DIGEST = "card.sha256"
FETCHING = ".fetching-"  # and the commit: the folder that an entry is fetched into

_ADDRESS = re.compile(r"hf://(?P<repo>[\w.-]+/[\w.-]+)(@(?P<revision>[\w./-]+))?")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class HubAddress:
    """A parsed `hf://org/repo@revision`; `revision` is a commit, tag or branch, or None."""

    repo: str
    revision: str | None = None

    @classmethod
    def parse(cls, text: str) -> "HubAddress":
        """Reads an address.

        Raises:
            HubError: the address does not have that form.
        """
        found = _ADDRESS.fullmatch(text)
        if found is None or ".." in text:
            raise HubError(
                f"{text!r} is not an address on the Hub. Expected hf://org/repo@revision, for "
                "instance hf://someone/my_model@v1."
            )
        return cls(found["repo"], found["revision"])

    @property
    def is_pinned(self) -> bool:
        """Whether the revision is a commit, which never changes, and not a tag or branch."""
        return self.revision is not None and _COMMIT.fullmatch(self.revision) is not None

    def at(self, commit: str) -> "HubAddress":
        """The same repository at a commit."""
        return HubAddress(self.repo, commit)

    def folder(self) -> Path:
        """The local folder of a pinned entry."""
        return home() / "hub" / self.repo / str(self.revision)

    def __str__(self):
        return f"hf://{self.repo}" + (f"@{self.revision}" if self.revision else "")


def fetch(text: str) -> tuple[str, Path]:
    """The pinned address and the local folder of an entry on the Hub, fetched once.

    If the address has no commit, the Hub resolves it, and the pinned address is printed on standard
    error. Write it down to get the same weights again.

    Args:
        text: `hf://org/repo`, with `@` and a commit, tag or branch.

    Raises:
        HubError: the address is malformed, the repository or revision does not exist or is not a
            zoo entry, a digest differs, or the network is disabled or unreachable.
        CardError: its card is invalid.
        MissingPackageError: huggingface_hub is not installed.
    """
    address = HubAddress.parse(text)
    if address.is_pinned and _is_kept(address.folder()):
        return str(address), address.folder()
    if is_offline():
        raise HubError(
            f"{address} is not in the cache {home() / 'hub'} under a commit, and MER_ZOO_OFFLINE "
            "forbids asking the Hub. Unset MER_ZOO_OFFLINE once, or give the pinned address "
            "(hf://org/repo@commit) of what was loaded before."
        )
    require_extra("hub", "huggingface_hub", "An hf:// address")
    files = _Repository.ask(address)
    pinned = address.at(files.commit)
    folder = pinned.folder()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(_lock(folder)):
        if not _is_kept(folder):
            _fetch_into(folder, pinned, files)
    if not address.is_pinned:
        print(f"{address} is {pinned}", file=sys.stderr)
    return str(pinned), folder


def _is_kept(folder: Path) -> bool:
    """Whether the entry is there, card and weights as they were fetched."""
    card, digest = folder / CARD, folder / CARD_DIGEST
    if not (card.exists() and digest.exists()):
        return False
    if weights.digest(card) != digest.read_text().strip():
        return False
    promised = Card.read(card).weights
    file = folder / promised.file
    return file.exists() and weights.digest(file) == promised.sha256


@dataclass(frozen=True)
class _Repository:
    """A revision of a repository: its commit, and of each file its size and digest."""

    commit: str
    files: dict

    @classmethod
    def ask(cls, address: HubAddress) -> "_Repository":
        from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError

        try:
            info = client().model_info(
                address.repo, revision=address.revision, files_metadata=True, timeout=60
            )
        except RevisionNotFoundError as error:
            raise HubError(f"{address}: the repository has no such revision.") from error
        except RepositoryNotFoundError as error:
            raise HubError(
                f"{address}: there is no such repository, or it is private. Check the name; for a "
                "private one, log in (hf auth login) or set HF_TOKEN."
            ) from error
        except connection_errors() as error:
            raise unreachable(address, error) from error
        if _COMMIT.fullmatch(str(info.sha)) is None:
            raise HubError(f"{address}: the Hub names no commit for it ({info.sha!r}). Try again.")
        return cls(info.sha, {file.rfilename: file for file in info.siblings or []})


def _fetch_into(folder: Path, address: HubAddress, found: _Repository) -> None:
    """Fetches card and weights beside the folder, checks both, and moves them there in one step."""
    temporary = folder.with_name(FETCHING + folder.name)
    shutil.rmtree(temporary, ignore_errors=True)  # of a process that was killed
    cache.remove_leftovers(
        (leftover, _lock(leftover.with_name(leftover.name.removeprefix(FETCHING))))
        for leftover in (home() / "hub").glob(f"*/*/{FETCHING}*")
    )
    temporary.mkdir()
    try:
        _refuse_larger(address, CARD, _size(address, found, CARD), FILE_BYTES)
        path = _download(address, CARD, temporary)
        _check_card(address, path, found.files[CARD].blob_id)
        stored = Card.read(path).weights
        promised = _size(address, found, stored.file)
        _refuse_larger(address, stored.file, promised, stored.bytes)
        if promised < stored.bytes:
            raise HubError(
                f"{address}: {stored.file} has {promised:,} bytes, fewer than the {stored.bytes:,} its "
                "card says. It is not fetched. Ask its publisher."
            )
        _check_digest(address, stored, _download(address, stored.file, temporary))
        (temporary / CARD_DIGEST).write_text(weights.digest(path))
        shutil.rmtree(temporary / ".cache", ignore_errors=True)  # of huggingface_hub
        shutil.rmtree(folder, ignore_errors=True)  # altered since it was fetched
        os.replace(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _lock(folder: Path) -> Path:
    return folder.with_name(f"{folder.name}.lock")


def _size(address: HubAddress, found: _Repository, name: str) -> int:
    """Bytes of a file, as the Hub says: nothing is fetched whose size is unknown."""
    if name not in found.files:
        raise HubError(
            f"{address} has no {name}, so it is no zoo entry. mer-zoo push makes one from a folder "
            "that finetune or train wrote."
        )
    size = found.files[name].size
    if size is None:
        raise HubError(
            f"{address}: the Hub does not say how large {name} is, so it is not fetched. Try again, or "
            "download the two files into a local folder."
        )
    return size


def _refuse_larger(address: HubAddress, name: str, size: int, most: int) -> None:
    if size > most:
        raise HubError(
            f"{address}: {name} has {size:,} bytes, more than the {most:,} expected. It is not fetched."
        )


def _download(address: HubAddress, name: str, folder: Path) -> Path:
    try:
        return Path(
            client().hf_hub_download(
                address.repo, name, revision=address.revision, local_dir=folder
            )
        )
    except connection_errors() as error:
        raise unreachable(address, error) from error


def _check_card(address: HubAddress, path: Path, blob_id: str | None) -> None:
    """The card against the digest Git keeps it under, which the commit vouches for."""
    content = path.read_bytes()
    actual = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
    if actual != blob_id:
        raise HubError(
            f"{address}: {CARD} is not what the Hub promises (Git digest {actual[:16]}… instead of "
            f"{str(blob_id)[:16]}…). Nothing was kept. Try again."
        )


def _check_digest(address: HubAddress, stored: Weights, path: Path) -> None:
    size, actual = path.stat().st_size, weights.digest(path)
    if (size, actual) != (stored.bytes, stored.sha256):
        raise HubError(
            f"{address}: {stored.file} is not the file its card describes: {size:,} bytes of sha256 "
            f"{actual[:16]}… instead of {stored.bytes:,} of {stored.sha256[:16]}…. Nothing was kept. "
            "Ask its publisher."
        )


def client():
    """The client of the Hub at `HF_ENDPOINT`, with the token that huggingface_hub finds."""
    from huggingface_hub import HfApi

    return HfApi(endpoint=os.environ.get("HF_ENDPOINT"), library_name="mer_zoo")


def connection_errors() -> tuple[type[Exception], ...]:
    """The errors that huggingface_hub raises if the Hub is unreachable or refuses."""
    from huggingface_hub.errors import HTTPError  # of httpx, whichever version of it is used

    return (OSError, HTTPError)


def unreachable(address: HubAddress, error: Exception) -> HubError:
    """The error to raise if the Hub does not answer as expected."""
    return HubError(
        f"{address}: the Hub does not answer as it should ({type(error).__name__}: {error}). Check "
        "your connection and your rights to the repository. What was fetched before is loaded from "
        "the cache by its pinned address."
    )
