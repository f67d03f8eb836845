"""Connections to an SQLite file: in which ways it is opened, and how a transaction ends."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.registry.database import CommitFailedError, cause_of
from indelible.registry.rows import MAX_VALUE_BYTES

__all__ = ["Mode", "is_not_writable", "open_file", "transaction"]

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


@contextmanager
def transaction(connection: sa.Connection) -> Iterator[None]:
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


def open_file(path: Path, timeout: float, mode: Mode) -> sqlite3.Connection:
    """Open a file that is there."""
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


def is_not_writable(error: exc.OperationalError) -> bool:
    """Whether it fails because the file, or its folder, cannot be written."""
    text = str(error.orig)
    return "unable to open" in text or "readonly" in text
