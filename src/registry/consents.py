"""Records of consent: what the owner of a picture asks of others, public, dated and revocable.

A record is found by the id in the picture's consent mark. It holds what its owner chose to say in
public, and nothing of an account. It is never changed but by its withdrawal, and never deleted:
what was asked, from when until when, stays to be read.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, TypeAlias

import sqlalchemy as sa

from indelible.errors import (
    BindingConflictError,
    NoRecordError,
    NotOwnerError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry.database import Database
from indelible.registry.record import PDQ_BYTES, StoredFingerprint
from indelible.registry.rows import as_stored, by_name, time_of
from indelible.registry.tables import CONSENTS

__all__ = ["MAX_TEXT", "ConsentRecord", "ConsentRecords", "ConsentState"]

ConsentState: TypeAlias = Literal["active", "expired", "withdrawn"]
"""Whether a record of consent holds now."""

MAX_TEXT: Final = 2000  # characters of a statement, a name, or a reason
_MAX_ENTRIES: Final = 32
_MAX_FOUND: Final = 16
_USES: Final = ("allowed", "notAllowed", "constrained")
_COLUMNS: Final = [as_stored(column) for column in CONSENTS.c]


@dataclass(frozen=True, slots=True)
class ConsentRecord:
    """What the owner of one picture asks of everybody; all of it is public.

    Attributes
    ----------
    algorithm : str
        Watermark algorithm of the consent mark.
    consent_id : bytes
        The id in it, 8 bytes.
    entries : mapping of str to str
        What may be done, as in ``cawg.training-mining``: "allowed", "notAllowed" or "constrained"
        for each use.
    statement : str
        The same in words for people.
    owner : str or None
        Who says so, as they want to be called; None says nobody.
    created : datetime.datetime
        From when on it holds; timezone-aware.
    until : datetime.datetime or None
        When it ends by itself.
    revoked_at : datetime.datetime or None
        When it was withdrawn.
    revoked_reason : str or None
        Why.
    fingerprint : StoredFingerprint or None
        What the picture looks like: a mark that was copied onto another picture asks for nothing.
    manifest_id : str or None
        The manifest that was signed with it.

    Raises
    ------
    RegistryError
        If something of it is no such thing, or is too long.
    """

    algorithm: str
    consent_id: bytes
    entries: Mapping[str, str]
    statement: str
    owner: str | None = None
    created: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC))
    until: dt.datetime | None = None
    revoked_at: dt.datetime | None = None
    revoked_reason: str | None = None
    fingerprint: StoredFingerprint | None = field(default=None, repr=False)
    manifest_id: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.consent_id, bytes) or len(self.consent_id) != 8:
            raise RegistryError("the id of a consent is 8 bytes")
        for name in ("algorithm", "statement", "owner", "revoked_reason", "manifest_id"):
            _check_text(name, getattr(self, name))
        if not self.algorithm or not self.statement:
            raise RegistryError("a record of consent needs an algorithm and a statement")
        if not isinstance(self.entries, Mapping) or not 0 < len(self.entries) <= _MAX_ENTRIES:
            raise RegistryError(f"a record of consent has 1 to {_MAX_ENTRIES} entries")
        for name, use in self.entries.items():
            _check_text("entry", name)
            if use not in _USES:
                raise RegistryError(f"a use is {', '.join(_USES)}, not {use!r}")
        for time in (self.created, self.until, self.revoked_at):
            if time is not None and time.tzinfo is None:
                raise RegistryError("a time of a record of consent needs a time zone")

    def state(self, when: dt.datetime | None = None) -> ConsentState:
        """Return whether the record holds at a time, by default now."""
        if self.revoked_at is not None:
            return "withdrawn"
        when = dt.datetime.now(dt.UTC) if when is None else when
        return "expired" if self.until is not None and self.until <= when else "active"

    def to_dict(self) -> dict[str, Any]:
        """Return the record as JSON-ready data, its fingerprint's hash alone."""
        times = {"created": self.created, "until": self.until, "revoked_at": self.revoked_at}
        return {
            "consent_id": self.consent_id.hex(),
            "algorithm": self.algorithm,
            "state": self.state(),
            "entries": dict(self.entries),
            "statement": self.statement,
            "owner": self.owner,
            **{name: None if time is None else time.isoformat() for name, time in times.items()},
            "revoked_reason": self.revoked_reason,
            "pdq": None if self.fingerprint is None else self.fingerprint.pdq.hex(),
            "manifest_id": self.manifest_id,
        }


class ConsentRecords:
    """The records of consent in a registry; `SqlRegistry.consents` returns them.

    Parameters
    ----------
    database : Database
        Of the registry.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, record: ConsentRecord, *, account: str | None = None) -> None:
        """Register a record, durably; one that is there already, equal to it, is accepted.

        Parameters
        ----------
        record : ConsentRecord
            What to register. Whoever claims an id first keeps it.
        account : str, optional
            Who does so, and alone may withdraw it: in no answer. None is who runs the registry.

        Raises
        ------
        BindingConflictError
            If another record has the id. Nothing is changed.
        """
        _check_text("account", account)
        row = _row_of(record, account)

        def work(connection: sa.Connection) -> None:
            there = _select(connection, record.algorithm, record.consent_id)
            if not there:
                connection.execute(sa.insert(CONSENTS).values(row))
            elif [self._record(one) for one in there] != [record]:
                raise BindingConflictError(
                    f"the registry already holds the consent {record.consent_id.hex()}",
                    hint="Draw another id.",
                )

        self._database.write(work)

    def find(self, algorithm: str, consent_id: bytes) -> list[ConsentRecord]:
        """Return the records under the id of a consent mark: one, or none."""
        if not self._database.exists():
            return []
        rows = self._database.read(lambda connection: _select(connection, algorithm, consent_id))
        return [self._record(row) for row in rows]

    def withdraw(
        self, algorithm: str, consent_id: bytes, *, reason: str, account: str | None = None
    ) -> ConsentRecord:
        """Withdraw a record, and return it as it is now; it stays, with its history.

        Parameters
        ----------
        algorithm, consent_id
            Of which record.
        reason : str
            Why, in words for people; public.
        account : str, optional
            Who asks: who registered it alone may do so. None is who runs the registry.

        Raises
        ------
        NoRecordError
            If there is no such record.
        NotOwnerError
            If it belongs to somebody else.
        RegistryError
            If there is no reason. A record that was withdrawn before stays as it is.
        """
        if not isinstance(reason, str) or not reason.strip():
            raise RegistryError("a withdrawal needs a reason", hint="Say it in a few words.")
        _check_text("reason", reason)

        def work(connection: sa.Connection) -> ConsentRecord:
            rows = _select(connection, algorithm, consent_id)
            if not rows:
                raise NoRecordError(f"the registry holds no consent {consent_id.hex()}")
            terms = _terms(rows[0])
            if account is not None and terms.get("account") != account:
                raise NotOwnerError(f"the consent {consent_id.hex()} belongs to somebody else")
            if rows[0]["revoked"] is None:
                connection.execute(
                    sa.update(CONSENTS)
                    .where(CONSENTS.c.record_id == rows[0]["record_id"])
                    .values(
                        revoked=time_of(dt.datetime.now(dt.UTC)),
                        terms=_as_json({**terms, "revoked_reason": reason}),
                    )
                )
            return self._record(_select(connection, algorithm, consent_id)[0])

        return self._database.write(work)

    def _record(self, row: Mapping[str, Any]) -> ConsentRecord:
        try:
            return _record_of(row)
        except (TypeError, ValueError, KeyError, AttributeError, RegistryError) as error:
            raise RegistryUnavailableError(
                f"the registry {self._database.name} is damaged: a consent is none ({error})",
                hint="Restore it from a backup, or move it away.",
            ) from error


def _select(connection: sa.Connection, algorithm: str, value: bytes) -> list[dict[str, Any]]:
    query = (
        sa.select(*_COLUMNS)
        .where(CONSENTS.c.algorithm == algorithm, CONSENTS.c.value == value)
        .order_by(CONSENTS.c.created, CONSENTS.c.record_id)
        .limit(_MAX_FOUND)
    )
    rows = connection.execute(query).mappings().all()
    return [by_name(row) for row in rows]


def _row_of(record: ConsentRecord, account: str | None) -> dict[str, Any]:
    looks = record.fingerprint
    terms = {
        "entries": dict(record.entries),
        "statement": record.statement,
        "owner": record.owner,
        "revoked_reason": record.revoked_reason,
        "account": account,
    }
    return {
        # One record for an id, whoever comes first: the primary key decides.
        "record_id": f"{record.algorithm} {record.consent_id.hex()}",
        "algorithm": record.algorithm,
        "value": record.consent_id,
        "manifest_id": record.manifest_id,
        "terms": _as_json(terms),
        "valid_from": time_of(record.created),
        "valid_until": None if record.until is None else time_of(record.until),
        "revoked": None if record.revoked_at is None else time_of(record.revoked_at),
        "pdq": None if looks is None else looks.pdq,
        "quality": None if looks is None else looks.quality,
        "reference": None if looks is None else looks.reference,
        "created": time_of(record.created),
    }


def _record_of(row: Mapping[str, Any]) -> ConsentRecord:
    """Return the record in a row, whatever somebody has made of it.

    Raises
    ------
    TypeError, ValueError, KeyError, AttributeError, RegistryError
        If it is none.
    """
    terms = _terms(row)
    looks = None
    if isinstance(row["pdq"], bytes) and len(row["pdq"]) == PDQ_BYTES:
        looks = StoredFingerprint(row["pdq"], row["quality"], row["reference"] or b"")
    return ConsentRecord(
        algorithm=row["algorithm"],
        consent_id=row["value"],
        entries=terms["entries"],
        statement=terms["statement"],
        owner=terms.get("owner"),
        created=dt.datetime.fromisoformat(row["valid_from"]),
        until=_time(row["valid_until"]),
        revoked_at=_time(row["revoked"]),
        revoked_reason=terms.get("revoked_reason"),
        fingerprint=looks,
        manifest_id=row["manifest_id"],
    )


def _terms(row: Mapping[str, Any]) -> dict[str, Any]:
    try:
        terms = json.loads(row["terms"])
    except RecursionError as error:
        raise ValueError("its terms are no JSON") from error
    if not isinstance(terms, dict):
        raise TypeError("its terms are no object")
    return terms


def _as_json(terms: Mapping[str, Any]) -> str:
    return json.dumps(terms, ensure_ascii=False, separators=(",", ":"))


def _time(value: object) -> dt.datetime | None:
    return None if value is None else dt.datetime.fromisoformat(str(value))


def _check_text(name: str, value: object) -> None:
    if value is None:
        return
    if not isinstance(value, str) or len(value) > MAX_TEXT:
        raise RegistryError(f"the {name} of a consent is text of {MAX_TEXT} characters at most")
    if "\0" in value or any(0xD800 <= ord(letter) < 0xE000 for letter in value):
        raise RegistryError(f"the {name} of a consent holds what is no text")
