"""Opens the tracking store, and explains what is wrong with it."""

import contextlib
import errno
import socket
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from mer_zoo.errors import DiskFullError, OldFileStoreError, TrackingError
from mer_zoo.extras import require_extra
from mer_zoo.files import write_atomically

DATABASE, ARTIFACTS = "mlflow.db", "mlruns"
PATIENCE = 5.0  # seconds until a lock or a silent server counts as trouble
SQLITE = "sqlite:///"
SERVER = ("http://", "https://")
PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306}
UNREACHED = (ConnectionError, TimeoutError, socket.gaierror)
FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class Store:
    """An MLflow tracking store.

    Attributes:
        uri: as MLflow takes it; paths in it are absolute.
        artifacts: folder of the artifacts, or None if a server or MLflow decides.
    """

    uri: str
    artifacts: Path | None

    @classmethod
    def at(cls, uri: str | None = None) -> "Store":
        """The store of this URI; by default `mlflow.db` in the current folder.

        A database file has its artifacts in `mlruns` beside it, so that a plain `mlflow ui` in that
        folder finds both.

        Raises:
            TrackingError: the URI names a folder. MLflow no longer supports such file stores.
        """
        uri = uri or f"{SQLITE}{DATABASE}"
        if "://" not in uri or uri.startswith("file:"):
            raise TrackingError(
                f"The tracking URI {uri!r} names a folder, and MLflow keeps runs in folders no more. "
                f"Name a database, {SQLITE}{DATABASE}, or a server, http://127.0.0.1:5000."
            )
        if not uri.startswith(SQLITE):
            return cls(uri, None)
        path = uri.removeprefix(SQLITE)
        if path.startswith("file:"):  # SQLite's own form, with options
            folder = Path(path.removeprefix("file:").split("?")[0]).absolute().parent
            return cls(uri, folder / ARTIFACTS)
        file = Path(path).expanduser().absolute()
        return cls(f"{SQLITE}{file}", file.parent / ARTIFACTS)

    def client(self):
        """An `mlflow.MlflowClient` of this store, after a check that it can be written.

        Raises:
            TrackingError: the server does not answer, or the database is locked, read-only or not a
                database.
            OldFileStoreError: an old file store is where the artifacts belong.
            DiskFullError: there is no space left.
            MissingPackageError: MLflow is not installed.
        """
        require_extra("track", "mlflow", "Tracking runs")
        self.check()
        with self.named_errors():
            from mlflow import MlflowClient

            uri = self._uri_without_folders()
            client = MlflowClient(tracking_uri=uri, registry_uri=uri)
            client.search_experiments(max_results=1)
            return client

    def _uri_without_folders(self) -> str:
        """The URI with the slashes of an SQLite file URI escaped, which SQLite reads the same.

        MLflow takes `file:/a/mlflow.db` for a relative path and would create a folder `file:/a` in
        the current one.
        """
        path, mark, options = self.uri.removeprefix(SQLITE).partition("?")
        if not (self.uri.startswith(SQLITE) and path.startswith("file:")):
            return self.uri
        path = path.removeprefix("file:")
        if path.startswith("//"):  # an authority: empty, or "localhost"
            path = path[path.find("/", 2) :]
        return f"{SQLITE}file:{path.replace('/', '%2F')}{mark}{options}"

    def check(self) -> None:
        """Checks within seconds that the store can be written; MLflow itself retries for minutes.

        Raises:
            TrackingError, OldFileStoreError, DiskFullError: as for `client`.
        """
        with self.named_errors():
            if self.artifacts is not None:
                self._refuse_old_file_store(self.artifacts)
                self.artifacts.mkdir(parents=True, exist_ok=True)
                self._create_database()
                self._try_database()
            else:
                self._try_server()

    @contextlib.contextmanager
    def named_errors(self) -> Iterator[None]:
        """Converts errors of MLflow, SQLite or the network into errors that say what to do."""
        try:
            yield
        except (TrackingError, DiskFullError):
            raise
        except Exception as error:
            if named := self._named(error):
                raise named from error
            raise

    def _refuse_old_file_store(self, folder: Path):
        old = sorted(folder.glob("[0-9]*/meta.yaml"))
        if old:
            raise OldFileStoreError(
                f"{folder} holds a file store of an old MLflow ({old[0].parent.name}/meta.yaml), which "
                "current versions do not open. Nothing was changed. Move it and migrate its runs: "
                f"mv {folder} {folder.parent / 'old_mlruns'}, then mlflow migrate-filestore --source "
                f"{folder.parent / 'old_mlruns'} --target {self.uri}."
            )

    def _create_database(self):
        """A new database appears whole.

        MLflow makes its tables one after another, and cannot open a file where that was cut short.
        """
        path = self.uri.removeprefix(SQLITE)
        file = Path(path)
        if path.startswith("file:") or file.exists():
            return
        from filelock import FileLock
        from mlflow import MlflowClient

        with (
            FileLock(file.with_name(f".{file.name}.lock")),
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as elsewhere,
        ):
            if not file.exists():
                made = Path(elsewhere) / file.name
                MlflowClient(tracking_uri=f"{SQLITE}{made}").search_experiments(max_results=1)
                write_atomically(file, made.read_bytes())

    def _try_database(self):
        """Asks for the right to write."""
        path = self.uri.removeprefix(SQLITE)
        connection = sqlite3.connect(path, timeout=PATIENCE, uri=path.startswith("file:"))
        with contextlib.closing(connection):
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()

    def _try_server(self):
        address = urlsplit(self.uri)
        port = address.port or PORTS.get(address.scheme.split("+")[0])
        if address.hostname and port:  # a database may also be behind a socket of this machine
            socket.create_connection((address.hostname, port), timeout=PATIENCE).close()

    def _named(self, error: Exception) -> Exception | None:
        from mlflow.exceptions import MlflowException

        text, said = str(error), str(error).lower()
        if is_disk_full(error):
            return disk_full(error)
        if "database is locked" in said:
            return TrackingError(
                f"The database {self.uri} is locked: another program is writing it and does not let "
                "go. Close what has it open (a database browser, a hanging mlflow server) and start "
                "the same command again; it resumes where it stopped."
            )
        if "readonly database" in said or isinstance(error, PermissionError):
            return TrackingError(
                f"{self.uri} cannot be written: {text}. Give yourself the right to write the file and "
                "its folder, or name another database with --tracking-uri."
            )
        if isinstance(error, sqlite3.Error) or "sqlite3." in said:
            return TrackingError(
                f"The database {self.uri} cannot be used: {text}. If it is not MLflow's, name another "
                f"with --tracking-uri {SQLITE}FILE; if it is damaged, put its last copy back."
            )
        if "out-of-date database schema" in said:
            return TrackingError(
                f"The database {self.uri} was made by another version of MLflow. Copy it, then run: "
                f"mlflow db upgrade {self.uri}."
            )
        if self.uri.startswith(SERVER) and isinstance(error, (OSError, MlflowException)):
            return TrackingError(
                f"The MLflow server {self.uri} gave no good answer: {text}. Start it (mlflow server "
                f"--backend-store-uri {SQLITE}{DATABASE}) or correct --tracking-uri. Start the same "
                "command again; it resumes where it stopped."
            )
        if isinstance(error, ModuleNotFoundError) and self.artifacts is None:
            return TrackingError(
                f"The database driver {error.name!r} is not installed. Install it, or name one that "
                "is: pip install psycopg2-binary, and postgresql+psycopg2://USER@HOST/DATABASE."
            )
        if self.artifacts is None and (isinstance(error, UNREACHED) or "sqlalche.me" in said):
            place = urlsplit(self.uri)  # without the password
            return TrackingError(
                f"The database {place.path.strip('/')} at {place.hostname} cannot be used: {text}. "
                "Start it or correct --tracking-uri. Start the same command again; it resumes where it "
                "stopped."
            )
        if isinstance(error, MlflowException):
            return TrackingError(f"MLflow refused in {self.uri}: {text}")
        return None


def is_disk_full(error: BaseException) -> bool:
    """Whether an error, or one of its causes, says that no space is left."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.errno in FULL:
            return True
        if "database or disk is full" in str(cause).lower():
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def disk_full(error: BaseException) -> DiskFullError:
    """The error to raise if the disk is full."""
    return DiskFullError(
        f"There is no space left for results ({error}). Everything finished is kept. Make room and "
        "start the same command again; it resumes where it stopped."
    )
