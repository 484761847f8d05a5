"""Keep what dispatchers change in drafts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID, DOCUMENT

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "roster_edit",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("roster_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_roster_edit_roster_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roster_edit")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("roster_edit", schema=None) as batch_op:
        batch_op.create_index("ix_roster_edit_roster_id_id", ["roster_id", "id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("roster_edit", schema=None) as batch_op:
        batch_op.drop_index("ix_roster_edit_roster_id_id")

    op.drop_table("roster_edit")
