"""The audit log in a database: entries are appended one by one, over all processes, and read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any, Final

import sqlalchemy as sa

from indelible.errors import ArgumentError
from indelible.registry.database import Database
from indelible.registry.private.audit import Anchor, AuditEntry, ChainReport, check_chain, following
from indelible.registry.rows import as_stored, time_of
from indelible.registry.tables import AUDIT

__all__ = ["NOBODY", "AuditLog", "check_who_and_why", "note_change"]

NOBODY: Final = "not said"
"""Who did something, where the program that did it does not say."""

_LOCK: Final = 0x494E4441  # "INDA": who appends in PostgreSQL holds this advisory lock
_MOST_CHARACTERS: Final = 4096
_PAGE: Final = 200
_MOST_LISTED: Final = 1000
# What a value that is of a wrong type is read as: no entry was written with it (it has a NUL), so
# the entry's hash does not hold.
_DAMAGED: Final = "\0 damaged"
_COLUMNS: Final[list[sa.ColumnElement[Any]]] = [as_stored(column) for column in AUDIT.c]


class AuditLog:
    """Who looked into what is private, withdrew or erased, and why; `SqlRegistry.audit` returns it.

    Nothing here changes or removes an entry, and the database's triggers refuse to. An entry is on
    the disk before `append` returns.

    Parameters
    ----------
    database : Database
        Of the registry.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(
        self,
        *,
        actor: str,
        action: str,
        subject: str,
        reason: str | None = None,
        case: str | None = None,
    ) -> AuditEntry:
        """Write the next entry, and return it.

        Parameters
        ----------
        actor, action, subject : str
            Who did what to what; see `AuditEntry`. 4096 characters at most, as the others.
        reason, case : str, optional
            Why, and the case that it belongs to.

        Raises
        ------
        ArgumentError
            If a text is empty, too long, or no text that every database keeps.
        RegistryUnavailableError
            If it cannot be written; after a `RegistryOutcomeUnknownError` it may have been.
        """
        for name, value in (("actor", actor), ("action", action), ("subject", subject)):
            _check_text(name, value)
        for name, text in (("reason", reason), ("case", case)):
            if text is not None:
                _check_text(name, text)
        return self._database.write(
            lambda connection: _append(
                connection, actor=actor, action=action, subject=subject, reason=reason, case=case
            )
        )

    def entries(self, *, after: int = 0, limit: int = 100) -> list[AuditEntry]:
        """Return entries in their order.

        Parameters
        ----------
        after : int
            Number of the last entry of the page before; 0 for the first page.
        limit : int
            Length of a page, 1 to 1000.
        """
        if not 1 <= limit <= _MOST_LISTED:
            raise ArgumentError("limit", f"limit is {limit}.", hint=f"Give 1 to {_MOST_LISTED}.")
        query = sa.select(*_COLUMNS).where(AUDIT.c.seq > after).order_by(AUDIT.c.seq).limit(limit)
        rows = self._database.read(partial(_rows, query))
        return [_entry_of(row) for row in rows]

    def find(self, action: str, subject: str) -> AuditEntry | None:
        """Return the first entry about something; None where there is none."""
        query = (
            sa.select(*_COLUMNS)
            .where(AUDIT.c.subject == subject, AUDIT.c.action == action)
            .order_by(AUDIT.c.seq)
            .limit(1)
        )
        rows = self._database.read(partial(_rows, query))
        return _entry_of(rows[0]) if rows else None

    def head(self) -> AuditEntry | None:
        """Return the newest entry; None where there is none."""
        return self._database.read(_head)

    def check(self, anchors: Sequence[Anchor] = ()) -> ChainReport:
        """Check the whole log, and that it goes on from the anchors; see `check_chain`."""
        return check_chain(self._all(), anchors)

    def _all(self) -> Iterator[AuditEntry]:
        after: int | None = None  # a number below 1 is nobody's, and a fault
        while True:
            query = sa.select(*_COLUMNS).order_by(AUDIT.c.seq).limit(_PAGE)
            page = query if after is None else query.where(AUDIT.c.seq > after)
            rows = self._database.read(partial(_rows, page))
            yield from (_entry_of(row) for row in rows)
            if len(rows) < _PAGE:
                return
            after = rows[-1].seq


def check_who_and_why(actor: str, reason: str | None) -> None:
    """Make sure that the log can hold both; else `ArgumentError`. An empty reason is none."""
    _check_text("actor", actor)
    if reason:
        _check_text("reason", reason)


def note_change(
    connection: sa.Connection, action: str, subject: str, *, reason: str | None, actor: str
) -> None:
    """Write into the log what was changed, in the transaction that changed it, at its end.

    Whoever appends waits for who did so before to commit, and must not make them wait in turn.
    """
    subject = subject[:_MOST_CHARACTERS]  # an id may be longer
    _append(connection, actor=actor, action=action, subject=subject, reason=reason or None)


def _append(
    connection: sa.Connection,
    *,
    actor: str,
    action: str,
    subject: str,
    reason: str | None = None,
    case: str | None = None,
) -> AuditEntry:
    # One after the other. SQLite's transaction holds the lock for writing already.
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    entry = following(
        _head(connection), actor=actor, action=action, subject=subject, reason=reason, case=case
    )
    connection.execute(sa.insert(AUDIT).values(_row_of(entry)))
    return entry


def _rows(query: sa.Select[Any], connection: sa.Connection) -> Sequence[sa.Row[Any]]:
    return connection.execute(query).all()


def _head(connection: sa.Connection) -> AuditEntry | None:
    row = connection.execute(sa.select(*_COLUMNS).order_by(AUDIT.c.seq.desc()).limit(1)).first()
    return None if row is None else _entry_of(row)


def _row_of(entry: AuditEntry) -> dict[str, Any]:
    return {
        "seq": entry.number,
        "previous_hash": entry.previous,
        "hash": entry.hash,
        "time": time_of(entry.time),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "reason": entry.reason,
        "case_number": entry.case,
    }


def _entry_of(row: sa.Row[Any]) -> AuditEntry:
    """Return an entry as the database has it, whatever somebody has made of it."""
    return AuditEntry(
        row.seq,
        _hash(row.previous_hash),
        _time(row.time),
        _text(row.actor),
        _text(row.action),
        _text(row.subject),
        None if row.reason is None else _text(row.reason),
        None if row.case_number is None else _text(row.case_number),
        _hash(row.hash),
    )


def _hash(value: object) -> bytes:
    return value if isinstance(value, bytes) and value else b"\0"


def _text(value: object) -> str:
    return value if isinstance(value, str) else _DAMAGED


def _time(value: object) -> dt.datetime:
    try:
        time = dt.datetime.fromisoformat(str(value))
        if time.tzinfo is not None and time_of(time) == value:
            return time
    except (ValueError, OverflowError):
        pass
    return dt.datetime.min.replace(tzinfo=dt.UTC)


def _check_text(name: str, value: object) -> None:
    """Make sure that a text can stand in the log.

    Raises
    ------
    ArgumentError
        If it is empty, too long, or no text that every database keeps.
    """
    if not isinstance(value, str) or not value.strip():
        raise ArgumentError(name, f"{name} is empty.", hint="Say it in a few words.")
    if len(value) > _MOST_CHARACTERS:
        raise ArgumentError(
            name, f"{name} is longer than {_MOST_CHARACTERS} characters.", hint="Say it shorter."
        )
    if "\0" in value or any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise ArgumentError(name, f"{name} holds what is no text.", hint="Give plain text.")
