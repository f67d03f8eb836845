"""A PostgreSQL database: its pool, its transactions, and what can go wrong with a server."""

from __future__ import annotations

import os
import random
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final, Literal, TypeAlias, TypeVar
from urllib.parse import unquote

import sqlalchemy as sa
from sqlalchemy import event, exc
from sqlalchemy.engine.interfaces import DBAPIConnection

from indelible.errors import (
    MissingDependencyError,
    NoRegistryError,
    RegistryUnavailableError,
)
from indelible.extras import install_hint
from indelible.registry.database import CommitFailedError, cause_of, newer, unknown_outcome
from indelible.registry.tables import METADATA, SCHEMA_VERSION, VERSION
from indelible.registry.urls import PostgresUrl, parse_url, password_of, shown_url
from indelible.secret import Secret

__all__ = ["PostgresDatabase"]

T = TypeVar("T")
Kind: TypeAlias = Literal["ours", "old", "empty"]
Use: TypeAlias = Literal["read", "write"]

_LOCK: Final = 0x494E444C  # "INDL": who makes or migrates tables holds this advisory lock
# A transaction that another one got in the way of is tried again so often.
_MOST_TRIES: Final = 6
_GOT_IN_THE_WAY: Final = ("40001", "40P01")  # serialization failure, deadlock
_POOL: Final = 8  # connections that are kept; as many again, four times, for a rush
_MOST_SECONDS: Final = 1800  # that a connection is kept: servers and firewalls forget old ones


class PostgresDatabase:
    """A PostgreSQL database, safe over threads, processes and forks.

    Parameters
    ----------
    url : str
        As `open_registry` takes it.

    Notes
    -----
    Connections are pooled. One that broke is replaced, and what it was asked is asked again. Each
    has the URL's time-out for every statement, and commits durably whatever the server's default.
    """

    def __init__(self, url: str) -> None:
        place = parse_url(url)
        if not isinstance(place, PostgresUrl):
            raise TypeError("not the URL of a PostgreSQL database")
        self._place = place
        self._secret_url = Secret(url)
        # By process, because a child opens its own connections, and by whether they read or write:
        # what only reads needs no transaction, which would cost two more messages.
        self._engines: dict[tuple[int, Use], sa.Engine] = {}
        self._known = False  # whether the tables were found to be a registry's

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to other processes without connections; the password travels along."""
        return PostgresDatabase, (self._secret_url.reveal().decode(),)

    @property
    def name(self) -> str:
        """What messages call it."""
        return shown_url(str(self._place)).partition("?")[0]

    @property
    def url(self) -> str:
        """Its URL, without the password."""
        return str(self._place)

    @property
    def generation(self) -> object:
        """Always the same."""
        return self.url

    def exists(self) -> bool:
        """Whether there are tables of a registry."""
        if self._known:
            return True
        with self._translated_errors(), self._asking() as connection:
            return self._kind(connection) != "empty"

    def version(self) -> int | None:
        """Which schema the tables have; None where there are none."""
        with self._translated_errors(), self._asking() as connection:
            if self._kind(connection) == "empty":
                return None
            return int(connection.execute(sa.select(VERSION.c.version_num)).scalar_one())

    def disk_bytes(self) -> int:
        """How much room the tables take, with their indexes."""
        sizes = [
            sa.func.coalesce(sa.func.pg_total_relation_size(sa.func.to_regclass(name)), 0)
            for name in METADATA.tables
        ]
        with self._translated_errors(), self._asking() as connection:
            return sum(connection.execute(sa.select(*sizes)).one())

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        """Ask something; see `Database.read`. A connection that broke is replaced once."""
        with self._translated_errors():
            return self._twice(self._read, work)

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        """Change something; see `Database.write`.

        A transaction that a deadlock or a conflict of serialization ended is tried again.
        """
        with self._translated_errors():
            for attempt in range(1, _MOST_TRIES + 1):
                try:
                    return self._twice(self._write, work)
                except exc.DBAPIError as error:
                    if _state(error) not in _GOT_IN_THE_WAY or attempt == _MOST_TRIES:
                        raise
                    time.sleep(random.uniform(0.2, 1.0) * 0.01 * 2**attempt)  # noqa: S311
            raise AssertionError  # the last attempt returned or raised

    def close(self) -> None:
        """Close the connections that nobody uses."""
        for (process, _), engine in self._engines.items():
            _close(engine, process)

    # --- transactions ----------------------------------------------------------------------------

    @staticmethod
    def _twice(
        act: Callable[[Callable[[sa.Connection], T]], T], work: Callable[[sa.Connection], T]
    ) -> T:
        """Do something again whose connection broke before a commit was sent: nothing was done."""
        try:
            return act(work)
        except exc.DBAPIError as error:
            if not error.connection_invalidated:
                raise
            return act(work)

    def _read(self, work: Callable[[sa.Connection], T]) -> T:
        with self._asking() as connection:
            kind = "ours" if self._known else self._kind(connection)
            if kind == "empty":
                raise NoRegistryError(
                    f"the database {self.name} holds no registry",
                    hint="Check its name; the first `indelible protect` that names it makes one.",
                )
            if kind == "old":
                raise RegistryUnavailableError(
                    f"the registry {self.name} has the schema of an older version",
                    hint="Migrate it: indelible registry migrate. The first write does so, too.",
                )
            return work(connection)

    def _write(self, work: Callable[[sa.Connection], T]) -> T:
        with self._engine("write").connect() as connection:
            if not self._known:
                self._make(connection)
            with _transaction(connection):
                return work(connection)

    def _make(self, connection: sa.Connection) -> None:
        """Make the tables, or bring them to this schema; another process may be faster."""
        with _transaction(connection):
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
            kind = self._kind(connection)
            if kind == "empty":
                METADATA.create_all(connection)
                connection.execute(VERSION.insert().values(version_num=str(SCHEMA_VERSION)))
            elif kind == "old":
                from indelible.registry.migrations import migrate  # noqa: PLC0415 - takes long

                version = connection.execute(sa.select(VERSION.c.version_num)).scalar_one()
                migrate(connection, start=int(version))
        self._known = True

    def _kind(self, connection: sa.Connection) -> Kind:
        """Return what the database's tables are.

        Raises
        ------
        NoRegistryError
            If they belong to another program.
        RegistryUnavailableError
            If they are those of a newer version.
        """
        manifests, version_table = connection.execute(
            sa.select(
                sa.cast(sa.func.to_regclass("manifests"), sa.Text),
                sa.cast(sa.func.to_regclass(VERSION.name), sa.Text),
            )
        ).one()
        if manifests is None and version_table is None:
            return "empty"
        versions = (
            connection.execute(sa.select(VERSION.c.version_num)).scalars().all()
            if version_table is not None
            else []
        )
        if manifests is None or len(versions) != 1 or not versions[0].isdecimal():
            raise NoRegistryError(
                f"the database {self.name} has tables of another program, not a registry's",
                hint="Name a database of its own, or a schema "
                "(?options=-csearch_path%3Dindelible).",
            )
        if int(versions[0]) > SCHEMA_VERSION:
            raise newer(self.name, versions[0])
        if int(versions[0]) < SCHEMA_VERSION:
            return "old"
        self._known = True
        return "ours"

    # --- connections -----------------------------------------------------------------------------

    def _engine(self, use: Use) -> sa.Engine:
        key = os.getpid(), use
        engine = self._engines.get(key)
        if engine is None:
            engine = self._engines.setdefault(key, self._new_engine(use))
        return engine

    @contextmanager
    def _asking(self) -> Iterator[sa.Connection]:
        with self._engine("read").connect() as connection:
            yield connection

    def _new_engine(self, use: Use) -> sa.Engine:
        place = self._place
        try:
            engine = sa.create_engine(
                self._address(),
                connect_args=self._arguments(),
                pool_size=_POOL,
                max_overflow=4 * _POOL,
                pool_timeout=place.options.timeout,
                pool_recycle=_MOST_SECONDS,
                isolation_level="AUTOCOMMIT" if use == "read" else "READ COMMITTED",
                hide_parameters=True,  # a message holds no manifest
            )
        except ModuleNotFoundError as error:
            raise MissingDependencyError(
                "A registry in PostgreSQL needs the package psycopg.",
                hint=install_hint("postgres"),
            ) from error
        event.listen(engine, "connect", _commit_durably)
        weakref.finalize(self, _close, engine, os.getpid())
        return engine

    def _address(self) -> sa.URL:
        user, _, host = self._place.server.rpartition("@")
        port = ""
        if host[-1:].isdigit() and ":" in host:
            host, _, port = host.rpartition(":")
        return sa.URL.create(
            "postgresql+psycopg",
            username=unquote(user) or None,
            password=password_of(self._secret_url.reveal().decode()),
            host=unquote(host).strip("[]") or None,
            port=int(port) if port else None,
            database=self._place.database or None,
        )

    def _arguments(self) -> dict[str, Any]:
        """Return what libpq is told: the URL's wishes, above our defaults."""
        milliseconds = max(1, int(self._place.options.timeout * 1000))
        parameters = dict(self._place.parameters)
        return {
            "application_name": "indelible",
            "connect_timeout": max(1, round(self._place.connect_timeout)),
            "keepalives_idle": 30,
            "keepalives_interval": 10,
            "keepalives_count": 3,
            "tcp_user_timeout": milliseconds,
            **parameters,
            "options": f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds} "
            f"-c idle_in_transaction_session_timeout={3 * milliseconds} "
            f"{parameters.get('options', '')}",
        }

    # --- errors ----------------------------------------------------------------------------------

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        """Let nothing but our own errors out."""
        try:
            yield
        except CommitFailedError as error:
            raise unknown_outcome(self.name, error) from error
        except (exc.SQLAlchemyError, OSError, ValueError, OverflowError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        state = _state(error)
        cause = cause_of(error)
        # A connection that was refused comes without a state: the text has to do.
        refused = not state and "FATAL" in cause
        if state == "3D000" or (refused and "database" in cause and "does not exist" in cause):
            return NoRegistryError(
                f"there is no database {self.name}", hint="Make it: createdb NAME."
            )
        if state[:2] == "42" and state != "42501":
            self._known = False  # somebody took the tables away
            return NoRegistryError(
                f"the database {self.name} has not the tables of a registry ({cause})",
                hint="Restore it from a backup, or name another database.",
            )
        what, hint = _WORDS.get(state) or _WORDS.get(state[:2]) or ("cannot be used", "Try again.")
        if isinstance(error, exc.TimeoutError):
            what, hint = "has no connection free", "Try again when others have finished."
        elif refused:
            what, hint = "refuses the connection", "Check the user and the password in its URL."
        elif not state and isinstance(error, exc.OperationalError):
            what, hint = "cannot be reached", "Check its address, and whether it runs."
        return RegistryUnavailableError(f"the registry {self.name} {what}: {cause}", hint=hint)


_WORDS: Final[dict[str, tuple[str, str]]] = {
    "08": ("cannot be reached", "Check its address, and whether it runs."),
    "25006": ("cannot be written", "It is a replica: name the primary."),
    "28": ("refuses the user", "Check the user and the password in its URL."),
    "42501": ("refuses the user", "Give the user the rights to read and to write its tables."),
    "53": ("is out of something", "Look at the server: disk, memory, connections."),
    "55P03": ("is locked by somebody else", "Try again when that has finished."),
    "57014": ("took too long", "Try again, or give its URL a longer timeout."),
    "57": ("is stopping", "Try again when it runs."),
}


@contextmanager
def _transaction(connection: sa.Connection) -> Iterator[None]:
    transaction = connection.begin()
    try:
        yield
    except BaseException:
        with suppress(exc.SQLAlchemyError):
            transaction.rollback()
        raise
    try:
        transaction.commit()
    except exc.DBAPIError as error:
        # A server that says that it undid the transaction is believed. One that broke off, or was
        # shut down, may have written the commit before.
        if _state(error)[:2] in ("23", "40"):
            raise
        raise CommitFailedError(cause_of(error)) from error


def _close(engine: sa.Engine, process: int) -> None:
    if process == os.getpid():
        engine.dispose()


def _commit_durably(connection: DBAPIConnection, _: object) -> None:
    """Commit to the disk, where the server's default, or the user's, is not to wait for it."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) "
        "WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


def _state(error: BaseException) -> str:
    """Return the five characters by which PostgreSQL names an error; empty where it named none."""
    original = error.orig if isinstance(error, exc.DBAPIError) else error
    return getattr(original, "sqlstate", None) or ""
