"""Schema 2: owners, history and status, fingerprints, object stores, and what is private.

The two tables of schema 1 are made anew, and their rows copied, because SQLite changes columns in
no other way.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "2"
down_revision = "1"

_TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_BYTES = sa.LargeBinary()

_COPY_MANIFESTS = """
    INSERT INTO manifests (
        manifest_id, manifest_store, store_sha256, size, media_type, generator, created,
        picture_sha256, width, height, algorithm, value
    )
    SELECT
        m.manifest_id, m.manifest_store, m.store_sha256, length(m.manifest_store), m.media_type,
        m.generator, m.created, m.picture_sha256, m.width, m.height,
        coalesce(b.algorithm, ''), coalesce(b.payload, substr(m.manifest_store, 1, 0))
    FROM manifests_1 AS m LEFT JOIN bindings_1 AS b ON b.manifest_id = m.manifest_id
"""
_COPY_BINDINGS = """
    INSERT INTO bindings (algorithm, value, manifest_id, created)
    SELECT b.algorithm, b.payload, b.manifest_id, m.created
    FROM bindings_1 AS b JOIN manifests_1 AS m ON b.manifest_id = m.manifest_id
"""
_APPEND_ONLY = {
    "sqlite": (
        (
            "CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        ),
        (
            "CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit "
            "BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END"
        ),
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


def upgrade() -> None:
    """Copy what there was into the new tables, and make those that begin empty."""
    op.drop_index("ix_bindings_manifest_id", table_name="bindings")
    op.rename_table("bindings", "bindings_1")
    op.rename_table("manifests", "manifests_1")
    if op.get_bind().dialect.name == "postgresql":  # whose indexes keep their names
        op.execute("ALTER INDEX bindings_pkey RENAME TO bindings_1_pkey")
        op.execute("ALTER INDEX manifests_pkey RENAME TO manifests_1_pkey")
        op.drop_constraint("bindings_manifest_id_fkey", "bindings_1")
    _make_what_is_public()
    _make_what_is_private()
    op.execute(_COPY_MANIFESTS)
    op.execute(_COPY_BINDINGS)
    op.drop_table("bindings_1")
    op.drop_table("manifests_1")


def _of_a_manifest(*, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(
        "manifest_id",
        _TEXT,
        sa.ForeignKey("manifests.manifest_id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


def _make_what_is_public() -> None:
    op.create_table(
        "manifests",
        sa.Column("manifest_id", _TEXT, primary_key=True),
        sa.Column("manifest_store", _BYTES),
        sa.Column("encoding", _TEXT),
        sa.Column("location", _TEXT),
        sa.Column("reference", _BYTES),
        sa.Column("store_sha256", _TEXT, nullable=False),
        sa.Column("size", _NUMBER, nullable=False),
        sa.Column("media_type", _TEXT, nullable=False),
        sa.Column("generator", _TEXT),
        sa.Column("created", _TEXT, nullable=False),
        sa.Column("picture_sha256", _TEXT),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("algorithm", _TEXT, nullable=False),
        sa.Column("value", _BYTES, nullable=False),
        sa.Column("owner", _TEXT),
        sa.Column("status", _TEXT, nullable=False, server_default="live"),
        sa.Column("status_reason", _TEXT),
        sa.Column("status_changed", _TEXT),
    )
    op.create_index("ix_manifests_created", "manifests", ["created", "manifest_id"])
    op.create_index("ix_manifests_location", "manifests", ["location"])
    op.create_index(
        "ix_manifests_status",
        "manifests",
        ["status", "created"],
        sqlite_where=sa.text("status <> 'live'"),
        postgresql_where=sa.text("status <> 'live'"),
    )
    op.create_table(
        "bindings",
        sa.Column("algorithm", _TEXT, primary_key=True),
        sa.Column("value", _BYTES, primary_key=True),
        _of_a_manifest(),
        sa.Column("owner", _TEXT),
        sa.Column("created", _TEXT, nullable=False),
    )
    op.create_index("ix_bindings_manifest_id", "bindings", ["manifest_id"])
    op.create_table(
        "binding_history",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("algorithm", _TEXT, nullable=False),
        sa.Column("value", _BYTES, nullable=False),
        sa.Column("manifest_id", _TEXT, nullable=False),
        sa.Column("owner", _TEXT),
        sa.Column("created", _TEXT, nullable=False),
        sa.Column("moved", _TEXT, nullable=False),
        sa.Column("moved_by", _TEXT),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_binding_history_value", "binding_history", ["algorithm", "value"])
    op.create_table(
        "fingerprints",
        sa.Column("id", _NUMBER, primary_key=True),
        _of_a_manifest(),
        sa.Column("pdq", _BYTES, nullable=False),
        sa.Column("quality", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_fingerprints_manifest_id", "fingerprints", ["manifest_id"], unique=True)
    op.create_table(
        "consents",
        sa.Column("record_id", _TEXT, primary_key=True),
        sa.Column("algorithm", _TEXT, nullable=False),
        sa.Column("value", _BYTES, nullable=False),
        sa.Column("manifest_id", _TEXT),
        sa.Column("terms", _TEXT, nullable=False),
        sa.Column("valid_from", _TEXT, nullable=False),
        sa.Column("valid_until", _TEXT),
        sa.Column("revoked", _TEXT),
        sa.Column("pdq", _BYTES),
        sa.Column("quality", sa.Integer),
        sa.Column("reference", _BYTES),
        sa.Column("created", _TEXT, nullable=False),
    )
    op.create_index("ix_consents_value", "consents", ["algorithm", "value"])


def _make_what_is_private() -> None:
    op.create_table(
        "generations",
        _of_a_manifest(primary_key=True),
        sa.Column("sealed", _BYTES, nullable=False),
    )
    op.create_table(
        "generation_inputs",
        sa.Column("token", _BYTES, primary_key=True),
        _of_a_manifest(primary_key=True),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_generation_inputs_manifest_id", "generation_inputs", ["manifest_id"])
    op.create_table(
        "audit",
        sa.Column("seq", _NUMBER, primary_key=True, autoincrement=False),
        sa.Column("previous_hash", _BYTES, nullable=False),
        sa.Column("hash", _BYTES, nullable=False),
        sa.Column("time", _TEXT, nullable=False),
        sa.Column("actor", _TEXT, nullable=False),
        sa.Column("action", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("reason", _TEXT),
        sa.Column("case_number", _TEXT),
    )
    op.create_index("ix_audit_subject", "audit", ["subject"])
    for statement in _APPEND_ONLY[op.get_bind().dialect.name]:
        op.execute(statement)
    op.create_table(
        "outbox",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("kind", _TEXT, nullable=False),
        sa.Column("subject", _TEXT, nullable=False),
        sa.Column("created", _TEXT, nullable=False),
        sa.UniqueConstraint("kind", "subject", name="uq_outbox_kind_subject"),
        sqlite_autoincrement=True,
    )
