"""Schema 1, of version 0.1: one manifest for each id."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "manifests",
        sa.Column("manifest_id", sa.Text, primary_key=True),
        sa.Column("manifest_store", sa.LargeBinary, nullable=False),
        sa.Column("store_sha256", sa.Text, nullable=False),
        sa.Column("media_type", sa.Text, nullable=False),
        sa.Column("generator", sa.Text),
        sa.Column("created", sa.Text, nullable=False),
        sa.Column("picture_sha256", sa.Text),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
    )
    op.create_table(
        "bindings",
        sa.Column("algorithm", sa.Text, primary_key=True),
        sa.Column("payload", sa.LargeBinary, primary_key=True),
        sa.Column(
            "manifest_id",
            sa.Text,
            sa.ForeignKey("manifests.manifest_id", ondelete="CASCADE"),
            nullable=False,
            index=True,
        ),
    )
