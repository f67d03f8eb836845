"""Schema 3: the hashes of fingerprints once more, in blocks that are read at once."""

from __future__ import annotations

import struct
from typing import Final

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTES = sa.LargeBinary()

_BLOCK: Final = 1024


def upgrade() -> None:
    """Make the two tables, and fill them, block by block."""
    recent = op.create_table(
        "recent_hashes",
        sa.Column("id", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("pdq", _BYTES, nullable=False),
    )
    blocks = op.create_table(
        "hash_blocks",
        sa.Column("number", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("lowest", _NUMBER, nullable=False),
        sa.Column("highest", _NUMBER, nullable=False),
        sa.Column("ids", _BYTES, nullable=False),
        sa.Column("hashes", _BYTES, nullable=False),
    )
    connection = op.get_bind()
    page = sa.text(
        "SELECT id, pdq FROM fingerprints WHERE id > :after AND length(pdq) = 32 "
        "ORDER BY id LIMIT :most"
    )
    after, number = -(2**63), 0
    while rows := connection.execute(page, {"after": after, "most": _BLOCK}).all():
        after, number = rows[-1].id, number + 1
        if len(rows) < _BLOCK:
            connection.execute(sa.insert(recent), [row._asdict() for row in rows])
            break
        block = {
            "number": number,
            "lowest": rows[0].id,
            "highest": after,
            "ids": struct.pack(f"<{_BLOCK}q", *(row.id for row in rows)),
            "hashes": b"".join(row.pdq for row in rows),
        }
        connection.execute(sa.insert(blocks).values(block))
