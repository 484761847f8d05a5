"""Make the tables of people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "person",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("station_id", BIG_ID, nullable=True),
        sa.Column("profession", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=True),
        sa.Column("employer", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("home_lat", sa.Double(), nullable=True),
        sa.Column("home_lng", sa.Double(), nullable=True),
        sa.Column("home_cell", sa.BigInteger(), nullable=True),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("id_number_index", sa.LargeBinary(), nullable=True),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.LargeBinary(), nullable=True),
        sa.Column("max_shifts", sa.Integer(), nullable=False),
        sa.Column("travel_limit_m", sa.Double(), nullable=True),
        sa.Column("show_up", sa.Double(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=True),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("sex IN ('male', 'female', 'unknown')", name=op.f("ck_person_sex")),
        sa.CheckConstraint(
            "state IN ('applied', 'vetted', 'training', 'active', 'suspended', 'refused', 'left')",
            name=op.f("ck_person_state"),
        ),
        sa.CheckConstraint(
            "tier IN ('officer', 'auxiliary', 'volunteer')", name=op.f("ck_person_tier")
        ),
        sa.CheckConstraint("home_lat BETWEEN -90 AND 90", name=op.f("ck_person_home_lat")),
        sa.CheckConstraint("home_lng BETWEEN -180 AND 180", name=op.f("ck_person_home_lng")),
        sa.CheckConstraint("max_shifts >= 0", name=op.f("ck_person_max_shifts")),
        sa.CheckConstraint("show_up > 0 AND show_up <= 1", name=op.f("ck_person_show_up")),
        sa.CheckConstraint("travel_limit_m >= 0", name=op.f("ck_person_travel_limit_m")),
        sa.ForeignKeyConstraint(
            ["profession"], ["profession.code"], name=op.f("fk_person_profession")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_person_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person")),
        sa.UniqueConstraint("code", name=op.f("uq_person_code")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_person_id_number_index")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_home_cell"), "person", ["home_cell"])
    op.create_index(op.f("ix_person_name"), "person", ["name"])
    op.create_index(op.f("ix_person_phone_index"), "person", ["phone_index"])
    op.create_index(op.f("ix_person_profession"), "person", ["profession"])
    op.create_index("ix_person_state_id", "person", ["state", "id"])
    op.create_index("ix_person_station_id_tier_state", "person", ["station_id", "tier", "state"])
    op.create_table(
        "award",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("awarded_on", sa.Date(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("awarded_by", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_award_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_award")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_award_person_id"), "award", ["person_id"])
    op.create_table(
        "consent",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "given_at <= withdrawn_at", name=op.f("ck_consent_given_at_withdrawn_at")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_consent_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_consent_person_id"), "consent", ["person_id"])
    op.create_table(
        "person_event",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_value", sa.Text(), nullable=True),
        sa.Column("to_value", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_event_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_event")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_event_person_id"), "person_event", ["person_id"])
    op.create_table(
        "person_role",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("since <= until", name=op.f("ck_person_role_since_until")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_person_role_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_person_role_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_person_role")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_person_role_role"), "person_role", ["role"])
    op.create_index(
        "uq_person_role_person_id_role_since",
        "person_role",
        ["person_id", "role", "since"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("person_role")
    op.drop_table("person_event")
    op.drop_table("consent")
    op.drop_table("award")
    op.drop_table("person")
