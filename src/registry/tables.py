"""The tables of a registry, schema 3: the same on every database.

Whatever is changed here needs a migration beside it (`indelible.registry.migrations`); a test
compares the two. What each table is for stands in its comment, and in docs/registry.md.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy import event

__all__ = [
    "APPEND_ONLY",
    "AUDIT",
    "BINDINGS",
    "BINDING_HISTORY",
    "CONSENTS",
    "FINGERPRINTS",
    "GENERATIONS",
    "GENERATION_INPUTS",
    "HASH_BLOCKS",
    "MANIFESTS",
    "METADATA",
    "OUTBOX",
    "RECENT_HASHES",
    "SCHEMA_VERSION",
    "VERSION",
]

SCHEMA_VERSION: Final = 3

# Compared byte by byte everywhere, so that a list has one order, whatever a database's locale.
Text: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# SQLite counts up in an INTEGER alone, and reuses the last number without AUTOINCREMENT.
Number: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
Bytes: Final = sa.LargeBinary()
# Times are ISO 8601 in UTC: they sort, and read the same in every tool.
Time: Final = Text

METADATA: Final = sa.MetaData()


def _of_a_manifest(*, primary_key: bool = False, index: bool = True) -> sa.Column[str]:
    return sa.Column(
        "manifest_id",
        Text,
        sa.ForeignKey("manifests.manifest_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
        index=None if primary_key or not index else True,
    )


# One row for each picture; when it is erased, the row stays as its tombstone.
MANIFESTS: Final = sa.Table(
    "manifests",
    METADATA,
    sa.Column("manifest_id", Text, primary_key=True),
    sa.Column("manifest_store", Bytes),  # NULL: erased, or in the object store under `location`
    sa.Column("encoding", Text),  # "deflate" (zlib, RFC 1950), or NULL: as it is
    sa.Column("location", Text),
    sa.Column("reference", Bytes),  # of the fingerprint; here it fills the pages of the store
    sa.Column("store_sha256", Text, nullable=False),
    sa.Column("size", Number, nullable=False),
    sa.Column("media_type", Text, nullable=False),
    sa.Column("generator", Text),
    sa.Column("created", Time, nullable=False),
    sa.Column("picture_sha256", Text),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("algorithm", Text, nullable=False),  # what the picture carries, whatever it leads to
    sa.Column("value", Bytes, nullable=False),
    sa.Column("owner", Text),
    sa.Column("status", Text, nullable=False, server_default="live"),
    sa.Column("status_reason", Text),
    sa.Column("status_changed", Time),
    sa.Index("ix_manifests_created", "created", "manifest_id"),
    sa.Index("ix_manifests_location", "location"),
    sa.Index(
        "ix_manifests_status",  # of the few that are not live: counted, and purged, by it
        "status",
        "created",
        sqlite_where=sa.text("status <> 'live'"),
        postgresql_where=sa.text("status <> 'live'"),
    ),
)
# Where a soft binding's value leads now.
BINDINGS: Final = sa.Table(
    "bindings",
    METADATA,
    sa.Column("algorithm", Text, primary_key=True),
    sa.Column("value", Bytes, primary_key=True),
    _of_a_manifest(),
    sa.Column("owner", Text),
    sa.Column("created", Time, nullable=False),
)
# Where it led before.
BINDING_HISTORY: Final = sa.Table(
    "binding_history",
    METADATA,
    sa.Column("id", Number, primary_key=True),
    sa.Column("algorithm", Text, nullable=False),
    sa.Column("value", Bytes, nullable=False),
    sa.Column("manifest_id", Text, nullable=False),
    sa.Column("owner", Text),
    sa.Column("created", Time, nullable=False),
    sa.Column("moved", Time, nullable=False),
    sa.Column("moved_by", Text),
    sa.Index("ix_binding_history_value", "algorithm", "value"),
    sqlite_autoincrement=True,
)
# What pictures look like. The number counts up.
FINGERPRINTS: Final = sa.Table(
    "fingerprints",
    METADATA,
    sa.Column("id", Number, primary_key=True),
    _of_a_manifest(index=False),
    sa.Column("pdq", Bytes, nullable=False),
    sa.Column("quality", sa.Integer, nullable=False),
    sa.Index("ix_fingerprints_manifest_id", "manifest_id", unique=True),
    sqlite_autoincrement=True,
)
# The hashes of fingerprints once more, as they are read to find one (`hash_blocks.py`): those that
# came last, and blocks of a thousand. A block's number counts up, and is never another's.
RECENT_HASHES: Final = sa.Table(
    "recent_hashes",
    METADATA,
    sa.Column("id", Number, primary_key=True, autoincrement=False),
    sa.Column("pdq", Bytes, nullable=False),
)
HASH_BLOCKS: Final = sa.Table(
    "hash_blocks",
    METADATA,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("lowest", Number, nullable=False),
    sa.Column("highest", Number, nullable=False),
    sa.Column("ids", Bytes, nullable=False),  # int64, little-endian
    sa.Column("hashes", Bytes, nullable=False),
)
# Private: who asked for a picture, encrypted (`RecordKeys.seal`).
GENERATIONS: Final = sa.Table(
    "generations",
    METADATA,
    _of_a_manifest(primary_key=True),
    sa.Column("sealed", Bytes, nullable=False),
)
# Private: what it was made from, as keyed hashes that show nothing of it (`tokens_of`).
GENERATION_INPUTS: Final = sa.Table(
    "generation_inputs",
    METADATA,
    sa.Column("token", Bytes, primary_key=True),
    _of_a_manifest(primary_key=True, index=False),
    sa.Index("ix_generation_inputs_manifest_id", "manifest_id"),
    sqlite_with_rowid=False,  # an input has 22 tokens: each is kept once, in the key
)
# Who looked into what is private; each row holds the hash of the one before.
AUDIT: Final = sa.Table(
    "audit",
    METADATA,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("previous_hash", Bytes, nullable=False),
    sa.Column("hash", Bytes, nullable=False),
    sa.Column("time", Time, nullable=False),
    sa.Column("actor", Text, nullable=False),
    sa.Column("action", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("reason", Text),
    sa.Column("case_number", Text),
    sa.Index("ix_audit_subject", "subject"),
)
# By database: what refuses to change the log. Whoever owns the tables can take it away again: it
# keeps programs and people from accidents, and the chain of hashes shows what else was done.
APPEND_ONLY: Final = {
    "sqlite": tuple(
        f"CREATE TRIGGER audit_no_{what.lower()} BEFORE {what} ON audit "
        "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        for what in ("UPDATE", "DELETE")
    ),
    "postgresql": (
        (
            "CREATE OR REPLACE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$"
        ),
        (
            "CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only()"
        ),
    ),
}
for _dialect, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        _made = sa.DDL(_statement).execute_if(dialect=_dialect)  # type: ignore[no-untyped-call]
        event.listen(AUDIT, "after_create", _made)
# What is still to be done elsewhere; doing it twice does no harm.
OUTBOX: Final = sa.Table(
    "outbox",
    METADATA,
    sa.Column("id", Number, primary_key=True),
    sa.Column("kind", Text, nullable=False),
    sa.Column("subject", Text, nullable=False),
    sa.Column("created", Time, nullable=False),
    sa.UniqueConstraint("kind", "subject", name="uq_outbox_kind_subject"),
    sqlite_autoincrement=True,
)
# What the owner of a picture allows; the public part of it is in `terms`, with the account's name.
CONSENTS: Final = sa.Table(
    "consents",
    METADATA,
    sa.Column("record_id", Text, primary_key=True),
    sa.Column("algorithm", Text, nullable=False),
    sa.Column("value", Bytes, nullable=False),
    sa.Column("manifest_id", Text),
    sa.Column("terms", Text, nullable=False),  # JSON
    sa.Column("valid_from", Time, nullable=False),
    sa.Column("valid_until", Time),
    sa.Column("revoked", Time),
    sa.Column("pdq", Bytes),
    sa.Column("quality", sa.Integer),
    sa.Column("reference", Bytes),
    sa.Column("created", Time, nullable=False),
    sa.Index("ix_consents_value", "algorithm", "value"),
)
# Which schema this is, as alembic writes it.
VERSION: Final = sa.Table(
    "alembic_version",
    METADATA,
    sa.Column("version_num", sa.String(32), nullable=False),
    sa.PrimaryKeyConstraint("version_num", name="alembic_version_pkc"),
)
