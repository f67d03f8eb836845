"""A registry in a SQL database: the statements, whatever the database is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from indelible.errors import (
    ArgumentError,
    BindingConflictError,
    RegistryError,
    RegistryUnavailableError,
)
from indelible.registry.protocol import MAX_FOUND
from indelible.registry.record import Record
from indelible.registry.sqlite import SqliteDatabase
from indelible.registry.tables import (
    BINDINGS,
    COLUMNS,
    MANIFESTS,
    MAX_VALUE_BYTES,
    record_of,
    values_of,
)

__all__ = ["SqlRegistry"]


class SqlRegistry:
    """A registry in a database; `open_registry` makes one.

    Parameters
    ----------
    database : SqliteDatabase
        Opens transactions and turns the database's errors into ours.

    Notes
    -----
    Every write is on the disk before it is acknowledged. Looking something up writes nothing, and
    makes nothing.
    """

    def __init__(self, database: SqliteDatabase) -> None:
        self._database = database

    @property
    def url(self) -> str:
        """Where it is, as `open_registry` takes it; the path in it is absolute."""
        return self._database.url

    def put(self, record: Record) -> None:
        """Store a manifest and its binding in one transaction; see `Registry.put`."""
        try:
            self._insert(record)
        except BindingConflictError:
            # The very same record is no conflict: a caller whose first attempt ended with an
            # unknown outcome may repeat it.
            if self.get(record.manifest_id) != record:
                raise

    def find(self, algorithm: str, payload: bytes, *, limit: int = MAX_FOUND) -> list[Record]:
        """Return the records bound to an id, the oldest first; see `Registry.find`.

        There are fewer than `limit` where their manifests together exceed 32 MiB.
        """
        if limit < 1:
            raise ArgumentError("limit", f"limit is {limit}.", hint="Give 1 or more.")
        return self._select(
            sa.and_(BINDINGS.c.algorithm == algorithm, BINDINGS.c.payload == payload), limit
        )

    def get(self, manifest_id: str) -> Record | None:
        """Return the record of a manifest, or None."""
        found = self._select(MANIFESTS.c.manifest_id == manifest_id, 1)
        return found[0] if found else None

    def has(self, algorithm: str, payload: bytes) -> bool:
        """Whether an id is taken; a registry that does not exist yet holds none."""
        if not self._database.exists():
            return False
        query = sa.select(sa.literal(1)).where(
            BINDINGS.c.algorithm == algorithm, BINDINGS.c.payload == payload
        )
        with self._database.reading() as connection:
            return connection.execute(query).first() is not None

    def withdraw(self, manifest_id: str) -> bool:
        """Remove a record whose picture was never published; see `Registry.withdraw`."""
        if not self._database.exists():
            return False
        with self._database.writing() as connection:
            connection.execute(sa.delete(BINDINGS).where(BINDINGS.c.manifest_id == manifest_id))
            done = connection.execute(
                sa.delete(MANIFESTS).where(MANIFESTS.c.manifest_id == manifest_id)
            )
            return done.rowcount > 0

    def count(self) -> int:
        """Return how many manifests the registry holds; none if it does not exist yet."""
        if not self._database.exists():
            return 0
        with self._database.reading() as connection:
            query = sa.select(sa.func.count()).select_from(MANIFESTS)
            return int(connection.execute(query).scalar_one())

    def check(self, *, must_exist: bool = True) -> None:
        """Make sure that what is at the URL is a registry that can be asked.

        Parameters
        ----------
        must_exist : bool
            Whether there has to be one; else nothing, or an empty file, will do as well.

        Raises
        ------
        NoRegistryError
            If there is none, or something else.
        RegistryUnavailableError
            If it cannot be asked just now.
        """
        if must_exist or self._database.exists():
            with self._database.reading():
                pass

    def __repr__(self) -> str:
        """Show where the registry is."""
        return f"SqlRegistry({self.url!r})"

    def _insert(self, record: Record) -> None:
        manifest, binding = values_of(record)
        with self._database.writing() as connection:
            try:
                connection.execute(sa.insert(MANIFESTS).values(manifest))
                connection.execute(sa.insert(BINDINGS).values(binding))
            except exc.IntegrityError as error:
                raise BindingConflictError(
                    f"the registry already holds the id {record.payload.hex()} or the manifest "
                    f"{record.manifest_id}",
                    hint="Choose a new id: the first manifest to claim one keeps it.",
                ) from error

    def _select(self, condition: sa.ColumnElement[bool], limit: int) -> list[Record]:
        query = (
            sa.select(*COLUMNS)
            .select_from(MANIFESTS)
            .join(BINDINGS, BINDINGS.c.manifest_id == MANIFESTS.c.manifest_id)
            .where(condition)
            .order_by(MANIFESTS.c.created, MANIFESTS.c.manifest_id)
            .limit(limit)
        )
        found: list[Record] = []
        with self._database.reading() as connection:
            size = 0
            for row in connection.execute(query).mappings():
                found.append(self._record({str(name): value for name, value in row.items()}))
                size += len(found[-1].manifest_store)
                if size > MAX_VALUE_BYTES:
                    break
        return found

    def _record(self, row: Mapping[str, Any]) -> Record:
        try:
            return record_of(row)
        except (TypeError, ValueError, RegistryError) as error:
            raise RegistryUnavailableError(
                f"the registry {self._database.name} is damaged: an entry is not a record "
                f"({error})",
                hint="Restore it from a backup, or move it away.",
            ) from error
