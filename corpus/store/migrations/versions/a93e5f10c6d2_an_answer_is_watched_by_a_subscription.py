"""an answer is watched by a subscription; the mark on the turn had no reader

Revision ID: a93e5f10c6d2
Revises: 7c1d0a52e3b4
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "a93e5f10c6d2"
down_revision = "7c1d0a52e3b4"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("turns") as batch_op:
        batch_op.drop_index(batch_op.f("ix_turns_watched"))
        batch_op.drop_column("watched")


def downgrade() -> None:
    with op.batch_alter_table("turns") as batch_op:
        batch_op.add_column(sa.Column("watched", sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_index(batch_op.f("ix_turns_watched"), ["watched"], unique=False)
