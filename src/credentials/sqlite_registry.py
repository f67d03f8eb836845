"""The registry in one SQLite file: the embedded default."""

from __future__ import annotations

import datetime as dt
import functools
import os
import sqlite3
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.credentials.registry import Record
from indelible.errors import BindingConflictError, RegistryUnavailableError

__all__ = ["SqliteRegistry"]

SCHEMA_VERSION = 1
_BUSY_MILLISECONDS = 10_000

_metadata = sa.MetaData()
_manifests = sa.Table(
    "manifests",
    _metadata,
    sa.Column("manifest_id", sa.Text, primary_key=True),
    sa.Column("manifest_store", sa.LargeBinary, nullable=False),
    sa.Column("store_sha256", sa.Text, nullable=False),
    sa.Column("media_type", sa.Text, nullable=False),
    sa.Column("generator", sa.Text),
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("picture_sha256", sa.Text),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
)
_bindings = sa.Table(
    "bindings",
    _metadata,
    sa.Column("algorithm", sa.Text, primary_key=True),
    sa.Column("payload", sa.LargeBinary, primary_key=True),
    sa.Column(
        "manifest_id",
        sa.Text,
        sa.ForeignKey("manifests.manifest_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
)


class SqliteRegistry:
    """A registry in one SQLite file, safe over threads, processes and forks.

    Parameters
    ----------
    path : path
        The file; it and its folder are created on the first write, for their owner only.
    busy_milliseconds : int
        How long to wait for another process that is writing.

    Notes
    -----
    Every write is synced to the disk before it is acknowledged. The file is in write-ahead-log
    mode: readers never wait for a writer.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, busy_milliseconds: int = _BUSY_MILLISECONDS
    ) -> None:
        self.path = Path(path)
        self._busy = busy_milliseconds
        self._engine: sa.Engine | None = None
        self._pid = -1

    def put(self, record: Record) -> None:
        """Store a manifest and its binding in one transaction; see `Registry.put`."""
        with self._begin(write=True) as connection:
            try:
                connection.execute(
                    sa.insert(_manifests).values(
                        manifest_id=record.manifest_id,
                        manifest_store=record.manifest_store,
                        store_sha256=record.store_sha256,
                        media_type=record.media_type,
                        generator=record.generator,
                        created=record.created.astimezone(dt.UTC).isoformat(),
                        picture_sha256=record.picture_sha256,
                        width=record.width,
                        height=record.height,
                    )
                )
                connection.execute(
                    sa.insert(_bindings).values(
                        algorithm=record.algorithm,
                        payload=record.payload,
                        manifest_id=record.manifest_id,
                    )
                )
            except exc.IntegrityError as error:
                raise BindingConflictError(
                    f"the registry already holds the id {record.payload.hex()} or the manifest "
                    f"{record.manifest_id}",
                    hint="Choose a new id: the first manifest to claim one keeps it.",
                ) from error

    def find(self, algorithm: str, payload: bytes) -> list[Record]:
        """Return the records bound to an id."""
        return self._select(
            sa.and_(_bindings.c.algorithm == algorithm, _bindings.c.payload == payload)
        )

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest."""
        found = self._select(_manifests.c.manifest_id == manifest_id)
        return found[0] if found else None

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is held."""
        if not self.path.exists():
            return False
        query = sa.select(_bindings.c.manifest_id).where(
            _bindings.c.algorithm == algorithm, _bindings.c.payload == payload
        )
        with self._begin(write=False) as connection:
            return connection.execute(query).first() is not None

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; return whether it was there."""
        if not self.path.exists():
            return False
        with self._begin(write=True) as connection:
            connection.execute(sa.delete(_bindings).where(_bindings.c.manifest_id == manifest_id))
            done = connection.execute(
                sa.delete(_manifests).where(_manifests.c.manifest_id == manifest_id)
            )
            return done.rowcount > 0

    def count(self) -> int:
        """Return how many manifests the registry holds."""
        if not self.path.exists():
            return 0
        query = sa.select(sa.func.count()).select_from(_manifests)
        with self._begin(write=False) as connection:
            return int(connection.execute(query).scalar_one())

    def close(self) -> None:
        """Close the connections; the registry opens again when it is used again."""
        engine, self._engine = self._engine, None
        if engine is not None:
            engine.dispose(close=self._pid == os.getpid())

    def __enter__(self) -> Self:
        """Return the registry itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self.close()

    def __repr__(self) -> str:
        """Show where the registry lies."""
        return f"SqliteRegistry({str(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to other processes as a path."""
        return (_reopen, (str(self.path), self._busy))

    def _select(self, condition: sa.ColumnElement[bool]) -> list[Record]:
        if not self.path.exists():
            return []
        query = (
            sa.select(_manifests, _bindings.c.algorithm, _bindings.c.payload)
            .join(_bindings, _bindings.c.manifest_id == _manifests.c.manifest_id)
            .where(condition)
            .order_by(_manifests.c.created)
        )
        with self._begin(write=False) as connection:
            rows = connection.execute(query).mappings().all()
        try:
            return [
                Record(**{**row, "created": dt.datetime.fromisoformat(row["created"])})
                for row in rows
            ]
        except (TypeError, ValueError) as error:
            raise self._unavailable(error) from error

    @contextmanager
    def _begin(self, *, write: bool) -> Iterator[sa.Connection]:
        """Open a transaction; what goes wrong with the file itself becomes our error."""
        try:
            with self._connected().connect() as connection:
                # IMMEDIATE takes the write lock at once: waiting for it later, in the middle of a
                # transaction, would fail without waiting.
                connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
                try:
                    yield connection
                    connection.exec_driver_sql("COMMIT")
                except BaseException:
                    with suppress(exc.DBAPIError, sqlite3.Error):
                        connection.exec_driver_sql("ROLLBACK")
                    raise
        except (exc.DBAPIError, sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _connected(self) -> sa.Engine:
        if self._engine is not None and self._pid == os.getpid():
            return self._engine
        if self._engine is not None:
            # A forked child must not use its parent's connections, nor close them.
            self._engine.dispose(close=False)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        engine = sa.create_engine(
            "sqlite://",
            creator=functools.partial(_open_database, self.path, self._busy),
            poolclass=sa.pool.QueuePool,
            pool_size=4,
            max_overflow=28,
        )
        weakref.finalize(self, _close_database, engine, os.getpid())
        self._prepare(engine)
        self._engine, self._pid = engine, os.getpid()
        return engine

    def _prepare(self, engine: sa.Engine) -> None:
        """Create the tables of a new file; refuse a file of a newer version of this package."""
        with engine.connect() as connection:
            version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
            if version == SCHEMA_VERSION:
                return
            if version > SCHEMA_VERSION:
                raise RegistryUnavailableError(
                    f"the registry {self.path} was made by a newer version of Indelible "
                    f"(schema {version}, this one knows {SCHEMA_VERSION})",
                    hint="Update Indelible.",
                )
            self._write_ahead(connection)
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            _metadata.create_all(connection, checkfirst=True)
            connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
            connection.exec_driver_sql("COMMIT")

    def _write_ahead(self, connection: sa.Connection) -> None:
        """Let readers read while another process writes.

        Where several processes open a new file at once, SQLite refuses this switch at once instead
        of waiting as it does everywhere else.
        """
        deadline = time.monotonic() + self._busy / 1000
        while True:
            try:
                connection.exec_driver_sql("PRAGMA journal_mode = WAL")
            except exc.OperationalError as error:
                if "locked" not in str(error.orig) or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)
            else:
                return

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        text = str(cause).lower()
        if "locked" in text or "busy" in text:
            what, hint = "is locked by another process", "Try again when that has finished."
        elif "full" in text:
            what, hint = "cannot be written: the disk is full", "Free some space."
        elif "readonly" in text or "read-only" in text or "permission" in text:
            what, hint = "cannot be written", "Make the file and its folder writable."
        elif "malformed" in text or "not a database" in text:
            what, hint = "is damaged", "Restore it from a backup, or move it away."
        else:
            what, hint = f"cannot be used: {cause}", "Check the path and its permissions."
        return RegistryUnavailableError(f"the registry {self.path} {what}", hint=hint)


def _reopen(path: str, busy_milliseconds: int) -> SqliteRegistry:
    return SqliteRegistry(path, busy_milliseconds=busy_milliseconds)


def _open_database(path: Path, busy_milliseconds: int) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path,
        timeout=busy_milliseconds / 1000,
        isolation_level=None,  # transactions are ours, not the driver's
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _close_database(engine: sa.Engine, pid: int) -> None:
    """Close a forgotten registry's connections, unless they are a parent process's."""
    engine.dispose(close=pid == os.getpid())
