"""The store of a search: the chief tells its workers where it is, and they check that it is that one."""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from mer_zoo.errors import TrackingError
from mer_zoo.tracking.store import SQLITE, Store
from tuner.errors import SearchRefusedError
from tuner.workers.address import Address

LOOPBACK = ("localhost", "127.0.0.1", "::1")


def handed_over(store: Store, run: str) -> dict[str, str]:
    """What the chief tells a worker of its store.

    A password is left out, since the chief's port is not encrypted: a worker that needs one is given
    the whole URI.

    Args:
        store: of the search.
        run: id of the run of the search.
    """
    parts = urlsplit(store.uri)
    uri = store.uri
    if parts.password is not None:
        uri = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
    return {"tracking_uri": uri, "run": run}


def refuse_private_store(store: Store, address: Address) -> None:
    """Raises SearchRefusedError if workers elsewhere could reach the chief and not its store."""
    if address.is_private or not _is_private(store.uri):
        return
    raise SearchRefusedError(
        f"The chief would listen on {address} for workers of other machines, and they cannot write "
        f"their trials to {store.uri}. Start an MLflow server that all can reach, for instance "
        "`mlflow server --host 0.0.0.0 --backend-store-uri sqlite:///mlflow.db`, and give "
        "--tracking-uri http://HOST:5000 with the name of its machine. For workers of this machine "
        "alone, leave --listen out."
    )


def common_store(note: Mapping, tracking_uri: str | None) -> str:
    """The URI of the store of the search, after a look whether the search is in it.

    Args:
        note: what the chief tells its workers.
        tracking_uri: that the worker was given; by default the chief's.

    Raises:
        TrackingError: the store cannot be reached, or holds other runs than the search's.
    """
    uri = tracking_uri or note["store"]["tracking_uri"]
    advice = (
        "Give this worker the store of the search with --tracking-uri (MLFLOW_TRACKING_URI); workers "
        "of other machines need an MLflow server."
    )
    store = Store.at(uri)
    database = _file_of(store.uri)
    if database is not None and not database.exists():
        raise TrackingError(f"There is no database {store.uri} on this machine. {advice}")
    try:
        client = store.client()
    except TrackingError as error:
        raise TrackingError(f"{error} {advice}") from error
    from mlflow.exceptions import MlflowException

    try:
        client.get_run(note["store"]["run"])
    except MlflowException as error:
        raise TrackingError(
            f"The store {store.uri} does not hold the search {note['search']}. {advice}"
        ) from error
    return uri


def _is_private(uri: str) -> bool:
    """Whether no other machine can use the store. One without a host is reached by a local socket."""
    return uri.startswith(SQLITE) or (urlsplit(uri).hostname or "localhost") in LOOPBACK


def _file_of(uri: str) -> Path | None:
    """The file of a SQLite store."""
    if not uri.startswith(SQLITE):
        return None
    return Path(uri.removeprefix(SQLITE).removeprefix("file:").split("?")[0])
