"""The statements about generation records; each runs within a transaction of its caller."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import sqlalchemy as sa

from indelible.registry.private.sealed import SealedRecord
from indelible.registry.rows import as_stored
from indelible.registry.tables import GENERATION_INPUTS, GENERATIONS

__all__ = ["find_inputs", "insert_sealed", "sealed_records"]

_TOKEN: Final = GENERATION_INPUTS.c.token
_MANIFEST: Final = GENERATION_INPUTS.c.manifest_id


def insert_sealed(connection: sa.Connection, records: Mapping[str, SealedRecord]) -> None:
    """Insert the generation records of manifests that were just inserted, by their ids."""
    if not records:
        return
    connection.execute(
        sa.insert(GENERATIONS),
        [{"manifest_id": id_, "sealed": one.sealed} for id_, one in records.items()],
    )
    tokens = [
        {"token": token, "manifest_id": manifest_id}
        for manifest_id, one in records.items()
        for token in dict.fromkeys(one.tokens)
    ]
    if tokens:
        connection.execute(sa.insert(GENERATION_INPUTS), tokens)


def sealed_records(connection: sa.Connection, manifest_ids: Iterable[str]) -> dict[str, bytes]:
    """Return what is kept, encrypted, about those manifests that it is kept about."""
    columns = [as_stored(GENERATIONS.c[name]) for name in ("manifest_id", "sealed")]
    query = sa.select(*columns).where(GENERATIONS.c.manifest_id.in_(list(manifest_ids)))
    rows = connection.execute(query).all()
    return {row.manifest_id: row.sealed for row in rows if isinstance(row.sealed, bytes)}


def find_inputs(
    connection: sa.Connection, tokens: Sequence[bytes], offset: int, limit: int
) -> list[str]:
    """Return the manifests of pictures whose inputs share tokens, those that share most first."""
    shared = sa.func.count().desc()
    query = (
        sa.select(_MANIFEST)
        .where(_TOKEN.in_(list(tokens)))
        .group_by(_MANIFEST)
        .order_by(shared, _MANIFEST)
        .offset(offset)
        .limit(limit)
    )
    return list(connection.execute(query).scalars())
