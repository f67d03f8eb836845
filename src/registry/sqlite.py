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
from typing import Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import NoRegistryError, RegistryUnavailableError
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.database import CommitFailedError, cause_of, unknown_outcome
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
from indelible.registry.sqlite_opening import Mode, is_not_writable, open_file, transaction
from indelible.registry.tables import SCHEMA_VERSION
from indelible.registry.urls import DEFAULT_OPTIONS, Options, SqliteUrl

__all__ = ["SqliteDatabase"]

T = TypeVar("T")


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
                    with transaction(connection):
                        make_registry(connection, self.name)
                with transaction(connection):
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
                creator=lambda: open_file(path, timeout, mode),
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
            if is_not_writable(error):
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
            if not is_not_writable(error):
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
