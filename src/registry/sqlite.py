"""One SQLite file: its transactions, and what can go wrong with a file that may be anybody's.

The file may be on a read-only disk, be written by another process, belong to another program, or
not exist yet. Looking something up changes nothing in the file, and leaves nothing beside it.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import stat
import weakref
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.database import CommitFailedError, cause_of, unknown_outcome
from indelible.registry.rows import MAX_VALUE_BYTES
from indelible.registry.sqlite_copy import copy_database
from indelible.registry.sqlite_kept import KeptConnections
from indelible.registry.sqlite_layout import (
    Kind,
    Layout,
    empty_database,
    make_registry,
    read_layout,
    show_as_current,
)
from indelible.registry.tables import SCHEMA_VERSION
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
    A file that nobody has used for a second is closed: it lies there alone, and may be copied.
    """

    def __init__(self, path: Path, options: Options = DEFAULT_OPTIONS) -> None:
        self._path = path.absolute()
        self._options = options
        self._known: tuple[int, int] | None = None  # the file that was found to be a registry
        self._engines: dict[Mode, sa.Engine] = {}
        # By process: what a parent had open is neither used nor closed by its child
        # (sqlite.org/howtocorrupt.html, section 2.6).
        self._kept: dict[int, KeptConnections] = {}

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

    def version(self) -> int | None:
        """Which schema the file has; None where there is no file, or an empty one."""
        if not self.exists():
            return None
        with self._translated_errors():
            kind = self._kind()
            if kind == "ours":
                return SCHEMA_VERSION
            return self._current_layout().version if kind == "old" else None

    def disk_bytes(self) -> int:
        """How long the file is, with its log."""
        return self._size() + self._size("-wal")

    def copy_to(self, target: Path) -> None:
        """Copy the database as it is at one moment into an empty file, as a file of its own.

        Raises
        ------
        RegistryUnavailableError
            If this one cannot be read.
        OutputError
            If the copy cannot be written.
        """
        with self._translated_errors():
            if self._kind() == "empty":
                raise NoRegistryError(
                    f"the registry {self.name} is an empty file", hint="Check the path."
                )
            with ExitStack() as stack:
                source = self._readable(stack).connection.driver_connection
                assert isinstance(source, sqlite3.Connection)  # noqa: S101 - for the type checker
                copy_database(source, target)

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Ask something in a transaction that cannot write; see `Database.read`."""
        with self._translated_errors():
            kind = self._kind()
            if kind == "empty":
                raise NoRegistryError(
                    f"the registry {self.name} is an empty file", hint="Check the path."
                )
            if kind == "ours":
                with suppress(_NotWritableError):
                    return self._read_kept(work)
            with ExitStack() as stack:
                connection = self._readable(stack)
                # Once more, from here on unchanging: another process may just have migrated it.
                layout = read_layout(connection)
                if kind == "old" and layout.kind(self.name) == "old":
                    show_as_current(connection, layout.version)
                return work(connection)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Change something, making the file where there is none; see `Database.write`."""
        with self._translated_errors():
            if self._file_id() is None:
                self._create()
            kind = self._kind()
            with self._writer() as connection:
                if kind != "ours":
                    with _transaction(connection):
                        make_registry(connection, self.name)
                with _transaction(connection):
                    return work(connection)

    def close(self) -> None:
        """Close the file, where nobody uses it just now."""
        self._kept_here().close()

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
        kind = self._current_layout().kind(self.name)
        if kind == "ours":
            self._known = file_id
        return kind

    def _current_layout(self) -> Layout:
        layout = self._layout("immutable")
        # The tables may still wait in the log of a process that writes, or that was killed.
        if self._size("-wal") and (not any(layout) or layout.kind(self.name) == "old"):
            layout = self._layout("ro")
        return layout

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
            path, timeout = self._path, self._options.timeout
            engine = self._engines[mode] = sa.create_engine(
                "sqlite://",
                creator=lambda: _open_file(path, timeout, mode),
                poolclass=sa.pool.NullPool,  # which are kept is decided here
            )
        return engine

    @contextmanager
    def _connected(self, mode: Mode) -> Iterator[sa.Connection]:
        with self._engine(mode).connect() as connection:
            yield connection

    def _read_kept(self, work: Callable[[sa.Connection], T]) -> T:
        """Read by a connection that is kept, of a file that can be written by others as by us."""
        file_id = self._file_id()
        if file_id is None or not os.access(self._path, os.W_OK):
            raise _NotWritableError
        with self._kept_here().connection("query", file_id, self._query) as connection:
            connection.exec_driver_sql("BEGIN")
            return work(connection)

    def _query(self) -> sa.Connection:
        connection: sa.Connection | None = None
        try:
            connection = self._engine("query").connect()
            connection.exec_driver_sql(_TOUCH).all()
            connection.rollback()
        except exc.OperationalError as error:
            if connection is not None:
                connection.close()
            if _is_not_writable(error):
                raise _NotWritableError from error
            raise
        return connection

    def _readable(self, stack: ExitStack) -> sa.Connection:
        """Return a connection for reading, without locks where they cannot be had.

        A file in write-ahead-log mode needs two files beside it, which SQLite makes, unless the
        folder is not to be written. Where nobody can be writing, the file alone is enough.
        """
        mode: Mode = "query" if os.access(self._path, os.W_OK) else "ro"
        try:
            connection = stack.enter_context(self._connected(mode))
            connection.exec_driver_sql("BEGIN")
            connection.exec_driver_sql(_TOUCH).all()
        except exc.OperationalError as error:
            if not _is_not_writable(error):
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

    def _kept_here(self) -> KeptConnections:
        """Return the connections of this process."""
        process = os.getpid()
        kept = self._kept.get(process)
        if kept is None:
            kept = self._kept.setdefault(process, KeptConnections())
            weakref.finalize(self, kept.close)
        return kept

    @contextmanager
    def _writer(self) -> Iterator[sa.Connection]:
        """Yield the connection that writes, which the threads of a process have one by one."""
        kept = self._kept_here()
        file_id = self._file_id()
        if file_id is None:
            raise FileNotFoundError(errno.ENOENT, "the file was removed")
        with kept.writing, kept.connection("rw", file_id, self._engine("rw").connect) as connection:
            yield connection

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


class _NotWritableError(Exception):
    """The file cannot be opened as one that others write."""


_TOUCH: Final = "SELECT count(*) FROM sqlite_master"  # the first that looks into the file


def _is_not_writable(error: exc.OperationalError) -> bool:
    text = str(error.orig)
    return "unable to open" in text or "readonly" in text


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
