"""Make the tables of shifts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "shift_template",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("workday_starts", sa.Time(), nullable=False),
        sa.Column("workday_ends", sa.Time(), nullable=False),
        sa.Column("weekend_starts", sa.Time(), nullable=False),
        sa.Column("weekend_ends", sa.Time(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_shift_template")),
    )
    op.create_table(
        "shift",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_shift_starts_at_ends_at")),
        sa.ForeignKeyConstraint(
            ["template"], ["shift_template.code"], name=op.f("fk_shift_template")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift")),
        sa.UniqueConstraint("code", name=op.f("uq_shift_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_shift_starts_at"), "shift", ["starts_at"])
    op.create_index(op.f("ix_shift_template"), "shift", ["template"])


def downgrade() -> None:
    op.drop_table("shift")
    op.drop_table("shift_template")
