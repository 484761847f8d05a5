"""Make the tables of demand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "demand_line",
        sa.Column("beat_id", BIG_ID, nullable=False),
        sa.Column("shift_id", BIG_ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.CheckConstraint("required >= 0", name=op.f("ck_demand_line_required")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_demand_line_beat_id")),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_demand_line_role")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_demand_line_shift_id")),
        sa.PrimaryKeyConstraint("beat_id", "shift_id", "role", name=op.f("pk_demand_line")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_demand_line_role"), "demand_line", ["role"])
    op.create_index(op.f("ix_demand_line_shift_id"), "demand_line", ["shift_id"])
    op.create_table(
        "pin",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=False),
        sa.Column("shift_id", BIG_ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("kind IN ('fixed', 'forbidden')", name=op.f("ck_pin_kind")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_pin_beat_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_pin_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_pin_role")),
        sa.ForeignKeyConstraint(["shift_id"], ["shift.id"], name=op.f("fk_pin_shift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pin")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_pin_beat_id"), "pin", ["beat_id"])
    op.create_index(op.f("ix_pin_role"), "pin", ["role"])
    op.create_index(op.f("ix_pin_shift_id"), "pin", ["shift_id"])
    op.create_index(
        "uq_pin_person_id_beat_id_shift_id_role_kind",
        "pin",
        ["person_id", "beat_id", "shift_id", "role", "kind"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("pin")
    op.drop_table("demand_line")
