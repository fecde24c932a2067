"""pauses of sources

Revision ID: 7c1d0a52e3b4
Revises: 60fcfdf79b56
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "7c1d0a52e3b4"
down_revision = "60fcfdf79b56"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "source_pauses",
        sa.Column("source_id", sa.String(length=64), nullable=False),
        sa.Column("paused_at", sa.String(length=32), nullable=False),
        sa.Column("paused_by", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("source_id", name=op.f("pk_source_pauses")),
    )


def downgrade() -> None:
    op.drop_table("source_pauses")
