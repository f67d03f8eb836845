"""Which registered pictures look like one in hand: hashes in memory, records in the database."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from indelible.errors import ArgumentError
from indelible.registry.database import Database
from indelible.registry.hash_blocks import Hashes, read_blocks, read_recent
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
        index = self._current_index()
        recent = self._catch_up(index)
        near = index.search(hashes, max_distance, recent)
        found: list[Similar] = []
        gone: list[int] = []
        for start in range(0, len(near), _CHECKED_AT_ONCE):
            some = near[start : start + _CHECKED_AT_ONCE]
            rows = self._fingerprints([one.number for one in some])
            found += [
                Similar(rows[one.number][0], one.distance, rows[one.number][1], one.query)
                for one in some
                if one.number in rows
            ]
            gone += [one.number for one in some if one.number not in rows]
            if len(found) >= limit:
                break
        if gone:
            index.forget(gone)
        return found[:limit]

    def _current_index(self) -> HashIndex:
        # A fork copies a lock as it is, so a child has an index of its own.
        generation = (os.getpid(), self._database.generation)
        if self._index is None or self._index[0] != generation:
            self._index = generation, HashIndex()
        return self._index[1]

    def _catch_up(self, index: HashIndex) -> Hashes:
        """Take in what others have registered; return what is in no block yet."""

        def read(connection: sa.Connection) -> Hashes:
            recent = read_recent(connection)
            index.add(lambda last: read_blocks(connection, last))
            return recent

        return self._database.read(read)

    def _fingerprints(self, numbers: list[int]) -> dict[int, tuple[str, int]]:
        columns = FINGERPRINTS.c
        query = sa.select(columns.id, columns.manifest_id, columns.quality).where(
            columns.id.in_(numbers)
        )
        rows = self._database.read(lambda connection: connection.execute(query).all())
        return {row.id: (row.manifest_id, row.quality) for row in rows}
