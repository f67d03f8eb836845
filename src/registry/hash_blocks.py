"""The perceptual hashes once more, in blocks: a process reads 10**6 of them in 0.2 s.

A hash that is registered goes to `RECENT_HASHES`, and with the next thousand into one row of
`HASH_BLOCKS`. It is in one of the two at any time, and leaves it with its fingerprint, in the same
transaction. Each function runs within a transaction of its caller.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from indelible.errors import RegistryUnavailableError
from indelible.registry.inserting import insert_from_arrays
from indelible.registry.record import PDQ_BYTES, StoredFingerprint
from indelible.registry.tables import FINGERPRINTS, HASH_BLOCKS, RECENT_HASHES

__all__ = ["WORDS", "Hashes", "insert_fingerprints", "read_blocks", "read_recent", "remove_hashes"]

WORDS: Final = PDQ_BYTES // 8

# A search reads up to so many rows one by one, and an erasure writes so many hashes anew.
_BLOCK: Final = 1024
_MOST_SEALED: Final = 16  # blocks that one transaction makes, where several are due
_READ_AT_ONCE: Final = 256  # blocks
_LOCK: Final = 0x494E4448  # "INDH": who makes blocks in PostgreSQL holds this advisory lock


class Hashes(NamedTuple):
    """Hashes, and the numbers of their rows in `FINGERPRINTS`.

    Attributes
    ----------
    numbers : int64 (N,)
        Ids of fingerprints.
    words : uint64 (N, 4)
        Hashes.
    last : int
        Number of the block that they came with; 0 for recent ones.
    """

    numbers: NDArray[np.int64]
    words: NDArray[np.uint64]
    last: int = 0


def insert_fingerprints(
    connection: sa.Connection, fingerprints: dict[str, StoredFingerprint]
) -> None:
    """Insert the fingerprints of manifests that were just inserted, by their ids."""
    if not fingerprints:
        return
    rows = [
        {"manifest_id": manifest_id, "pdq": one.pdq, "quality": one.quality}
        for manifest_id, one in fingerprints.items()
    ]
    if connection.dialect.name == "postgresql":
        statement, values = insert_from_arrays(FINGERPRINTS, rows)
        both = f"WITH new AS ({statement} RETURNING id, pdq) {_TO_RECENT} new RETURNING id"
        ids = connection.exec_driver_sql(both, values).scalars().all()
        before, last = min(ids) - 1, max(ids)
    else:  # nobody else writes meanwhile, and the highest number is never given again
        before = connection.scalar(_LAST) or 0
        connection.execute(sa.insert(FINGERPRINTS), rows)
        connection.execute(sa.text(f"{_TO_RECENT} fingerprints WHERE id > :id"), {"id": before})
        last = connection.scalar(_LAST) or 0
    # Ids count up, so that this happens every so many rows, and nothing has to be counted. Where
    # it is missed, because of a gap or because others are at it, the next time makes up for it.
    if before // _BLOCK < last // _BLOCK:
        _seal(connection)


def remove_hashes(connection: sa.Connection, manifest_ids: Sequence[str]) -> None:
    """Remove the fingerprints of manifests, in whichever form they are kept."""
    gone = FINGERPRINTS.c.manifest_id.in_(manifest_ids)
    removed = sa.delete(FINGERPRINTS).where(gone).returning(FINGERPRINTS.c.id)
    ids = set(connection.execute(removed).scalars())
    if not ids:
        return
    recent = sa.delete(RECENT_HASHES).where(RECENT_HASHES.c.id.in_(ids))
    ids -= set(connection.execute(recent.returning(RECENT_HASHES.c.id)).scalars())
    while ids:
        # Blocks overlap only where several processes registered at once.
        one = min(ids)
        holds = sa.and_(HASH_BLOCKS.c.lowest <= one, HASH_BLOCKS.c.highest >= one)
        query = sa.select(HASH_BLOCKS).where(holds).order_by(HASH_BLOCKS.c.number)
        with _damage_named():
            for row in connection.execute(query.with_for_update()).all():
                ids -= _rewrite(connection, row, ids)
        ids.discard(one)


def read_recent(connection: sa.Connection) -> Hashes:
    """Return the hashes that are in no block yet: read them before the blocks, to miss none.

    Raises
    ------
    RegistryUnavailableError
        If one is none.
    """
    rows = connection.execute(_RECENT).all()
    with _damage_named():
        return _hashes([row.id for row in rows], [row.pdq for row in rows])


def read_blocks(connection: sa.Connection, after: int) -> Iterator[Hashes]:
    """Yield the hashes in blocks whose numbers are higher than one, the lowest first.

    Raises
    ------
    RegistryUnavailableError
        If a block is none.
    """
    while True:
        given = {"after": after, "most": _READ_AT_ONCE}
        rows = connection.execute(_BLOCKS, given).all()
        if rows:
            after = rows[-1].number
            with _damage_named():
                numbers = np.frombuffer(b"".join(row.ids for row in rows), "<i8")
                block = _hashes(numbers, [row.hashes for row in rows], after)
            yield block
        if len(rows) < _READ_AT_ONCE:
            return


_LAST: Final = sa.select(sa.func.max(FINGERPRINTS.c.id))
_TO_RECENT: Final = "INSERT INTO recent_hashes (id, pdq) SELECT id, pdq FROM"
# Written out, without SQLAlchemy's conversions: an SQLite file may be anybody's.
_RECENT: Final = sa.text("SELECT id, pdq FROM recent_hashes")
_BLOCKS: Final = sa.text(
    "SELECT number, ids, hashes FROM hash_blocks WHERE number > :after ORDER BY number LIMIT :most"
)


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (TypeError, ValueError, OverflowError) as error:
        raise RegistryUnavailableError(
            f"the registry is damaged: its hashes cannot be read ({error})",
            hint="Restore it from a backup, or move it away.",
        ) from error


def _hashes(
    numbers: Sequence[int] | NDArray[np.int64], hashes: Sequence[bytes], last: int = 0
) -> Hashes:
    words = np.frombuffer(b"".join(hashes), np.uint64).reshape(-1, WORDS)
    if len(numbers) != len(words):
        raise ValueError("there are not as many hashes as numbers")
    return Hashes(np.asarray(numbers, np.int64), words, last)


def _seal(connection: sa.Connection) -> None:
    """Move full blocks of hashes out of `RECENT_HASHES`."""
    postgres = connection.dialect.name == "postgresql"
    # One process at a time, so that the numbers of blocks are committed in their order.
    if postgres and not connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(_LOCK))):
        return
    columns = RECENT_HASHES.c
    due = sa.select(columns.id, columns.pdq).order_by(columns.id).limit(_BLOCK)
    if postgres:  # what is being erased just now is passed over
        due = due.with_for_update(skip_locked=True)
    for _ in range(_MOST_SEALED):
        rows = connection.execute(due).all()
        if len(rows) < _BLOCK:
            return
        ids = np.array([row.id for row in rows], "<i8")
        highest = connection.scalar(sa.select(sa.func.max(HASH_BLOCKS.c.number)))
        block = {
            "number": (highest or 0) + 1,
            "lowest": int(ids[0]),
            "highest": int(ids[-1]),
            "ids": ids.tobytes(),
            "hashes": b"".join(row.pdq for row in rows),
        }
        connection.execute(sa.insert(HASH_BLOCKS).values(block))
        sealed = columns.id.between(block["lowest"], block["highest"])
        if postgres:
            sealed = columns.id.in_(ids.tolist())
        connection.execute(sa.delete(RECENT_HASHES).where(sealed))


def _rewrite(connection: sa.Connection, row: sa.Row[Any], gone: set[int]) -> set[int]:
    """Leave hashes out of a block; return the ids of those that were in it.

    A block that becomes empty stays: its number is not to be another's.
    """
    numbers = np.frombuffer(row.ids, "<i8")
    words = np.frombuffer(row.hashes, np.uint64).reshape(-1, WORDS)
    leaving = np.isin(numbers, list(gone))
    if leaving.any():
        kept = {"ids": numbers[~leaving].tobytes(), "hashes": words[~leaving].tobytes()}
        here = HASH_BLOCKS.c.number == row.number
        connection.execute(sa.update(HASH_BLOCKS).where(here).values(kept))
    return set(numbers[leaving].tolist())
