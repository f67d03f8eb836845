"""Copying records into a registry: what is missing is added, and nothing that is there is changed.

Doing it again changes nothing, so whatever was interrupted is simply done again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from indelible.errors import ArgumentError, RegistryUnavailableError
from indelible.registry.changing import Registration
from indelible.registry.hash_blocks import insert_fingerprints
from indelible.registry.inserting import insert_free
from indelible.registry.rows import time_of
from indelible.registry.tables import BINDING_HISTORY, BINDINGS, MANIFESTS
from indelible.registry.transfers import Binding, Transfer, outlines, transfers_of

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["MOST_NAMED", "Conflict", "Progress", "Tally", "copy_into", "merge"]

MOST_NAMED: Final = 1000
"""How many conflicts are named one by one; all are counted."""

Progress: TypeAlias = Callable[[int], object]
"""Is told, from time to time, how many records are done."""

Key: TypeAlias = tuple[str, bytes]

# Of one transaction.
_MOST_RECORDS: Final = 200
_MOST_BINDINGS: Final = 2000
_MOST_BYTES: Final = 8 * 1024 * 1024
_MOST_TRIES: Final = 5

_COMPARED: Final = (
    "store_sha256", "algorithm", "payload", "media_type", "generator", "created", "picture_sha256",
    "width", "height", "owner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Conflict:
    """Something that is otherwise in the other registry; here it stayed as it was.

    Attributes
    ----------
    kind : {"manifest", "status", "binding"}
        The same id and another manifest; another status; the same value that leads elsewhere.
    manifest_id : str
        The record that was to be copied.
    reason : str
        What differs, in words.
    """

    kind: Literal["manifest", "status", "binding"]
    manifest_id: str
    reason: str


@dataclass(slots=True)
class Tally:
    """What became of the records that were to be copied.

    Attributes
    ----------
    new, equal, conflicting : int
        Records that were added, that were here already, and about which the two disagree.
    bindings : int
        Bindings that were added to records that were here already.
    conflicts : list of Conflict
        The first of them, `MOST_NAMED` at most.
    """

    new: int = 0
    equal: int = 0
    conflicting: int = 0
    bindings: int = 0
    conflicts: list[Conflict] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many records were looked at."""
        return self.new + self.equal + self.conflicting


def merge(source: SqlRegistry, target: SqlRegistry, *, progress: Progress | None = None) -> Tally:
    """Copy into one registry what another one holds besides; the other one is only read.

    Private records of generations, the audit log and consents are not copied.

    Raises
    ------
    ArgumentError
        If both are the same.
    RegistryError
        If one cannot be used. What was copied until then stays; call it again.
    """
    if source.url.partition("?")[0] == target.url.partition("?")[0]:
        raise ArgumentError("source", "A registry cannot be merged into itself.")
    source.check()
    return copy_into(target, transfers_of(source), progress=progress)


def copy_into(
    target: SqlRegistry, transfers: Iterable[Transfer], *, progress: Progress | None = None
) -> Tally:
    """Copy records into a registry, each with its bindings or not at all.

    Raises
    ------
    RegistryError
        If the registry cannot be used, or a record cannot be read. What was copied until then
        stays; call it again.
    """
    tally = Tally()
    for batch in _batches(transfers):
        _copy_batch(target, batch, tally)
        if progress is not None:
            progress(tally.total)
    return tally


def _batches(transfers: Iterable[Transfer]) -> Iterator[list[Transfer]]:
    """Group records of different ids and bindings that together are not too large."""
    batch: list[Transfer] = []
    seen: set[str | Key] = set()
    size = bindings = 0
    for one in transfers:
        names: set[str | Key] = {one.record.manifest_id, *(binding.key for binding in one.current)}
        full = (
            len(batch) >= _MOST_RECORDS
            or size + one.size > _MOST_BYTES
            or bindings + len(one.bindings) > _MOST_BINDINGS
        )
        if batch and (full or not names.isdisjoint(seen)):
            yield batch
            batch, seen, size, bindings = [], set(), 0, 0
        batch.append(one)
        seen |= names
        size += one.size
        bindings += len(one.bindings)
    if batch:
        yield batch


class _RacedError(Exception):
    """Somebody else claimed an id or a binding at the same moment."""


def _copy_batch(target: SqlRegistry, batch: list[Transfer], tally: Tally) -> None:
    ready: dict[str, Registration] = {}  # manifests are read, and objects written, once
    for _ in range(_MOST_TRIES):
        there: Mapping[str, Transfer] = {}
        if target.database.exists():
            there = outlines(target, [one.record.manifest_id for one in batch])
        known = [one for one in batch if one.record.manifest_id in there]
        new = [one for one in batch if one.record.manifest_id not in there]
        for one in new:
            if one.record.manifest_id not in ready:
                _prepare(target, one, ready)
        pairs = [
            (ready[one.record.manifest_id], one) for one in new if one.record.manifest_id in ready
        ]
        differing = {
            one.record.manifest_id: conflict
            for one in known
            if (conflict := _difference(there[one.record.manifest_id], one)) is not None
        }
        same = [one for one in known if one.record.manifest_id not in differing]
        try:
            written = target.database.write(_Batch(pairs, same).write)
        except _RacedError:
            continue
        _count(tally, known, pairs, differing, written)
        return
    raise RegistryUnavailableError(
        f"the registry {target.database.name} is being changed by others all the time",
        hint="Try again when they have finished.",
    )


def _prepare(target: SqlRegistry, transfer: Transfer, ready: dict[str, Registration]) -> None:
    record = transfer.load()
    if record is None:  # withdrawn in the other one a moment ago
        return
    registration = target.registration(record)
    changed = transfer.status_changed
    registration.manifest["size"] = transfer.size
    if record.status != "live" and changed is not None:
        registration.manifest["status_changed"] = time_of(changed)
    ready[record.manifest_id] = registration


def _difference(mine: Transfer, other: Transfer) -> Conflict | None:
    """Return in what a record differs from the one of the same id that is here."""
    here, there = mine.record, other.record
    names = [name for name in _COMPARED if getattr(here, name) != getattr(there, name)]
    prints = here.fingerprint, there.fingerprint
    if None not in prints and prints[0] != prints[1]:  # a record of version 0.1 has none
        names.append("fingerprint")
    if names:
        differing = ", ".join(names)
        return Conflict("manifest", here.manifest_id, f"{differing} differ from what is here")
    if here.status != there.status:
        return Conflict(
            "status", here.manifest_id, f"{here.status} here, {there.status} in the other one"
        )
    return None


def _count(
    tally: Tally,
    known: Sequence[Transfer],
    new: Sequence[tuple[Registration, Transfer]],
    differing: Mapping[str, Conflict],
    written: _Written,
) -> None:
    tally.bindings += written.bindings
    for conflict in (*differing.values(), *written.conflicts):
        if len(tally.conflicts) < MOST_NAMED:
            tally.conflicts.append(conflict)
    disputed = {*differing, *(one.manifest_id for one in written.conflicts)}
    tally.conflicting += len(disputed)
    for one in known:
        tally.equal += one.record.manifest_id not in disputed
    for _, one in new:
        tally.new += one.record.manifest_id not in disputed


# --- the statements of one batch ------------------------------------------------------------------


class _Written(NamedTuple):
    bindings: int
    conflicts: list[Conflict]


class _Batch(NamedTuple):
    """Records to insert, and records that are here, whose bindings may be missing."""

    new: list[tuple[Registration, Transfer]]
    known: list[Transfer]

    def write(self, connection: sa.Connection) -> _Written:
        """Insert what is free; within a transaction, which ends where somebody else was faster."""
        everything = [*(transfer for _, transfer in self.new), *self.known]
        leading = _leading(connection, [one for item in everything for one in item.bindings])
        conflicts = [
            conflict for transfer in everything for conflict in _clashes(transfer, leading)
        ]
        disputed = {one.manifest_id for one in conflicts}
        accepted = [pair for pair in self.new if pair[1].record.manifest_id not in disputed]
        manifests = [registration.manifest for registration, _ in accepted]
        if len(insert_free(connection, MANIFESTS, manifests, "manifest_id")) < len(manifests):
            raise _RacedError
        insert_fingerprints(
            connection,
            {
                registration.manifest["manifest_id"]: registration.fingerprint
                for registration, _ in accepted
                if registration.fingerprint is not None
            },
        )
        added = [
            (transfer, binding)
            for transfer in [*(transfer for _, transfer in accepted), *self.known]
            for binding in transfer.bindings
            if leading.get(binding.key) != transfer.record.manifest_id
        ]
        rows = [
            _row(transfer, binding)
            for transfer, binding in added
            if binding.moved is None and binding.key not in leading
        ]
        if len(insert_free(connection, BINDINGS, rows, "manifest_id")) < len(rows):
            raise _RacedError
        _insert_history(connection, [pair for pair in added if pair[1].moved is not None])
        known = {one.record.manifest_id for one in self.known}
        return _Written(sum(row["manifest_id"] in known for row in rows), conflicts)


def _clashes(transfer: Transfer, leading: Mapping[Key, str]) -> Iterator[Conflict]:
    own = transfer.record.manifest_id
    for binding in transfer.current:
        there = leading.get(binding.key, own)
        if there != own:
            yield Conflict("binding", own, f"the id {binding.value.hex()} leads to {there} here")


def _leading(connection: sa.Connection, bindings: Sequence[Binding]) -> dict[Key, str]:
    """Return where values lead now."""
    keys = sorted({binding.key for binding in bindings})
    found: dict[Key, str] = {}
    for start in range(0, len(keys), 500):
        there = sa.tuple_(BINDINGS.c.algorithm, BINDINGS.c.value).in_(keys[start : start + 500])
        query = sa.select(BINDINGS.c.algorithm, BINDINGS.c.value, BINDINGS.c.manifest_id)
        found |= {(row[0], row[1]): row[2] for row in connection.execute(query.where(there))}
    return found


def _row(transfer: Transfer, binding: Binding) -> dict[str, Any]:
    return {
        "algorithm": binding.algorithm,
        "value": binding.value,
        "manifest_id": transfer.record.manifest_id,
        "owner": binding.owner,
        "created": time_of(binding.created),
    }


def _insert_history(
    connection: sa.Connection, bindings: Sequence[tuple[Transfer, Binding]]
) -> None:
    """Note where values led before, unless that is noted."""
    for transfer, binding in bindings:
        assert binding.moved is not None  # noqa: S101 - for the type checker: the caller chose them
        row = {
            **_row(transfer, binding),
            "moved": time_of(binding.moved),
            "moved_by": binding.moved_by,
        }
        same = [
            BINDING_HISTORY.c[name] == row[name]
            for name in ("algorithm", "value", "manifest_id", "created", "moved")
        ]
        if not connection.execute(sa.select(sa.exists().where(*same))).scalar_one():
            connection.execute(sa.insert(BINDING_HISTORY).values(row))
