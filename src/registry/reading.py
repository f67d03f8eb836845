"""Reading records: by what leads to them, or page by page without their manifests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa

from indelible.errors import RegistryError, RegistryUnavailableError
from indelible.registry.database import Database
from indelible.registry.objects import ObjectStore
from indelible.registry.record import Entry, Record
from indelible.registry.rows import (
    ENTRY_COLUMNS,
    MAX_VALUE_BYTES,
    RECORD_COLUMNS,
    by_name,
    entry_of,
    record_of,
    unpacked,
)
from indelible.registry.tables import BINDINGS, FINGERPRINTS, MANIFESTS

__all__ = ["RecordReader"]


def _written_out(query: sa.Select[Any]) -> sa.TextClause:
    """Return a query as text, which SQLAlchemy need not look at: for those that are asked most."""
    return sa.text(str(query.compile()))


_RECORDS: Final = (
    sa.select(*RECORD_COLUMNS)
    .select_from(MANIFESTS)
    .outerjoin(FINGERPRINTS, FINGERPRINTS.c.manifest_id == MANIFESTS.c.manifest_id)
)
_IS_ASKED: Final = sa.and_(
    BINDINGS.c.algorithm == sa.bindparam("algorithm"), BINDINGS.c.value == sa.bindparam("value")
)
_BY_BINDING: Final = _written_out(
    _RECORDS.join(BINDINGS, BINDINGS.c.manifest_id == MANIFESTS.c.manifest_id)
    .where(_IS_ASKED)
    .order_by(MANIFESTS.c.created, MANIFESTS.c.manifest_id)
    .limit(sa.bindparam("most"))
)
_BY_ID: Final = _written_out(_RECORDS.where(MANIFESTS.c.manifest_id == sa.bindparam("id")))
_IDS: Final = _written_out(
    sa.select(BINDINGS.c.manifest_id).where(_IS_ASKED).limit(sa.bindparam("most"))
)


class RecordReader:
    """Reads the records of a database; the methods of `SqlRegistry` say what each returns.

    Parameters
    ----------
    database : Database
        Where they are.
    objects : ObjectStore or None
        Where large manifest stores lie.
    """

    def __init__(self, database: Database, objects: ObjectStore | None) -> None:
        self._database = database
        self._objects = objects

    def find(self, algorithm: str, value: bytes, limit: int) -> list[Record]:
        """Return the records that a binding leads to, the oldest first."""
        return self._select(_BY_BINDING, algorithm=algorithm, value=value, most=limit)

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        found = self._select(_BY_ID, id=manifest_id)
        return found[0] if found else None

    def find_ids(self, algorithm: str, value: bytes, limit: int) -> list[str]:
        """Return the ids of the manifests that a binding leads to."""
        given = {"algorithm": algorithm, "value": value, "most": limit}
        rows = self._database.read(lambda connection: connection.execute(_IDS, given).all())
        return [row.manifest_id for row in rows]

    def entries(self, after: str, limit: int) -> list[Entry]:
        """Return what is registered after a cursor, the oldest first."""
        created, _, manifest_id = after.partition(" ")
        place = sa.tuple_(MANIFESTS.c.created, MANIFESTS.c.manifest_id)
        query = (
            sa.select(*ENTRY_COLUMNS)
            .where(place > sa.tuple_(created, manifest_id))
            .order_by(MANIFESTS.c.created, MANIFESTS.c.manifest_id)
            .limit(limit)
        )
        rows = self._database.read(lambda connection: connection.execute(query).mappings().all())
        try:
            return [entry_of(by_name(row)) for row in rows]
        except (TypeError, ValueError, RegistryError) as error:
            raise self._damaged(error) from error

    def count(self) -> int:
        """Return how many manifests there are."""
        query = sa.select(sa.func.count()).select_from(MANIFESTS)
        return int(self._database.read(lambda connection: connection.execute(query).scalar_one()))

    def _select(self, query: sa.TextClause, **given: object) -> list[Record]:
        def fetch(connection: sa.Connection) -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = []
            size = 0
            with connection.execute(query, given) as result:
                for row in result.mappings():
                    rows.append(by_name(row))
                    store = row["manifest_store"]
                    size += len(store) if isinstance(store, bytes) else 0
                    if size > MAX_VALUE_BYTES:
                        break
            return rows

        found: list[Record] = []
        size = 0
        for row in self._database.read(fetch):
            found.append(self._record(row))
            size += len(found[-1].manifest_store)
            if size > MAX_VALUE_BYTES:
                break
        return found

    def _record(self, row: Mapping[str, Any]) -> Record:
        try:
            return record_of(row, self._store(row))
        except (TypeError, ValueError, RegistryError) as error:
            if isinstance(error, RegistryUnavailableError):
                raise
            raise self._damaged(error) from error

    def _store(self, row: Mapping[str, Any]) -> bytes:
        """Return the manifest store of a row, wherever it lies."""
        if row["status"] == "erased":
            return b""
        if row["manifest_store"] is not None or row["location"] is None:
            return unpacked(row["manifest_store"], row["encoding"])
        if self._objects is None:
            raise RegistryUnavailableError(
                f"the registry {self._database.name} keeps this manifest in an object store",
                hint="Name the store in its URL: ?manifests=s3://bucket/folder.",
            )
        return self._objects.read(str(row["location"]), limit=MAX_VALUE_BYTES)

    def _damaged(self, error: Exception) -> RegistryUnavailableError:
        return RegistryUnavailableError(
            f"the registry {self._database.name} is damaged: an entry is not a record ({error})",
            hint="Restore it from a backup, or move it away.",
        )
