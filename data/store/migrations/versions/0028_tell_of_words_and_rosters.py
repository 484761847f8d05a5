"""Tell the memory of every server of people's words on their turns, and of rosters."""

from __future__ import annotations

from data.store.migrations.feed import note_changes, stop_noting

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

# Table → (kind, key column).
FED = {"shift_reply": ("person", "person_id"), "roster": ("roster", "0")}


def upgrade() -> None:
    for table, (kind, key) in FED.items():
        note_changes(table, kind, key)


def downgrade() -> None:
    for table in FED:
        stop_noting(table)
