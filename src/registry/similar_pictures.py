"""Which registered pictures look like one in hand: hashes in memory, records in the database."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Final

import sqlalchemy as sa

from indelible.errors import ArgumentError
from indelible.registry.database import Database
from indelible.registry.record import PDQ_BYTES, Similar
from indelible.registry.similar import HashIndex
from indelible.registry.tables import FINGERPRINTS

__all__ = ["SimilarPictures"]

_MOST_HASHES: Final = 64
_CHECKED_AT_ONCE: Final = 64


class SimilarPictures:
    """Finds fingerprints of one database; `SqlRegistry.find_similar` says how."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._index: tuple[object, HashIndex] | None = None

    def search(self, hashes: Sequence[bytes], max_distance: int, limit: int) -> list[Similar]:
        """Return registered pictures that look alike, the nearest first."""
        if not 0 <= max_distance <= 255:
            raise ArgumentError(
                "max_distance", f"max_distance is {max_distance}.", hint="Give 0 to 255."
            )
        if not 0 < len(hashes) <= _MOST_HASHES or any(len(one) != PDQ_BYTES for one in hashes):
            raise ArgumentError(
                "hashes", "hashes are not one hash or several.", hint="Give 1 to 64 of 32 bytes."
            )
        near = self._current_index().search(hashes, max_distance, self._fetch_hashes)
        found: list[Similar] = []
        for start in range(0, len(near), _CHECKED_AT_ONCE):
            some = {one.number: one for one in near[start : start + _CHECKED_AT_ONCE]}
            rows = self._fingerprints(list(some))
            found += [
                Similar(rows[number][0], one.distance, rows[number][1], one.query)
                for number, one in some.items()
                if number in rows
            ]
            if len(found) >= limit:
                break
        return found[:limit]

    def _current_index(self) -> HashIndex:
        # A fork copies a lock as it is, so a child has an index of its own.
        generation = (os.getpid(), self._database.generation)
        if self._index is None or self._index[0] != generation:
            self._index = generation, HashIndex()
        return self._index[1]

    def _fetch_hashes(self, last: int, gaps: Sequence[int]) -> Iterable[tuple[int, bytes]]:
        id_, pdq = FINGERPRINTS.c.id, FINGERPRINTS.c.pdq
        query = sa.select(id_, pdq).where(sa.or_(id_ > last, id_.in_(gaps)) if gaps else id_ > last)
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return [(row[0], row[1]) for row in rows if len(row[1]) == PDQ_BYTES]

    def _fingerprints(self, numbers: list[int]) -> dict[int, tuple[str, int]]:
        columns = FINGERPRINTS.c
        query = sa.select(columns.id, columns.manifest_id, columns.quality).where(
            columns.id.in_(numbers)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {row.id: (row.manifest_id, row.quality) for row in rows}
