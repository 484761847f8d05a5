"""Tell the memory of every server of people's consents, and of the timers of who is alone."""

from __future__ import annotations

from data.store.migrations.feed import note_changes, stop_noting

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None

# Table → (kind, key column).
FED = {"consent": ("person", "person_id"), "lone_watch": ("watch", "check_in_id")}


def upgrade() -> None:
    for table, (kind, key) in FED.items():
        note_changes(table, kind, key)


def downgrade() -> None:
    for table in FED:
        stop_noting(table)
