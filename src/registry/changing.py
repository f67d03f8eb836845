"""The statements that change a registry; each function runs within a transaction of its caller."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from indelible.choices import RecordStatus
from indelible.errors import BindingConflictError, NoRecordError, NotOwnerError
from indelible.registry.hash_blocks import insert_fingerprints, remove_hashes
from indelible.registry.inserting import insert_free
from indelible.registry.private.sealed import SealedRecord
from indelible.registry.private.statements import insert_sealed
from indelible.registry.record import StoredFingerprint
from indelible.registry.rows import time_of
from indelible.registry.tables import (
    BINDING_HISTORY,
    BINDINGS,
    GENERATION_INPUTS,
    GENERATIONS,
    MANIFESTS,
    OUTBOX,
)

__all__ = [
    "REMOVE_OBJECT",
    "Registration",
    "bind",
    "move_binding",
    "register",
    "set_status",
    "withdraw",
]

REMOVE_OBJECT: Final = "remove object"  # kind of work in the outbox; its subject is the object


class Registration(NamedTuple):
    """One record that is to be inserted: its row of `MANIFESTS`, and what belongs to it."""

    manifest: dict[str, Any]
    fingerprint: StoredFingerprint | None
    private: SealedRecord | None = None


def register(connection: sa.Connection, group: Sequence[Registration]) -> list[bool]:
    """Insert records of different manifests; return which were, the others having changed nothing.

    Whoever claims a manifest's id or a binding first keeps it, whether it was in this group, before
    it, or in another process at the same time: the database's primary keys decide.
    """
    manifests = [one.manifest for one in group]
    inserted = {row[0] for row in insert_free(connection, MANIFESTS, manifests, "manifest_id")}
    bindings = [
        {**{name: row[name] for name in ("algorithm", "value", "manifest_id", "owner", "created")}}
        for row in manifests
        if row["manifest_id"] in inserted and row["algorithm"]
    ]
    bound = {row[0] for row in insert_free(connection, BINDINGS, bindings, "manifest_id")}
    lost = [row["manifest_id"] for row in bindings if row["manifest_id"] not in bound]
    if lost:
        connection.execute(sa.delete(MANIFESTS).where(MANIFESTS.c.manifest_id.in_(lost)))
        inserted -= set(lost)
    insert_fingerprints(
        connection,
        {
            one.manifest["manifest_id"]: one.fingerprint
            for one in group
            if one.fingerprint is not None and one.manifest["manifest_id"] in inserted
        },
    )
    insert_sealed(
        connection,
        {
            one.manifest["manifest_id"]: one.private
            for one in group
            if one.private is not None and one.manifest["manifest_id"] in inserted
        },
    )
    return [row["manifest_id"] in inserted for row in manifests]


def withdraw(connection: sa.Connection, manifest_id: str) -> bool:
    """Remove a record without a trace; return whether it was there."""
    location = _location(connection, manifest_id)
    _insert_work(connection, location)
    remove_hashes(connection, [manifest_id])
    done = connection.execute(sa.delete(MANIFESTS).where(MANIFESTS.c.manifest_id == manifest_id))
    return done.rowcount > 0


def bind(
    connection: sa.Connection, algorithm: str, value: bytes, manifest_id: str, owner: str | None
) -> None:
    """Let a value that leads nowhere lead to a manifest of the same owner."""
    _check_owner(connection, manifest_id, owner)
    row = {"algorithm": algorithm, "value": value, "manifest_id": manifest_id, "owner": owner}
    if not insert_free(connection, BINDINGS, [{**row, "created": _now()}], "manifest_id"):
        there = _binding(connection, algorithm, value)
        if there is None or (there.manifest_id, there.owner) != (manifest_id, owner):
            raise BindingConflictError(
                f"the registry already holds the id {value.hex()}",
                hint="Its owner alone may move it.",
            )


def move_binding(
    connection: sa.Connection, algorithm: str, value: bytes, manifest_id: str, owner: str | None
) -> None:
    """Let a value lead to another manifest of the same owner, and keep where it led before."""
    there = _binding(connection, algorithm, value)
    if there is None:
        raise NoRecordError(
            f"the registry holds no id {value.hex()} of {algorithm}", hint="Register it first."
        )
    if there.owner != owner:
        raise NotOwnerError(
            f"the id {value.hex()} belongs to somebody else",
            hint="Who registered it first alone may move it.",
        )
    _check_owner(connection, manifest_id, owner)
    if there.manifest_id == manifest_id:
        return
    now = _now()
    connection.execute(
        sa.insert(BINDING_HISTORY).values(**there._asdict(), moved=now, moved_by=owner)
    )
    connection.execute(
        sa.update(BINDINGS)
        .where(BINDINGS.c.algorithm == algorithm, BINDINGS.c.value == value)
        .values(manifest_id=manifest_id, created=now)
    )


def set_status(
    connection: sa.Connection, manifest_id: str, status: RecordStatus, reason: str | None
) -> None:
    """Change what has become of a picture; erasing it leaves the tombstone alone."""
    now = sa.select(MANIFESTS.c.status).where(MANIFESTS.c.manifest_id == manifest_id)
    before = connection.execute(now.with_for_update()).scalar_one_or_none()
    if before is None:
        raise _no_manifest(manifest_id)
    if before == "erased" != status:
        raise NoRecordError(
            f"{manifest_id} was erased, and there is no way back", hint="Register it anew."
        )
    values: dict[str, Any] = {"status": status, "status_reason": reason, "status_changed": _now()}
    if status == "erased":
        values |= {"manifest_store": None, "location": None, "reference": None}
        _insert_work(connection, _location(connection, manifest_id))
        remove_hashes(connection, [manifest_id])
        for table in (GENERATIONS, GENERATION_INPUTS):
            connection.execute(sa.delete(table).where(table.c.manifest_id == manifest_id))
    connection.execute(
        sa.update(MANIFESTS).where(MANIFESTS.c.manifest_id == manifest_id).values(values)
    )


def _binding(connection: sa.Connection, algorithm: str, value: bytes) -> sa.Row[Any] | None:
    query = sa.select(BINDINGS).where(BINDINGS.c.algorithm == algorithm, BINDINGS.c.value == value)
    return connection.execute(query.with_for_update()).one_or_none()


def _location(connection: sa.Connection, manifest_id: str) -> str | None:
    query = sa.select(MANIFESTS.c.location).where(MANIFESTS.c.manifest_id == manifest_id)
    return connection.execute(query).scalar_one_or_none()


def _check_owner(connection: sa.Connection, manifest_id: str, owner: str | None) -> None:
    query = sa.select(MANIFESTS.c.owner).where(MANIFESTS.c.manifest_id == manifest_id)
    found = connection.execute(query).one_or_none()
    if found is None:
        raise _no_manifest(manifest_id)
    if found.owner != owner:
        raise NotOwnerError(
            f"the manifest {manifest_id} belongs to somebody else",
            hint="An id can be led to a manifest of its own owner alone.",
        )


def _no_manifest(manifest_id: str) -> NoRecordError:
    return NoRecordError(f"the registry holds no manifest {manifest_id}", hint="Register it first.")


def _insert_work(connection: sa.Connection, location: str | None) -> None:
    """Note that an object is to be removed, once the transaction is committed."""
    if location is not None:
        row = {"kind": REMOVE_OBJECT, "subject": location, "created": _now()}
        new = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        connection.execute(new(OUTBOX).on_conflict_do_nothing().values(row))


def _now() -> str:
    return time_of(dt.datetime.now(dt.UTC))
