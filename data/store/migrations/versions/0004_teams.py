"""Make the tables of teams."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("station_id", BIG_ID, nullable=True),
        sa.Column("specialism", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["specialism"], ["duty_role.code"], name=op.f("fk_team_specialism")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_team_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
        sa.UniqueConstraint("code", name=op.f("uq_team_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_team_specialism"), "team", ["specialism"])
    op.create_index(op.f("ix_team_station_id"), "team", ["station_id"])
    op.create_table(
        "team_member",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("team_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("is_leader", sa.Boolean(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint("since <= until", name=op.f("ck_team_member_since_until")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_team_member_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_member_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_member")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_team_member_person_id"), "team_member", ["person_id"])
    op.create_index(
        "uq_team_member_team_id_person_id_since",
        "team_member",
        ["team_id", "person_id", "since"],
        unique=True,
    )
    op.create_table(
        "beat_member",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "duty IN ('community_officer', 'auxiliary', 'volunteer')",
            name=op.f("ck_beat_member_duty"),
        ),
        sa.CheckConstraint("since <= until", name=op.f("ck_beat_member_since_until")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_beat_member_beat_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_beat_member_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beat_member")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_beat_member_person_id"), "beat_member", ["person_id"])
    op.create_index(
        "uq_beat_member_beat_id_person_id_since",
        "beat_member",
        ["beat_id", "person_id", "since"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("beat_member")
    op.drop_table("team_member")
    op.drop_table("team")
