"""Make the tables of service."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "service_record",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("beat_id", BIG_ID, nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("verified_by", sa.Text(), nullable=True),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('roster', 'task', 'training', 'other')", name=op.f("ck_service_record_kind")
        ),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_service_record_minutes")),
        sa.CheckConstraint(
            "started_at <= ended_at", name=op.f("ck_service_record_started_at_ended_at")
        ),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_service_record_beat_id")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_service_record_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_service_record_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_service_record")),
        sa.UniqueConstraint("source", name=op.f("uq_service_record_source")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_service_record_beat_id"), "service_record", ["beat_id"])
    op.create_index(
        "ix_service_record_person_id_started_at", "service_record", ["person_id", "started_at"]
    )
    op.create_index(op.f("ix_service_record_role"), "service_record", ["role"])


def downgrade() -> None:
    op.drop_table("service_record")
