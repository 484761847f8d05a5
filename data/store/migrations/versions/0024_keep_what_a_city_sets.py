"""Keep the rules and costs that a city sets."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import DOCUMENT

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "planning_setting",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("rules", DOCUMENT, nullable=False),
        sa.Column("costs", DOCUMENT, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.Text(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_planning_setting_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_planning_setting")),
    )


def downgrade() -> None:
    op.drop_table("planning_setting")
