"""One SQLite file: its transactions, and what can go wrong with a file that may be anybody's.

The file may be on a read-only disk, be written by another process, belong to another program, or
not exist yet. Looking something up changes nothing, neither in the file nor beside it.
"""

from __future__ import annotations

import functools
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import (
    NoRegistryError,
    RegistryOutcomeUnknownError,
    RegistryUnavailableError,
)
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.sqlite_layout import Layout, empty_database, make_registry, read_layout
from indelible.registry.tables import MAX_VALUE_BYTES
from indelible.registry.urls import DEFAULT_TIMEOUT, SqliteUrl

__all__ = ["SqliteDatabase"]

# How a file is opened; never so that it is made. "immutable" reads without locks, and without the
# files that SQLite may lay beside it.
Mode: TypeAlias = Literal["rw", "ro", "immutable"]
_PARAMETERS: Final[dict[Mode, str]] = {
    "rw": "mode=rw",
    "ro": "mode=ro",
    "immutable": "mode=ro&immutable=1",
}


class SqliteDatabase:
    """An SQLite file, safe over threads, processes and forks.

    Parameters
    ----------
    path : Path
        The file; it and its folder are made on the first write, for their owner only.
    timeout : float
        How long to wait for another process that is writing, in seconds.

    Notes
    -----
    No connection is kept open between two transactions.
    """

    def __init__(self, path: Path, *, timeout: float = DEFAULT_TIMEOUT) -> None:
        self._path = path.absolute()
        self._timeout = timeout
        self._known: tuple[int, int] | None = None  # the file that was found to be a registry
        self._engines: dict[Mode, sa.Engine] = {}

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes without connections."""
        return functools.partial(SqliteDatabase, timeout=self._timeout), (self._path,)

    @property
    def name(self) -> str:
        """What messages call it."""
        return str(self._path)

    @property
    def url(self) -> str:
        """Its URL."""
        return str(SqliteUrl(self._path, self._timeout))

    def exists(self) -> bool:
        """Whether there is a file that is not empty, be it a registry or not.

        Raises
        ------
        NoRegistryError
            If there is something else than a file.
        """
        return self._file_id() is not None and self._size() > 0

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that cannot write; what goes wrong becomes one of our errors."""
        with self._translated_errors():
            if self._kind() == "empty":
                raise NoRegistryError(
                    f"the registry {self.name} is an empty file", hint="Check the path."
                )
            with ExitStack() as stack:
                yield self._readable(stack)

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes, making the file where there is none.

        It is committed on leaving the block, and rolled back where the block raises.

        Raises
        ------
        RegistryOutcomeUnknownError
            If the commit failed, so that nobody knows what of it is on the disk.
        """
        with self._translated_errors():
            if self._file_id() is None:
                self._create()
            kind = self._kind()
            with self._connected("rw") as connection:
                if kind != "ours":
                    with _transaction(connection):
                        make_registry(connection, self.name)
                with _transaction(connection):
                    yield connection

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

    def _kind(self) -> Literal["ours", "unmarked", "empty"]:
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
        if not any(layout) and self._size("-wal"):  # a process of version 0.1 was killed
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

    @contextmanager
    def _connected(self, mode: Mode) -> Iterator[sa.Connection]:
        engine = self._engines.get(mode)
        if engine is None:
            engine = self._engines[mode] = sa.create_engine(
                "sqlite://",
                creator=lambda: _open_file(self._path, self._timeout, mode),
                poolclass=sa.pool.NullPool,  # no connection is kept: threads and forks are safe
            )
        with engine.connect() as connection:
            yield connection

    def _readable(self, stack: ExitStack) -> sa.Connection:
        """Return a connection for reading, without locks where they cannot be had.

        A file in write-ahead-log mode needs two files beside it, which SQLite makes, unless the
        folder is not to be written. Where nobody can be writing, the file alone is enough.
        """
        try:
            connection = stack.enter_context(self._connected("ro"))
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

    # --- errors ----------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Let nothing but our own errors out."""
        try:
            yield
        except _CommitFailedError as error:
            raise RegistryOutcomeUnknownError(
                f"the registry {self.name} failed while it saved a change ({error}); the change "
                "may be there or not",
                hint="Ask for the record by its manifest id, repeat the change, or take it back.",
            ) from error
        except (exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        cause = _cause(error)
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


class _CommitFailedError(Exception):
    """The commit was sent, and what became of it is unknown."""


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
        raise _CommitFailedError(_cause(error)) from error


def _roll_back(connection: sa.Connection) -> None:
    with suppress(exc.SQLAlchemyError, sqlite3.Error):
        connection.exec_driver_sql("ROLLBACK")


def _is_busy(error: Exception) -> bool:
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    return getattr(original, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY


def _cause(error: Exception) -> str:
    """Return what the system or SQLite itself said."""
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    if isinstance(original, OSError) and original.strerror:
        return original.strerror
    return str(original)


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
        # The file may be anybody's: no function of its schema is run that has effects elsewhere.
        connection.execute("PRAGMA trusted_schema = OFF")
    except BaseException:
        connection.close()
        raise
    return connection
