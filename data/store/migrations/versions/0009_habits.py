"""Make the tables of habits."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "availability_exception",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("template", sa.Text(), nullable=True),
        sa.Column("can_come", sa.Boolean(), nullable=False),
        sa.Column("dislike", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("dislike >= 0", name=op.f("ck_availability_exception_dislike")),
        sa.CheckConstraint(
            "starts_on <= ends_on", name=op.f("ck_availability_exception_starts_on_ends_on")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_availability_exception_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["template"], ["shift_template.code"], name=op.f("fk_availability_exception_template")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_availability_exception")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_availability_exception_ends_on"), "availability_exception", ["ends_on"]
    )
    op.create_index(
        op.f("ix_availability_exception_person_id"), "availability_exception", ["person_id"]
    )
    op.create_index(
        op.f("ix_availability_exception_template"), "availability_exception", ["template"]
    )
    op.create_table(
        "availability_habit",
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("weekday", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("dislike", sa.Integer(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("dislike >= 0", name=op.f("ck_availability_habit_dislike")),
        sa.CheckConstraint("weekday BETWEEN 0 AND 6", name=op.f("ck_availability_habit_weekday")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_availability_habit_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["template"], ["shift_template.code"], name=op.f("fk_availability_habit_template")
        ),
        sa.PrimaryKeyConstraint(
            "person_id", "weekday", "template", name=op.f("pk_availability_habit")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_availability_habit_template"), "availability_habit", ["template"])


def downgrade() -> None:
    op.drop_table("availability_habit")
    op.drop_table("availability_exception")
