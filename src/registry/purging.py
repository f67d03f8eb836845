"""Erasing what is older than it may get; a tombstone of each record stays."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final, get_args

import sqlalchemy as sa

from indelible.choices import RecordStatus
from indelible.errors import ArgumentError
from indelible.registry.changing import set_status
from indelible.registry.hash_blocks import remove_hashes
from indelible.registry.merging import Progress
from indelible.registry.private.log import NOBODY, check_who_and_why, note_change
from indelible.registry.rows import check_value, time_of
from indelible.registry.tables import MANIFESTS

if TYPE_CHECKING:
    from indelible.registry.sql import SqlRegistry

__all__ = ["PURGEABLE", "count_purgeable", "purge"]

PURGEABLE: Final[tuple[RecordStatus, ...]] = tuple(
    status for status in get_args(RecordStatus) if status != "erased"
)
"""What can be erased: every status but "erased"."""

_BATCH: Final = 100  # records in one transaction


def count_purgeable(
    registry: SqlRegistry,
    before: dt.datetime,
    *,
    statuses: Collection[RecordStatus] = PURGEABLE,
) -> int:
    """Return how many records `purge` would erase."""
    wanted = _wanted(before, statuses)
    query = sa.select(sa.func.count()).select_from(MANIFESTS).where(wanted)
    return int(registry.database.read(lambda connection: connection.execute(query).scalar_one()))


def purge(
    registry: SqlRegistry,
    before: dt.datetime,
    *,
    statuses: Collection[RecordStatus] = PURGEABLE,
    reason: str | None = None,
    actor: str = NOBODY,
    progress: Progress | None = None,
) -> int:
    """Erase what was registered before a moment; return how many records were.

    Of each, the tombstone stays with its ids: see `SqlRegistry.set_status`. Batch after batch is
    erased in a transaction of its own, so that others can write meanwhile; what was interrupted is
    simply done again. Each batch is an entry of the audit log.

    Parameters
    ----------
    registry : SqlRegistry
        Where.
    before : datetime.datetime
        Timezone-aware.
    statuses : collection of {"live", "withdrawn"}
        Erase those of one status alone; by default of both.
    reason : str, optional
        Why, in words for people; 4096 characters at most.
    actor : str
        Who does so: a user of the machine, or a token's name. For the audit log alone.
    progress : callable, optional
        Is told how many are erased.

    Raises
    ------
    RegistryError
        If the registry cannot be used. What was erased until then is erased.
    """
    check_value("status_reason", reason)
    check_who_and_why(actor, reason)
    order = (MANIFESTS.c.created, MANIFESTS.c.manifest_id)
    query = sa.select(*order).where(_wanted(before, statuses)).order_by(*order).limit(_BATCH)
    place = ("", "")  # behind what was erased: it is not looked at again

    def erase(connection: sa.Connection) -> list[tuple[str, str]]:
        rows = connection.execute(query.where(sa.tuple_(*order) > sa.tuple_(*place))).all()
        ids = [row.manifest_id for row in rows]
        if ids:
            # Together, so that a block of hashes is written once; locked first, as one by one.
            mine = sa.select(MANIFESTS.c.manifest_id).where(MANIFESTS.c.manifest_id.in_(ids))
            connection.execute(mine.order_by(*order).with_for_update()).all()
            remove_hashes(connection, ids)
        for manifest_id in ids:
            set_status(connection, manifest_id, "erased", reason)
        if ids:
            note_change(connection, "purge", _named(ids), reason=reason, actor=actor)
        return [(row.created, row.manifest_id) for row in rows]

    registry.check()
    erased = 0
    while done := registry.database.write(erase):
        place = done[-1]
        erased += len(done)
        registry.finish_pending()
        if progress is not None:
            progress(erased)
    return erased


def _named(ids: Sequence[str]) -> str:
    """Return which records were erased; each one's tombstone says when, and why."""
    first, last = ids[0], ids[-1]
    if len(ids) == 1:
        return first
    return f"{len(ids)} records, in the order of their registration from {first} to {last}"


def _wanted(before: dt.datetime, statuses: Collection[RecordStatus]) -> sa.ColumnElement[Any]:
    if not statuses or not set(statuses) <= set(PURGEABLE):
        raise ArgumentError(
            "statuses", "Only live and withdrawn records can be purged.", hint="Name one or both."
        )
    status = MANIFESTS.c.status
    old = sa.and_(MANIFESTS.c.created < time_of(before), status.in_(sorted(statuses)))
    # Written out, so that the database sees that the index of what is not live will do.
    return old if "live" in statuses else sa.and_(old, sa.text("status <> 'live'"))
