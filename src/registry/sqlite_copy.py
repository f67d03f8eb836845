"""A copy of an SQLite database as it is at one moment, while others write it.

SQLite's own online backup (sqlite.org/backup.html): copying the file would tear it in two where
somebody writes, and leave out what still waits in its log.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from indelible.errors import OutputError, RegistryUnavailableError

__all__ = ["copy_database"]

_OF_THE_COPY: Final = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)


def copy_database(source: sqlite3.Connection, target: Path) -> None:
    """Copy a database into an empty file, and read the copy through.

    The source is read in one transaction: in a file with a write-ahead log, as every registry that
    was ever written by this version has, writers go on meanwhile.

    Raises
    ------
    OutputError
        If the copy cannot be written.
    RegistryUnavailableError
        If the copy is damaged, because the source is.
    sqlite3.Error
        If the source cannot be read.
    """
    with closing(sqlite3.connect(target, isolation_level=None)) as copy:
        try:
            source.backup(copy)
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _OF_THE_COPY:
                raise
            raise OutputError(
                f"the copy cannot be written: {error}", hint="Free some space, or write elsewhere."
            ) from error
    # Without locks, and without the files that SQLite lays beside a database with a log.
    with closing(sqlite3.connect(f"{target.absolute().as_uri()}?immutable=1", uri=True)) as copy:
        found = copy.execute("PRAGMA quick_check(1)").fetchone()
    if found != ("ok",):
        raise RegistryUnavailableError(
            f"the registry is damaged ({found[0]}), and so is a copy of it",
            hint="Restore it from an older backup; `indelible registry export` saves what can be "
            "read.",
        )
