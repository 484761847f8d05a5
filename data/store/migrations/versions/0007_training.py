"""Make the tables of training."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "course",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("grants", sa.Text(), nullable=True),
        sa.Column("valid_months", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("mode IN ('shadowing', 'class', 'online')", name=op.f("ck_course_mode")),
        sa.CheckConstraint("valid_months >= 1", name=op.f("ck_course_valid_months")),
        sa.ForeignKeyConstraint(["grants"], ["qualification.code"], name=op.f("fk_course_grants")),
        sa.ForeignKeyConstraint(
            ["profession"], ["profession.code"], name=op.f("fk_course_profession")
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_course_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course")),
        sa.UniqueConstraint("code", name=op.f("uq_course_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_course_grants"), "course", ["grants"])
    op.create_index(op.f("ix_course_profession"), "course", ["profession"])
    op.create_index(op.f("ix_course_role"), "course", ["role"])
    op.create_table(
        "course_run",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("course_id", BIG_ID, nullable=False),
        sa.Column("station_id", BIG_ID, nullable=True),
        sa.Column("batch", sa.Text(), nullable=False),
        sa.Column("instructor", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.CheckConstraint("capacity >= 1", name=op.f("ck_course_run_capacity")),
        sa.CheckConstraint("starts_at <= ends_at", name=op.f("ck_course_run_starts_at_ends_at")),
        sa.ForeignKeyConstraint(["course_id"], ["course.id"], name=op.f("fk_course_run_course_id")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_course_run_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_course_run")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_course_run_course_id"), "course_run", ["course_id"])
    op.create_index(op.f("ix_course_run_station_id"), "course_run", ["station_id"])
    op.create_table(
        "attendance",
        sa.Column("course_run_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("score", sa.Double(), nullable=True),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('enrolled', 'attended', 'absent', 'passed', 'failed')",
            name=op.f("ck_attendance_state"),
        ),
        sa.ForeignKeyConstraint(
            ["course_run_id"], ["course_run.id"], name=op.f("fk_attendance_course_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_attendance_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("course_run_id", "person_id", name=op.f("pk_attendance")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_attendance_person_id"), "attendance", ["person_id"])
    op.create_table(
        "person_qualification",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("granted_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=True),
        sa.Column("course_run_id", BIG_ID, nullable=True),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "granted_on <= expires_on", name=op.f("ck_person_qualification_granted_on_expires_on")
        ),
        sa.ForeignKeyConstraint(
            ["course_run_id"], ["course_run.id"], name=op.f("fk_person_qualification_course_run_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_person_qualification_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["qualification"],
            ["qualification.code"],
            name=op.f("fk_person_qualification_qualification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_qualification")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_person_qualification_course_run_id"), "person_qualification", ["course_run_id"]
    )
    op.create_index("ix_person_qualification_expires_on", "person_qualification", ["expires_on"])
    op.create_index(
        op.f("ix_person_qualification_qualification"), "person_qualification", ["qualification"]
    )
    op.create_index(
        "uq_person_qualification_person_id_qualification_granted_on",
        "person_qualification",
        ["person_id", "qualification", "granted_on"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("person_qualification")
    op.drop_table("attendance")
    op.drop_table("course_run")
    op.drop_table("course")
