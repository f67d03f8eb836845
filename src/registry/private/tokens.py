"""Tokens of the service: who may do what, without anything by which one could be used.

They lie beside the registry and not in it: in a file of their own beside an SQLite file, so that a
registry that is copied, exported or handed to a partner holds none; in a table of their own in the
same PostgreSQL database, so that all replicas of a service know the same ones.

A token is ``indelible_<id>_<secret>``. The secret has 256 random bits, so that its SHA-256 can be
kept in its place: there is nothing to be guessed, and nothing to slow down.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import os
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol, TypeVar, get_args

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.choices import Scope
from indelible.errors import ArgumentError, NoRegistryError, RegistryUnavailableError
from indelible.files import make_private_folder, write_new_private_file
from indelible.registry.database import cause_of
from indelible.registry.rows import time_of
from indelible.registry.urls import PostgresUrl, RemoteUrl, parse_url
from indelible.secret import Secret

__all__ = ["Token", "TokenStore", "open_tokens"]

T = TypeVar("T")

_FORM: Final = re.compile(r"indelible_([0-9a-f]{16})_([A-Za-z0-9_-]{43})", re.ASCII)
_MOST_OWNER: Final = 128
_NOBODY: Final = bytes(32)  # no hash of anything: compared with where there is no such token

_METADATA: Final = sa.MetaData()  # not the registry's, whose schema has a version of its own
_TOKENS: Final = sa.Table(
    "service_tokens",
    _METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("sha256", sa.LargeBinary, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    sa.Column("scopes", sa.Text, nullable=False),  # separated by blanks, as in OAuth 2
    sa.Column("created", sa.Text, nullable=False),
    sa.Column("expires", sa.Text),
    sa.Column("revoked", sa.Text),
)


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token.

    Attributes
    ----------
    id : str
        Its public part, 16 hexadecimal digits: what it is revoked by.
    owner : str
        Who uses it, and owns what is registered with it. Several tokens may have one owner.
    scopes : frozenset of Scope
        What it allows.
    created : datetime.datetime
        When it was made; timezone-aware.
    expires, revoked : datetime.datetime or None
        From when on it allows nothing.
    """

    id: str
    owner: str
    scopes: frozenset[Scope]
    created: dt.datetime
    expires: dt.datetime | None = None
    revoked: dt.datetime | None = None

    def is_valid(self, now: dt.datetime) -> bool:
        """Whether it allows anything at this moment."""
        return self.revoked is None and (self.expires is None or now < self.expires)


class _Place(Protocol):
    """A database; see `indelible.registry.database.Database`."""

    def read(self, work: Callable[[sa.Connection], T]) -> T: ...

    def write(self, work: Callable[[sa.Connection], T]) -> T: ...


class TokenStore:
    """The tokens of a service; `open_tokens` makes one.

    Parameters
    ----------
    place : Database
        Where they lie. Nothing is made there before the first token.
    """

    def __init__(self, place: _Place) -> None:
        self._place = place

    def new(
        self, owner: str, scopes: Iterable[Scope], *, expires: dt.datetime | None = None
    ) -> tuple[Token, Secret]:
        """Make a token; beside it, the token itself is returned, which nobody can show again.

        Parameters
        ----------
        owner : str
            Who is to use it; 128 printable characters at most.
        scopes : iterable of Scope
            What it is to allow; at least one.
        expires : datetime.datetime, optional
            From when on it allows nothing; by default it does until it is revoked.

        Raises
        ------
        ArgumentError
            If one of them is none.
        RegistryUnavailableError
            If it cannot be written.
        """
        given = frozenset(scopes)
        if not given or not given <= frozenset(get_args(Scope)):
            raise ArgumentError(
                "scopes",
                f"scopes are {', '.join(sorted(given)) or 'none'}.",
                hint=f"Give one or several of: {', '.join(get_args(Scope))}.",
            )
        if not owner.strip() or len(owner) > _MOST_OWNER or not owner.isprintable():
            raise ArgumentError(
                "owner", "owner is no name.", hint=f"Give one of {_MOST_OWNER} letters at most."
            )
        if expires is not None and expires.tzinfo is None:
            raise ArgumentError("expires", "expires has no time zone.", hint="Give one.")
        secret = secrets.token_urlsafe(32)
        token = Token(secrets.token_hex(8), owner, given, dt.datetime.now(dt.UTC), expires)
        row = {
            "id": token.id,
            "sha256": _hash_of(secret),
            "owner": owner,
            "scopes": " ".join(sorted(given)),
            "created": time_of(token.created),
            "expires": None if expires is None else time_of(expires),
        }

        def work(connection: sa.Connection) -> None:
            _METADATA.create_all(connection)
            connection.execute(sa.insert(_TOKENS).values(row))

        self._place.write(work)
        return token, Secret(f"indelible_{token.id}_{secret}")

    def find(self, given: str) -> Token | None:
        """Return the token that somebody shows, if it is one that allows anything now.

        How long it takes does not depend on how much of a secret is right.

        Raises
        ------
        RegistryUnavailableError
            If the tokens cannot be read.
        """
        form = _FORM.fullmatch(given)
        if form is None:
            return None
        row = self._row(form[1])
        kept = _NOBODY if row is None else bytes(row.sha256)
        same = hmac.compare_digest(_hash_of(form[2]), kept)
        if row is None or not same:
            return None
        token = _token_of(row)
        return token if token.is_valid(dt.datetime.now(dt.UTC)) else None

    def tokens(self) -> list[Token]:
        """Return all tokens, the oldest first, those that allow nothing any more included."""
        query = sa.select(_TOKENS).order_by(_TOKENS.c.created, _TOKENS.c.id)
        return [_token_of(row) for row in self._rows(query)]

    def revoke(self, id_: str) -> bool:
        """Let a token allow nothing from now on; return whether there is such a one."""
        if self._row(id_) is None:
            return False
        now = time_of(dt.datetime.now(dt.UTC))
        change = (
            sa.update(_TOKENS)
            .where(_TOKENS.c.id == id_, _TOKENS.c.revoked.is_(None))
            .values(revoked=now)
        )
        self._place.write(lambda connection: connection.execute(change))
        return True

    def _row(self, id_: str) -> sa.Row[Any] | None:
        rows = self._rows(sa.select(_TOKENS).where(_TOKENS.c.id == id_))
        return rows[0] if rows else None

    def _rows(self, query: sa.Select[Any]) -> list[sa.Row[Any]]:
        def work(connection: sa.Connection) -> list[sa.Row[Any]]:
            if not sa.inspect(connection).has_table(_TOKENS.name):
                return []
            return list(connection.execute(query).all())

        try:
            return self._place.read(work)
        except NoRegistryError:  # a database in which nothing was made yet
            return []


def open_tokens(url: str) -> TokenStore:
    """Return the tokens of the service over the registry at a URL; nothing is made or opened yet.

    Raises
    ------
    ArgumentError
        If it is no URL of a database.
    """
    place = parse_url(url)
    if isinstance(place, PostgresUrl):
        from indelible.registry.postgres import PostgresDatabase  # noqa: PLC0415 - needs a driver

        return TokenStore(PostgresDatabase(url))
    if isinstance(place, RemoteUrl):
        raise ArgumentError(
            "url",
            "A registry behind a service has no tokens here.",
            hint="Make them where that service runs: indelible serve token new.",
        )
    path = place.path
    return TokenStore(_File(path.with_name(f"{path.stem}.tokens{path.suffix}")))


class _File:
    """A small SQLite file, opened for each question: it is asked for one row."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._engine = sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(self._path, timeout=10.0, check_same_thread=False),
            poolclass=sa.pool.NullPool,
        )

    def read(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            if not self._path.exists():
                raise NoRegistryError(f"there are no tokens in {os.fspath(self._path)} yet")
            with self._engine.connect() as connection:
                return work(connection)
        except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def write(self, work: Callable[[sa.Connection], T]) -> T:
        try:
            if not self._path.exists():
                make_private_folder(self._path.parent)
                with suppress(FileExistsError):
                    write_new_private_file(self._path, bytes)
            with self._engine.begin() as connection:
                return work(connection)
        except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: Exception) -> RegistryUnavailableError:
        return RegistryUnavailableError(
            f"the tokens in {os.fspath(self._path)} cannot be used: {cause_of(error)}",
            hint="Check the file and its permissions.",
        )


def _hash_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _token_of(row: sa.Row[Any]) -> Token:
    """Return a row as a token; one that is damaged allows nothing."""
    scopes = frozenset(scope for scope in get_args(Scope) if scope in str(row.scopes).split())
    created, expires, revoked = (
        _time_of(row.created),
        _time_of(row.expires),
        _time_of(row.revoked),
    )
    return Token(row.id, row.owner, scopes, created or _EVER, expires, revoked)


_EVER: Final = dt.datetime.min.replace(tzinfo=dt.UTC)


def _time_of(text: str | None) -> dt.datetime | None:
    """Return a stored time; one that is none has passed."""
    if text is None:
        return None
    try:
        time = dt.datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return _EVER
    return time if time.tzinfo is not None else _EVER
