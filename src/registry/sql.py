"""The registry in one SQLite file: the embedded default."""

from __future__ import annotations

import datetime as dt
import functools
import os
import sqlite3
import stat
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import (
    BindingConflictError,
    NoRegistryError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.protocol import Record

__all__ = ["SqliteRegistry"]

SCHEMA_VERSION: Final = 1
APPLICATION_ID: Final = 0x494E444C  # "INDL": tells our files from everybody else's
MEMORY: Final = ":memory:"
# The longest value, so also the largest manifest with its history, that is stored or read.
MAX_VALUE_BYTES: Final = 32 * 1024 * 1024
MAX_FOUND: Final = 16
_BUSY_MILLISECONDS: Final = 10_000

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
# What a record's parts must be. Any value can stand in any column of SQLite's, and we may be given
# anybody's file, so values are taken as they are and looked at.
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "manifest_id": (str,),
    "manifest_store": (bytes,),
    "store_sha256": (str,),
    "media_type": (str,),
    "generator": (str, type(None)),
    "created": (str,),
    "picture_sha256": (str, type(None)),
    "width": (int, type(None)),
    "height": (int, type(None)),
    "algorithm": (str,),
    "payload": (bytes,),
}
_raw = sa.types.NullType()
_COLUMNS: Final = [
    sa.type_coerce(column, _raw).label(column.name)
    for column in (*_manifests.c, _bindings.c.algorithm, _bindings.c.payload)
]

# Application id, schema, how many tables of ours (by name and columns), how many tables, views and
# triggers of others.
Version: TypeAlias = "tuple[int, int, int, int]"
# Version 0.1 did not write the application id yet.
_UNMARKED: Final[Version] = (0, 1, len(_metadata.tables), 0)
State: TypeAlias = Literal["ours", "unmarked", "empty"]


class SqliteRegistry:
    """A registry in one SQLite file, safe over threads, processes and forks.

    Parameters
    ----------
    path : path
        The file; it and its folder are created on the first write, for their owner only.
        ``":memory:"`` keeps everything in this object's memory instead.
    busy_milliseconds : int
        How long to wait for another process that is writing.

    Notes
    -----
    Every write is synced to the disk before it is acknowledged. Looking something up writes
    nothing, neither into the file nor beside it, so that a file that may not be written, or lies on
    a read-only disk, can be asked as well. No connection is kept open between two calls.
    """

    def __init__(
        self, path: str | os.PathLike[str], *, busy_milliseconds: int = _BUSY_MILLISECONDS
    ) -> None:
        self.path = Path(path)
        self._busy = busy_milliseconds
        self._known: tuple[int, int] | None = None  # the file that was found to be ours
        self._engines: dict[str, sa.Engine] = {}
        self._memory: sa.Engine | None = None
        self._memory_lock = threading.RLock()
        if os.fspath(path) == MEMORY:
            shared = _open_memory()
            self._memory = sa.create_engine(
                "sqlite://", creator=lambda: shared, poolclass=sa.pool.StaticPool
            )

    def put(self, record: Record) -> None:
        """Store a manifest and its binding in one transaction; see `Registry.put`."""
        values = _checked(record)
        binding = {name: values.pop(name) for name in ("algorithm", "payload")}
        with self._writing() as connection:
            try:
                connection.execute(sa.insert(_manifests).values(values))
                connection.execute(
                    sa.insert(_bindings).values(binding | {"manifest_id": record.manifest_id})
                )
            except exc.IntegrityError as error:
                raise BindingConflictError(
                    f"the registry already holds the id {record.payload.hex()} or the manifest "
                    f"{record.manifest_id}",
                    hint="Choose a new id: the first manifest to claim one keeps it.",
                ) from error

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return the records bound to an id, the oldest first, `limit` at most."""
        return self._select(
            sa.and_(_bindings.c.algorithm == algorithm, _bindings.c.payload == payload), limit
        )

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest."""
        found = self._select(_manifests.c.manifest_id == manifest_id, 1)
        return found[0] if found else None

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is held; a registry that does not exist yet holds none."""
        if not self.exists():
            return False
        query = sa.select(sa.literal(1)).where(
            _bindings.c.algorithm == algorithm, _bindings.c.payload == payload
        )
        with self._reading() as connection:
            return connection.execute(query).first() is not None

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; return whether it was there."""
        if not self.exists():
            return False
        with self._writing() as connection:
            connection.execute(sa.delete(_bindings).where(_bindings.c.manifest_id == manifest_id))
            done = connection.execute(
                sa.delete(_manifests).where(_manifests.c.manifest_id == manifest_id)
            )
            return done.rowcount > 0

    def count(self) -> int:
        """Return how many manifests the registry holds; none if it does not exist yet."""
        if not self.exists():
            return 0
        with self._reading() as connection:
            query = sa.select(sa.func.count()).select_from(_manifests)
            return int(connection.execute(query).scalar_one())

    def exists(self) -> bool:
        """Whether there is something at the path that is not empty, be it a registry or not."""
        return self._memory is not None or (self._identity() is not None and self._size() > 0)

    def check(self) -> None:
        """Make sure that there is a registry that can be asked.

        Raises
        ------
        RegistryUnavailableError
            If there is none, or what is there is none or cannot be read.
        """
        with self._reading():
            pass

    def close(self) -> None:
        """Do nothing: no connection is kept open. One in memory lives as long as this object."""

    def __enter__(self) -> Self:
        """Return the registry itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close, which is nothing to do."""

    def __repr__(self) -> str:
        """Show where the registry lies."""
        return f"SqliteRegistry({str(self.path)!r})"

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to other processes as a path."""
        if self._memory is not None:
            raise RegistryError(
                "a registry in memory cannot travel to another process",
                hint="Give it a file.",
            )
        return (_reopen, (os.path.abspath(self.path), self._busy))  # noqa: PTH100 - keeps links

    def _select(self, condition: sa.ColumnElement[bool], limit: int) -> list[Record]:
        query = (
            sa.select(*_COLUMNS)
            .select_from(_manifests)
            .join(_bindings, _bindings.c.manifest_id == _manifests.c.manifest_id)
            .where(condition)
            .order_by(_manifests.c.created)
            .limit(max(1, limit))
        )
        found: list[Record] = []
        with self._reading() as connection:
            size = 0
            for row in connection.execute(query).mappings():
                found.append(self._record({str(name): value for name, value in row.items()}))
                size += len(found[-1].manifest_store)
                if size > MAX_VALUE_BYTES:
                    break
        return found

    def _record(self, row: Mapping[str, Any]) -> Record:
        """Return a row as a record, whatever is in it."""
        try:
            for name, types in _TYPES.items():
                if not isinstance(row[name], types):
                    raise TypeError(f"{name} is a {type(row[name]).__name__}")  # noqa: TRY301
            return Record(**{**row, "created": dt.datetime.fromisoformat(row["created"])})
        except (TypeError, ValueError, RegistryError) as error:
            raise RegistryUnavailableError(
                f"the registry {self.path} is damaged: an entry is none ({error})",
                hint="Restore it from a backup, or move it away.",
            ) from error

    # --- connections -----------------------------------------------------------------------------

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """Open a transaction that cannot write; what goes wrong becomes our error."""
        with self._guarded():
            if self._memory is not None:
                with self._memory_lock, self._memory.connect() as connection:
                    yield connection
                return
            if self._find_out() == "empty":
                raise NoRegistryError(
                    f"the registry {self.path} is an empty file", hint="Check the path."
                )
            with ExitStack() as stack:
                yield self._readable(stack)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """Open a transaction that writes, making the file where there is none."""
        with self._guarded():
            if self._memory is not None:
                with self._memory_lock, self._memory.connect() as connection:
                    yield from _transaction(connection)
                return
            if self._identity() is None:
                self._create()
            state = self._find_out()
            with self._connected("rw") as connection:
                if state != "ours":
                    _make_ours(connection)
                yield from _transaction(connection)

    @contextmanager
    def _connected(self, mode: str) -> Iterator[sa.Connection]:
        engine = self._engines.get(mode)
        if engine is None:
            engine = self._engines[mode] = sa.create_engine(
                "sqlite://",
                creator=lambda: _open_database(self.path, self._busy, mode),
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
                        f"the registry {self.path} was left in the middle of a change, and cannot "
                        "be written to finish it",
                        hint=f"Copy it, with its {ending} file, to a folder that is writable.",
                    ) from error
            stack.close()
            connection = stack.enter_context(self._connected("immutable"))
        return connection

    def _size(self, ending: str = "") -> int:
        try:
            return Path(f"{self.path}{ending}").stat().st_size
        except OSError:
            return 0

    def _identity(self) -> tuple[int, int] | None:
        """Return which file there is, or None; refuse what is no file.

        The file itself is never opened but by SQLite: closing it would release the locks that
        another thread holds on it.
        """
        try:
            status = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self._unavailable(error) from error
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a pipe, a device or a socket"
            raise NoRegistryError(
                f"the registry {self.path} is {kind}, not a file", hint="Name a file."
            )
        return status.st_dev, status.st_ino

    def _find_out(self) -> State:
        """Make sure that the file is a registry of ours, or is to become one; return which.

        Read without locks and without the files that SQLite may lay beside one: nothing at all is
        done to a file that is none of ours.
        """
        identity = self._identity()
        if identity is None:
            raise NoRegistryError(
                f"the registry {self.path} does not exist",
                hint="Check the path; the first `indelible protect` that names it creates it.",
            )
        if identity == self._known:
            return "ours"
        found = self._look("immutable")
        if not any(found) and self._size("-wal"):  # a process of version 0.1 was killed
            found = self._look("ro")
        application, version, tables, others = found
        if application == APPLICATION_ID and version > SCHEMA_VERSION:
            raise RegistryUnavailableError(
                f"the registry {self.path} was made by a newer version of Indelible "
                f"(schema {version}, this one knows {SCHEMA_VERSION})",
                hint="Update Indelible.",
            )
        if application == APPLICATION_ID and version == SCHEMA_VERSION:
            if tables != len(_metadata.tables) or others:
                raise RegistryUnavailableError(
                    f"the registry {self.path} is damaged: it has not the tables of one",
                    hint="Restore it from a backup, or move it away.",
                )
            self._known = identity
            return "ours"
        if found == _UNMARKED:
            return "unmarked"
        if any(found):
            raise NoRegistryError(
                f"{self.path} is a database of another program, not a registry",
                hint="Name a registry, or a file that does not exist yet.",
            )
        return "empty"

    def _look(self, mode: str) -> Version:
        with self._connected(mode) as connection:
            return _version(connection)

    def _create(self) -> None:
        """Make the file, whole or not at all; another process may be faster."""
        make_private_folder(self.path.parent)
        with suppress(FileExistsError):
            write_new_private_file(self.path, _empty_database)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Let nothing but our own errors out."""
        try:
            yield
        except (exc.SQLAlchemyError, sqlite3.Error, OSError, ValueError, OverflowError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        cause: object = error.orig if isinstance(error, exc.DBAPIError) else error
        if isinstance(cause, OSError) and cause.strerror:
            cause = cause.strerror
        text = str(cause).lower()
        if "locked" in text or "busy" in text:
            what, hint = "is locked by another process", "Try again when that has finished."
        elif "full" in text or "no space" in text:
            what, hint = "cannot be written: the disk is full", "Free some space."
        elif "readonly" in text or "read-only" in text or "permission" in text:
            what, hint = "cannot be written", "Make the file and its folder writable."
        elif "not a database" in text:
            return NoRegistryError(
                f"the registry {self.path} is no database", hint="Name a registry."
            )
        elif "malformed" in text or "no such" in text or "too big" in text or "decode" in text:
            what, hint = f"is damaged ({cause})", "Restore it from a backup, or move it away."
        else:
            what, hint = f"cannot be used: {cause}", "Check the path and its permissions."
        return RegistryUnavailableError(f"the registry {self.path} {what}", hint=hint)


def _reopen(path: str, busy_milliseconds: int) -> SqliteRegistry:
    return SqliteRegistry(path, busy_milliseconds=busy_milliseconds)


def _checked(record: Record) -> dict[str, Any]:
    """Return what is stored of a record.

    Raises
    ------
    RegistryError
        If a part is of another type than it should be, or too large.
    """
    values = {name: getattr(record, name) for name in _TYPES}
    values["created"] = record.created.astimezone(dt.UTC).isoformat()
    for name, types in _TYPES.items():
        value = values[name]
        if not isinstance(value, types) or isinstance(value, bool):
            raise RegistryError(f"a record's {name} cannot be a {type(value).__name__}")
        if isinstance(value, int) and not 0 <= value < 2**31:
            raise RegistryError(f"a record's {name} cannot be {value}")
        if isinstance(value, str) and not value.isascii():
            try:
                value.encode()
            except UnicodeEncodeError as error:
                raise RegistryError(f"a record's {name} has letters that are none") from error
        if isinstance(value, str | bytes) and len(value) > MAX_VALUE_BYTES // 4 * 3:
            raise RegistryError(
                f"a record's {name} is too large: {len(value)} bytes",
                hint="Sign without the large parts of the history, or its thumbnails.",
            )
    return values


def _transaction(connection: sa.Connection) -> Iterator[sa.Connection]:
    """Yield the connection inside a transaction that holds the write lock from its beginning.

    Waiting for the lock later, in the middle of a transaction, would fail without waiting.
    """
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.exec_driver_sql("COMMIT")
    except BaseException:
        with suppress(exc.SQLAlchemyError, sqlite3.Error):
            connection.exec_driver_sql("ROLLBACK")
        raise


def _make_ours(connection: sa.Connection) -> None:
    """Make an empty database ours, or mark one of version 0.1, unless another process just did."""
    for locked in _transaction(connection):
        # Looked at again: now with the lock, and with what may have waited in the file's log.
        found = _version(locked)
        if found[0] == APPLICATION_ID:
            continue
        if any(found) and found != _UNMARKED:
            raise NoRegistryError(
                "what looked like an empty registry is a database of another program",
                hint="Name a registry, or a file that does not exist yet.",
            )
        _metadata.create_all(locked)
        locked.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
        locked.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")


def _version(connection: sa.Connection) -> Version:
    ours = " OR ".join(
        f"type = 'table' AND name = '{table.name}' AND '{','.join(table.c.keys())}' = "  # noqa: S608
        f"(SELECT group_concat(name) FROM pragma_table_info('{table.name}'))"
        for table in _metadata.tables.values()
    )
    theirs = f"type IN ('table', 'view', 'trigger') AND NOT ({ours})"
    application, version, found, others = (
        int(connection.exec_driver_sql(query).scalar_one())
        for query in (
            "PRAGMA application_id",
            "PRAGMA user_version",
            f"SELECT count(*) FROM sqlite_master WHERE {ours}",  # noqa: S608 - our own names
            f"SELECT count(*) FROM sqlite_master WHERE {theirs}",  # noqa: S608
        )
    )
    return application, version, found, others


@functools.cache
def _empty_database() -> bytes:
    """Return the file of a registry that holds nothing yet."""
    made = _open_memory()
    try:
        return made.serialize()
    finally:
        made.close()


def _open_memory() -> sqlite3.Connection:
    connection = sqlite3.connect(MEMORY, isolation_level=None, check_same_thread=False)
    engine = sa.create_engine("sqlite://", creator=lambda: connection, poolclass=sa.pool.StaticPool)
    with engine.connect() as first:
        _make_ours(first)
    return _configured(connection)


def _open_database(path: Path, busy_milliseconds: int, mode: str) -> sqlite3.Connection:
    """Open a file: "rw", "ro", or "immutable" (read only, without locks). Never make one."""
    options = "mode=ro&immutable=1" if mode == "immutable" else f"mode={mode}"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?{options}",
        uri=True,
        timeout=busy_milliseconds / 1000,
        isolation_level=None,  # transactions are ours, not the driver's
        check_same_thread=False,
    )
    try:
        return _configured(connection)
    except BaseException:
        connection.close()
        raise


def _configured(connection: sqlite3.Connection) -> sqlite3.Connection:
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_VALUE_BYTES)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    # The file may be anybody's: no function of its schema is run that has effects elsewhere.
    connection.execute("PRAGMA trusted_schema = OFF")
    return connection
