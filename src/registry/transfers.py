"""Whole records on their way from one registry to another: what a `Record` holds, and its bindings.

The private record of a generation never travels: it is sealed with keys of its own operator.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from indelible.errors import RegistryError, RegistryUnavailableError
from indelible.registry.record import Record, has_its_hash
from indelible.registry.rows import RECORD_COLUMNS, record_of, time_of
from indelible.registry.tables import BINDING_HISTORY, BINDINGS, FINGERPRINTS, MANIFESTS

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["Binding", "Transfer", "outlines", "transfers_of"]

_PAGE: Final = 200  # records that are looked at in one query, without their manifests
_MOST_BINDINGS: Final = 20_000  # of one page

_OUTLINE: Final = (
    sa.select(
        *(
            column
            for column in RECORD_COLUMNS
            if column.name not in ("manifest_store", "encoding", "location")
        ),
        MANIFESTS.c.size,
        MANIFESTS.c.status_changed,
    )
    .select_from(MANIFESTS)
    .outerjoin(FINGERPRINTS, FINGERPRINTS.c.manifest_id == MANIFESTS.c.manifest_id)
)


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that leads, or once led, to a record.

    Attributes
    ----------
    algorithm, value
        The binding.
    owner : str or None
        Whose it is.
    created : datetime.datetime
        Since when it leads there; timezone-aware.
    moved : datetime.datetime or None
        Since when it leads elsewhere; None where it still leads there.
    moved_by : str or None
        Who moved it.
    """

    algorithm: str
    value: bytes
    owner: str | None
    created: dt.datetime
    moved: dt.datetime | None = None
    moved_by: str | None = None

    @property
    def key(self) -> tuple[str, bytes]:
        """What leads to one record at a time."""
        return self.algorithm, self.value


@dataclass(frozen=True, slots=True)
class Transfer:
    """A record that may be copied into another registry.

    Attributes
    ----------
    record : Record
        With an empty manifest store; its hash is the real one.
    size : int
        Bytes of the manifest store.
    status_changed : datetime.datetime or None
        Since when it is withdrawn or erased.
    bindings : tuple of Binding
        What leads, and what once led, to it.
    load : callable
        Returns the record with its manifest store, checked; None where it is not there any more.
    """

    record: Record
    size: int
    status_changed: dt.datetime | None
    bindings: tuple[Binding, ...]
    load: Callable[[], Record | None] = field(repr=False, compare=False)

    @property
    def current(self) -> tuple[Binding, ...]:
        """The bindings that lead to it now."""
        return tuple(one for one in self.bindings if one.moved is None)


def transfers_of(registry: SqlRegistry, *, since: dt.datetime | None = None) -> Iterator[Transfer]:
    """Yield everything that a registry holds, the oldest first, without loading manifests.

    Parameters
    ----------
    registry : SqlRegistry
        Is asked page by page, each in a transaction of its own: what is registered meanwhile comes
        last.
    since : datetime.datetime, optional
        Leave out what was registered before; timezone-aware.
    """
    place: tuple[str, str] = ("" if since is None else time_of(since), "")
    columns = MANIFESTS.c
    while True:
        after = sa.tuple_(columns.created, columns.manifest_id) > sa.tuple_(*place)
        page = _page(registry, after)
        yield from page
        if len(page) < _PAGE:
            return
        place = time_of(page[-1].record.created), page[-1].record.manifest_id


def outlines(registry: SqlRegistry, manifest_ids: Sequence[str]) -> dict[str, Transfer]:
    """Return those of some records that are there, 200 at most, without loading manifests."""
    found = _page(registry, MANIFESTS.c.manifest_id.in_(manifest_ids))
    return {one.record.manifest_id: one for one in found}


def _page(registry: SqlRegistry, wanted: sa.ColumnElement[bool]) -> list[Transfer]:
    order = (MANIFESTS.c.created, MANIFESTS.c.manifest_id)
    query = _OUTLINE.where(wanted).order_by(*order).limit(_PAGE)

    def ask(connection: sa.Connection) -> tuple[list[dict[str, Any]], list[sa.Row[Any]]]:
        rows = [dict(row) for row in connection.execute(query).mappings()]
        return rows, _bindings(connection, [row["manifest_id"] for row in rows])

    rows, bindings = registry.database.read(ask)
    if len(bindings) >= _MOST_BINDINGS:
        raise RegistryError(
            f"the registry {registry.database.name} holds more bindings to some records than are "
            "read at once",
        )
    try:
        return _transfers(registry, rows, bindings)
    except (TypeError, ValueError, RegistryError) as error:
        raise _damaged(registry, f"an entry is not a record ({error})") from error


def _bindings(connection: sa.Connection, manifest_ids: list[str]) -> list[sa.Row[Any]]:
    shared = ("manifest_id", "algorithm", "value", "owner", "created")
    now = sa.select(
        *(BINDINGS.c[name] for name in shared),
        sa.null().label("moved"),
        sa.null().label("moved_by"),
    )
    before = sa.select(*(BINDING_HISTORY.c[name] for name in (*shared, "moved", "moved_by")))
    rows: list[sa.Row[Any]] = []
    for table, query in ((BINDINGS, now), (BINDING_HISTORY, before)):
        wanted = query.where(table.c.manifest_id.in_(manifest_ids)).limit(_MOST_BINDINGS)
        rows.extend(connection.execute(wanted))
    return rows


def _transfers(
    registry: SqlRegistry, rows: list[dict[str, Any]], bindings: list[sa.Row[Any]]
) -> list[Transfer]:
    records = {row["manifest_id"]: record_of({**row, "manifest_store": b""}, b"") for row in rows}
    leading: defaultdict[str, list[Binding]] = defaultdict(list)
    for row in bindings:
        record = records[row.manifest_id]
        if not isinstance(row.algorithm, str) or not isinstance(row.value, bytes):
            raise TypeError("a binding is of a wrong type")
        leading[record.manifest_id].append(
            Binding(
                row.algorithm,
                row.value,
                row.owner,
                _time(row.created) or record.created,  # version 0.1 did not note it
                _time(row.moved),
                row.moved_by,
            )
        )
    return [
        Transfer(
            record=record,
            size=_size(row),
            status_changed=_time(row["status_changed"]),
            bindings=tuple(leading[record.manifest_id]),
            load=_loader(registry, record.manifest_id),
        )
        for row, record in zip(rows, records.values(), strict=True)
    ]


def _loader(registry: SqlRegistry, manifest_id: str) -> Callable[[], Record | None]:
    def load() -> Record | None:
        record = registry.get(manifest_id)
        if record is not None and not has_its_hash(record):
            raise _damaged(registry, f"the manifest of {manifest_id} has not the hash noted for it")
        return record

    return load


def _time(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text) if text else None


def _size(row: Mapping[str, Any]) -> int:
    size = row["size"]
    if not isinstance(size, int) or size < 0:
        raise TypeError(f"size is {size!r}")
    return size


def _damaged(registry: SqlRegistry, what: str) -> RegistryUnavailableError:
    return RegistryUnavailableError(
        f"the registry {registry.database.name} is damaged: {what}",
        hint="Restore it from a backup, or withdraw the record.",
    )
