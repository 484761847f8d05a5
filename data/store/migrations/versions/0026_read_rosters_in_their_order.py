"""Read rosters in their order, page by page, without sorting them."""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TABLES = ("assignment", "roster_gap", "roster_price")


def upgrade() -> None:
    for table in TABLES:
        op.create_index(f"ix_{table}_roster_id_position", table, ["roster_id", "position"])


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_index(f"ix_{table}_roster_id_position", table)
