"""the documents of a snapshot are found by its hash

Revision ID: c4b7e2918d05
Revises: c5d8e1f7a2b4
"""

from __future__ import annotations

from alembic import op

revision = "c4b7e2918d05"
down_revision = "c5d8e1f7a2b4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_origins_snapshot", "origins", ["snapshot_sha256"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_origins_snapshot", table_name="origins")
