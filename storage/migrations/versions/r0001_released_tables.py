"""The released tables as the first version had them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "r0001"
down_revision = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "released_window",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("length", sa.Integer(), nullable=False),
        sa.Column("scale", sa.Float(), nullable=False),
        sa.Column("show_limit", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("restarts", sa.Integer(), nullable=False),
        sa.Column("lost_hours", sa.Integer(), nullable=False),
        sa.Column("synthetic", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "released",
        sa.Column("window", sa.Integer(), nullable=False),
        sa.Column("family", sa.String(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("shown", sa.Integer(), nullable=True),
        sa.Column("label", sa.String(), nullable=True),
        sa.Column("lift", sa.Integer(), nullable=True),
        sa.Column("lift_low", sa.Integer(), nullable=True),
        sa.Column("lift_high", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("window", "family", "key"),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Remove both tables."""
    op.drop_table("released")
    op.drop_table("released_window")
