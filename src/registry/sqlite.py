"""One SQLite file: its transactions, and what can go wrong with a file that may be anybody's.

The file may be on a read-only disk, be written by another process, belong to another program, or
not exist yet. Looking something up changes nothing in the file, and leaves nothing beside it.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.database import CommitFailedError, cause_of, unknown_outcome
from indelible.registry.rows import MAX_VALUE_BYTES
from indelible.registry.sqlite_layout import (
    Kind,
    Layout,
    empty_database,
    make_registry,
    read_layout,
    show_as_current,
)
from indelible.registry.urls import DEFAULT_OPTIONS, Options, SqliteUrl

__all__ = ["SqliteDatabase"]

T = TypeVar("T")

# How a file is opened; never so that it is made. "rw" writes; "query" may tidy up after others, as
# who closes a log last has to, and changes nothing; "ro" is for what cannot be written, and
# "immutable" reads without locks, and without the files that SQLite may lay beside it.
Mode: TypeAlias = Literal["rw", "query", "ro", "immutable"]
_PARAMETERS: Final[dict[Mode, str]] = {
    "rw": "mode=rw",
    "query": "mode=rw",
    "ro": "mode=ro",
    "immutable": "mode=ro&immutable=1",
}


@dataclass(slots=True)
class _Writing:
    """What the threads of one process share while they write."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    users: int = 0
    users_lock: threading.Lock = field(default_factory=threading.Lock)
    connection: sa.Connection | None = None
    file_id: tuple[int, int] | None = None

    def close(self) -> None:
        connection, self.connection = self.connection, None
        if connection is not None:
            with suppress(exc.SQLAlchemyError, sqlite3.Error):
                connection.close()


class SqliteDatabase:
    """An SQLite file, safe over threads, processes and forks.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made on the first write, for their owner only.
    options : Options
        How long to wait for another process that is writing.

    Notes
    -----
    A connection is open as long as somebody reads or writes, and no longer: between two calls the
    file lies there alone, and may be copied.
    """

    def __init__(self, path: Path, options: Options = DEFAULT_OPTIONS) -> None:
        self._path = path.absolute()
        self._options = options
        self._known: tuple[int, int] | None = None  # the file that was found to be a registry
        self._engines: dict[Mode, sa.Engine] = {}
        # By process: what a parent had open is neither used nor closed by its child
        # (sqlite.org/howtocorrupt.html, section 2.6).
        self._writing: dict[int, _Writing] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes without connections."""
        return SqliteDatabase, (self._path, self._options)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self._path)

    @property
    def url(self) -> str:
        """Its URL."""
        return str(SqliteUrl(self._path, self._options))

    @property
    def generation(self) -> object:
        """Which file it is."""
        return self._file_id()

    def exists(self) -> bool:
        """Whether there is a file that is not empty, be it a registry or not.

        Raises
        ------
        NoRegistryError
            If there is something else than a file.
        """
        return self._file_id() is not None and self._size() > 0

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Ask something in a transaction that cannot write; see `Database.read`."""
        with self._translated_errors():
            kind = self._kind()
            if kind == "empty":
                raise NoRegistryError(
                    f"the registry {self.name} is an empty file", hint="Check the path."
                )
            with ExitStack() as stack:
                connection = self._readable(stack)
                # Once more, from here on unchanging: another process may just have migrated it.
                if kind == "old" and read_layout(connection).kind(self.name) == "old":
                    show_as_current(connection)
                return work(connection)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Change something, making the file where there is none; see `Database.write`."""
        with self._translated_errors():
            if self._file_id() is None:
                self._create()
            kind = self._kind()
            with self._writable() as connection:
                if kind != "ours":
                    with _transaction(connection):
                        make_registry(connection, self.name)
                with _transaction(connection):
                    return work(connection)

    @contextmanager
    def kept_open(self) -> Iterator[None]:
        """Keep the connection for writing until the last of those who came has left.

        The last connection to a file in write-ahead-log mode copies the log into the file when it
        is closed: for one change as for the thousand of all threads together.
        """
        mine = self._shared()
        with mine.users_lock:
            mine.users += 1
        try:
            yield
        finally:
            with mine.users_lock:
                mine.users -= 1
                if not mine.users:
                    mine.close()

    # --- which file is it? -----------------------------------------------------------------------

    def _file_id(self) -> tuple[int, int] | None:
        """Return which file there is, or None; refuse what is no file.

        Only SQLite ever opens the file itself: closing it would release the locks that another
        thread holds on it.
        """
        try:
            status = self._path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unavailable(error) from error
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, a device or a socket"
            raise NoRegistryError(
                f"the registry {self.name} is {kind}, not a file", hint="Name a file."
            )
        return status.st_dev, status.st_ino

    def _size(self, ending: str = "") -> int:
        try:
            return Path(f"{self._path}{ending}").stat().st_size
        except OSError:
            return 0

    def _kind(self) -> Kind:
        """Make sure that the file is a registry, or can become one; see `Layout.kind`.

        Read without locks and without the files that SQLite may lay beside it: nothing at all is
        done to a file of another program.
        """
        file_id = self._file_id()
        if file_id is None:
            raise NoRegistryError(
                f"the registry {self.name} does not exist",
                hint="Check the path; the first `indelible protect` that names it creates it.",
            )
        if file_id == self._known:
            return "ours"
        layout = self._layout("immutable")
        # The tables may still wait in the log of a process that writes, or that was killed.
        if self._size("-wal") and (not any(layout) or layout.kind(self.name) == "old"):
            layout = self._layout("ro")
        kind = layout.kind(self.name)
        if kind == "ours":
            self._known = file_id
        return kind

    def _layout(self, mode: Mode) -> Layout:
        with self._connected(mode) as connection:
            return read_layout(connection)

    def _create(self) -> None:
        """Make the file, whole or not at all; another process may be faster."""
        make_private_folder(self._path.parent)
        with suppress(FileExistsError):
            write_new_private_file(self._path, empty_database)

    # --- connections -----------------------------------------------------------------------------

    def _engine(self, mode: Mode) -> sa.Engine:
        engine = self._engines.get(mode)
        if engine is None:
            engine = self._engines[mode] = sa.create_engine(
                "sqlite://",
                creator=lambda: _open_file(self._path, self._options.timeout, mode),
                poolclass=sa.pool.NullPool,  # no connection is kept: threads and forks are safe
            )
        return engine

    @contextmanager
    def _connected(self, mode: Mode) -> Iterator[sa.Connection]:
        with self._engine(mode).connect() as connection:
            yield connection

    def _readable(self, stack: ExitStack) -> sa.Connection:
        """Return a connection for reading, without locks where they cannot be had.

        A file in write-ahead-log mode needs two files beside it, which SQLite makes, unless the
        folder is not to be written. Where nobody can be writing, the file alone is enough.
        """
        mode: Mode = "query" if os.access(self._path, os.W_OK) else "ro"
        try:
            connection = stack.enter_context(self._connected(mode))
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").all()
        except exc.OperationalError as error:
            text = str(error.orig)
            if "unable to open" not in text and "readonly" not in text:
                raise
            for ending in ("-wal", "-journal"):
                if self._size(ending):
                    raise RegistryUnavailableError(
                        f"the registry {self.name} was left in the middle of a change, and cannot "
                        "be written to finish it",
                        hint=f"Copy it, with its {ending} file, to a folder that is writable.",
                    ) from error
            stack.close()
            connection = stack.enter_context(self._connected("immutable"))
        return connection

    def _shared(self) -> _Writing:
        return self._writing.setdefault(os.getpid(), _Writing())

    @contextmanager
    def _writable(self) -> Iterator[sa.Connection]:
        """Yield the connection for writing, which the threads of a process have one by one."""
        mine = self._shared()
        with self.kept_open(), mine.lock:
            file_id = self._file_id()
            if mine.connection is None or mine.file_id != file_id:
                mine.close()
                mine.connection, mine.file_id = self._engine("rw").connect(), file_id
            try:
                yield mine.connection
            except BaseException:
                mine.close()
                raise

    # --- errors ----------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Let nothing but our own errors out."""
        try:
            yield
        except CommitFailedError as error:
            raise unknown_outcome(self.name, error) from error
        except (exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        cause = cause_of(error)
        text = cause.lower()
        if "locked" in text or "busy" in text:
            what, hint = "is locked by another process", "Try again when that has finished."
        elif "full" in text or "no space" in text:
            what, hint = "cannot be written: the disk is full", "Free some space."
        elif "readonly" in text or "read-only" in text or "permission" in text:
            what, hint = "cannot be written", "Make the file and its folder writable."
        elif "not a database" in text:
            return NoRegistryError(
                f"the registry {self.name} is not a database", hint="Name a registry."
            )
        elif "malformed" in text or "no such" in text or "too big" in text or "decode" in text:
            what, hint = f"is damaged ({cause})", "Restore it from a backup, or move it away."
        else:
            what, hint = f"cannot be used: {cause}", "Check the path and its permissions."
        return RegistryUnavailableError(f"the registry {self.name} {what}", hint=hint)


@contextmanager
def _transaction(connection: sa.Connection) -> Iterator[None]:
    """Hold the write lock from the beginning, and commit at the end.

    Waiting for the lock later, in the middle of a transaction, would fail without waiting.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        _roll_back(connection)
        raise
    try:
        connection.exec_driver_sql("COMMIT")
    except (exc.SQLAlchemyError, sqlite3.Error) as error:
        _roll_back(connection)
        # A database that is busy has left the transaction open (sqlite.org/lang_transaction.html);
        # after any other error it may be on the disk or not.
        if _is_busy(error):
            raise
        raise CommitFailedError(cause_of(error)) from error


def _roll_back(connection: sa.Connection) -> None:
    with suppress(exc.SQLAlchemyError, sqlite3.Error):
        connection.exec_driver_sql("ROLLBACK")


def _is_busy(error: Exception) -> bool:
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _open_file(path: Path, timeout: float, mode: Mode) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.as_uri()}?{_PARAMETERS[mode]}",
        uri=True,
        timeout=timeout,
        isolation_level=None,  # transactions are ours, not the driver's
        check_same_thread=False,
    )
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA fullfsync = ON")  # where a disk's own cache needs telling: macOS
        connection.execute("PRAGMA temp_store = MEMORY")
        if mode == "query":
            connection.execute("PRAGMA query_only = ON")
        if mode == "rw":
            _use_log(connection)
        # The file may be anybody's: no function of its schema is run that has effects elsewhere.
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection


def _use_log(connection: sqlite3.Connection) -> None:
    """Let readers and writers not wait for each other, in a file that an older version made, too.

    Not now where somebody is in the file, nor ever where the file system cannot: both are slower,
    and as safe.
    """
    with suppress(sqlite3.OperationalError):
        connection.execute("PRAGMA journal_mode = WAL")
