"""technology terms of documents

Revision ID: c5d8e1f7a2b4
Revises: a93e5f10c6d2
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "c5d8e1f7a2b4"
down_revision = "a93e5f10c6d2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_terms",
        sa.Column("document_id", sa.String(length=32), nullable=False),
        sa.Column("term", sa.String(length=64), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("document_id", "term", name=op.f("pk_risk_terms")),
    )


def downgrade() -> None:
    op.drop_table("risk_terms")
