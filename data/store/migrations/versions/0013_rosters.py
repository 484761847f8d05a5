"""Make the tables of rosters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("predecessor_id", BIG_ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("archived_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "(state = 'archived') = (archived_at IS NOT NULL)", name=op.f("ck_roster_archived_at")
        ),
        sa.CheckConstraint(
            "(state = 'draft') = (published_at IS NULL)", name=op.f("ck_roster_published_at")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'archived')", name=op.f("ck_roster_state")
        ),
        sa.ForeignKeyConstraint(
            ["predecessor_id"], ["roster.id"], name=op.f("fk_roster_predecessor_id")
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"], ["scenario.id"], name=op.f("fk_roster_scenario_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_roster_predecessor_id"), "roster", ["predecessor_id"])
    op.create_index("ix_roster_scenario_id_state", "roster", ["scenario_id", "state"])
    op.create_index(
        "uq_roster_published",
        "roster",
        ["scenario_id"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "assignment",
        sa.Column("roster_id", BIG_ID, nullable=False),
        sa.Column("person", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_assignment_roster_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("roster_id", "person", "shift", name=op.f("pk_assignment")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "ix_assignment_roster_id_beat_shift", "assignment", ["roster_id", "beat", "shift"]
    )
    op.create_table(
        "roster_gap",
        sa.Column("roster_id", BIG_ID, nullable=False),
        sa.Column("beat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("missing", sa.Integer(), nullable=False),
        sa.Column("weight", sa.BigInteger(), nullable=False),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("in_reach", sa.Integer(), nullable=False),
        sa.Column("qualified", sa.Integer(), nullable=False),
        sa.Column("insured", sa.Integer(), nullable=False),
        sa.Column("available", sa.Integer(), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("supervised", sa.Integer(), nullable=False),
        sa.Column("remedy", sa.Text(), nullable=False),
        sa.Column("remedy_en", sa.Text(), nullable=True),
        sa.CheckConstraint("missing >= 0", name=op.f("ck_roster_gap_missing")),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_gap_roster_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("roster_id", "beat", "shift", "role", name=op.f("pk_roster_gap")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "roster_price",
        sa.Column("roster_id", BIG_ID, nullable=False),
        sa.Column("beat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_price_roster_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("roster_id", "beat", "shift", "role", name=op.f("pk_roster_price")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "roster_report",
        sa.Column("roster_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("objective", sa.BigInteger(), nullable=False),
        sa.Column("bound", sa.BigInteger(), nullable=False),
        sa.Column("gap", sa.Double(), nullable=False),
        sa.Column("weighted_unmet", sa.BigInteger(), nullable=False),
        sa.Column("unmet", sa.BigInteger(), nullable=False),
        sa.Column("travel_cost", sa.BigInteger(), nullable=False),
        sa.Column("fairness_cost", sa.BigInteger(), nullable=False),
        sa.Column("dislike_cost", sa.BigInteger(), nullable=False),
        sa.Column("assigned", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("workers", sa.Integer(), nullable=False),
        sa.Column("scenario_sha256", sa.Text(), nullable=False),
        sa.Column("violations", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Text(), nullable=False),
        sa.Column("versions", sa.Text(), nullable=False),
        sa.CheckConstraint("bound <= objective", name=op.f("ck_roster_report_bound")),
        sa.ForeignKeyConstraint(
            ["roster_id"],
            ["roster.id"],
            name=op.f("fk_roster_report_roster_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("roster_id", name=op.f("pk_roster_report")),
    )


def downgrade() -> None:
    op.drop_table("roster_report")
    op.drop_table("roster_price")
    op.drop_table("roster_gap")
    op.drop_table("assignment")
    op.drop_table("roster")
