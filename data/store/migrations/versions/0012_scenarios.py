"""Make the tables of scenarios."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ground_edition",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("cell_resolution", sa.Integer(), nullable=False),
        sa.Column("num_beats", sa.Integer(), nullable=False),
        sa.Column("num_cells", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "cell_resolution BETWEEN 0 AND 15", name=op.f("ck_ground_edition_resolution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ground_edition")),
        sa.UniqueConstraint("sha256", name=op.f("uq_ground_edition_sha256")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "edition_beat",
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("sub_bureau_code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("station_name", sa.Text(), nullable=False),
        sa.Column("sub_bureau_name", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["ground_edition.id"], name=op.f("fk_edition_beat_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", "position", name=op.f("pk_edition_beat")),
        sa.UniqueConstraint("edition_id", "code", name=op.f("uq_edition_beat_edition_id_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("source_sha256", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["ground_edition.id"], name=op.f("fk_scenario_edition_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scenario")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_scenario_edition_id"), "scenario", ["edition_id"])
    op.create_index(op.f("ix_scenario_sha256"), "scenario", ["sha256"])
    op.create_index(op.f("ix_scenario_starts_at"), "scenario", ["starts_at"])
    op.create_table(
        "edition_cell",
        sa.Column("edition_id", BIG_ID, nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_edition_cell_weight")),
        sa.ForeignKeyConstraint(
            ["edition_id", "beat"],
            ["edition_beat.edition_id", "edition_beat.position"],
            name=op.f("fk_edition_cell_edition_id_beat"),
        ),
        sa.ForeignKeyConstraint(
            ["edition_id"], ["ground_edition.id"], name=op.f("fk_edition_cell_edition_id")
        ),
        sa.PrimaryKeyConstraint("edition_id", "cell", name=op.f("pk_edition_cell")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_edition_cell_edition_id_beat", "edition_cell", ["edition_id", "beat"])
    op.create_table(
        "scenario_role",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("professions", sa.Text(), nullable=False),
        sa.Column("qualifications", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "tier IN ('officer', 'auxiliary', 'volunteer')", name=op.f("ck_scenario_role_tier")
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_role_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_scenario_role")),
        sa.UniqueConstraint("scenario_id", "code", name=op.f("uq_scenario_role_scenario_id_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_shift",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_scenario_shift_starts_at_ends_at")),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_shift_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_scenario_shift")),
        sa.UniqueConstraint("scenario_id", "code", name=op.f("uq_scenario_shift_scenario_id_code")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_table",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("columns", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_table_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "table_name", name=op.f("pk_scenario_table")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_demand",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("beat", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("role", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("required", sa.Integer(), nullable=False),
        sa.Column("weights", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("required >= 0", name=op.f("ck_scenario_demand_required")),
        sa.ForeignKeyConstraint(
            ["scenario_id", "role"],
            ["scenario_role.scenario_id", "scenario_role.position"],
            name=op.f("fk_scenario_demand_scenario_id_role"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id", "shift"],
            ["scenario_shift.scenario_id", "scenario_shift.position"],
            name=op.f("fk_scenario_demand_scenario_id_shift"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_demand_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "scenario_id", "beat", "shift", "role", name=op.f("pk_scenario_demand")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_row",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("table_name", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scenario_id", "table_name"],
            ["scenario_table.scenario_id", "scenario_table.table_name"],
            name=op.f("fk_scenario_row_scenario_id_table_name"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "scenario_id", "table_name", "position", name=op.f("pk_scenario_row")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_person",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("station_code", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.Column("qualifications", sa.Text(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("max_shifts", sa.Integer(), nullable=False),
        sa.Column("travel_limit_m", sa.Double(), nullable=True),
        sa.Column("insured_until", sa.Date(), nullable=True),
        sa.Column("show_up", sa.Double(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "tier IN ('officer', 'auxiliary', 'volunteer')", name=op.f("ck_scenario_person_tier")
        ),
        sa.CheckConstraint("max_shifts >= 0", name=op.f("ck_scenario_person_max_shifts")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_scenario_person_person_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_person_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_scenario_person")),
        sa.UniqueConstraint(
            "scenario_id", "code", name=op.f("uq_scenario_person_scenario_id_code")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_scenario_person_person_id"), "scenario_person", ["person_id"])
    op.create_table(
        "scenario_availability",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("person", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("shift", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("dislike", sa.Integer(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("dislike >= 0", name=op.f("ck_scenario_availability_dislike")),
        sa.ForeignKeyConstraint(
            ["scenario_id", "person"],
            ["scenario_person.scenario_id", "scenario_person.position"],
            name=op.f("fk_scenario_availability_scenario_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id", "shift"],
            ["scenario_shift.scenario_id", "scenario_shift.position"],
            name=op.f("fk_scenario_availability_scenario_id_shift"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_availability_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint(
            "scenario_id", "person", "shift", name=op.f("pk_scenario_availability")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "scenario_pin",
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('fixed', 'forbidden')", name=op.f("ck_scenario_pin_kind")),
        sa.ForeignKeyConstraint(
            ["scenario_id", "person"],
            ["scenario_person.scenario_id", "scenario_person.position"],
            name=op.f("fk_scenario_pin_scenario_id_person"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id", "role"],
            ["scenario_role.scenario_id", "scenario_role.position"],
            name=op.f("fk_scenario_pin_scenario_id_role"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id", "shift"],
            ["scenario_shift.scenario_id", "scenario_shift.position"],
            name=op.f("fk_scenario_pin_scenario_id_shift"),
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_scenario_pin_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("scenario_id", "position", name=op.f("pk_scenario_pin")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("scenario_pin")
    op.drop_table("scenario_availability")
    op.drop_table("scenario_person")
    op.drop_table("scenario_row")
    op.drop_table("scenario_demand")
    op.drop_table("scenario_table")
    op.drop_table("scenario_shift")
    op.drop_table("scenario_role")
    op.drop_table("edition_cell")
    op.drop_table("scenario")
    op.drop_table("edition_beat")
    op.drop_table("ground_edition")
