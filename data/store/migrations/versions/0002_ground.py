"""Make the tables of ground."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bureau",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bureau")),
        sa.UniqueConstraint("code", name=op.f("uq_bureau_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "sub_bureau",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("bureau_id", BIG_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["bureau_id"], ["bureau.id"], name=op.f("fk_sub_bureau_bureau_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sub_bureau")),
        sa.UniqueConstraint("code", name=op.f("uq_sub_bureau_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_sub_bureau_bureau_id"), "sub_bureau", ["bureau_id"])
    op.create_table(
        "station",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("sub_bureau_id", BIG_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_station_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_station_lng")),
        sa.ForeignKeyConstraint(
            ["sub_bureau_id"], ["sub_bureau.id"], name=op.f("fk_station_sub_bureau_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_station")),
        sa.UniqueConstraint("code", name=op.f("uq_station_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_station_sub_bureau_id"), "station", ["sub_bureau_id"])
    op.create_table(
        "community",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("station_id", BIG_ID, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_community_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_community_lng")),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_community_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_community")),
        sa.UniqueConstraint("code", name=op.f("uq_community_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_community_station_id"), "community", ["station_id"])
    op.create_table(
        "beat",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("station_id", BIG_ID, nullable=False),
        sa.Column("community_id", BIG_ID, nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_beat_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_beat_lng")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_beat_community_id")
        ),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_beat_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beat")),
        sa.UniqueConstraint("code", name=op.f("uq_beat_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_beat_community_id"), "beat", ["community_id"])
    op.create_index(op.f("ix_beat_station_id"), "beat", ["station_id"])
    op.create_table(
        "cell",
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.CheckConstraint("weight >= 0", name=op.f("ck_cell_weight")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_cell_beat_id")),
        sa.PrimaryKeyConstraint("cell", name=op.f("pk_cell")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_cell_beat_id"), "cell", ["beat_id"])


def downgrade() -> None:
    op.drop_table("cell")
    op.drop_table("beat")
    op.drop_table("community")
    op.drop_table("station")
    op.drop_table("sub_bureau")
    op.drop_table("bureau")
