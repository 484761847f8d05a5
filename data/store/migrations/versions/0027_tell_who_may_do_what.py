"""Tell the memory of every server when a session, an account or a role of somebody changes."""

from __future__ import annotations

from data.store.migrations.feed import note_changes, stop_noting

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

# Table → the column with the account's number.
FED = {
    "account": "id",
    "account_role": "account_id",
    "login_session": "account_id",
    "second_factor": "account_id",
}


def upgrade() -> None:
    for table, key in FED.items():
        note_changes(table, "account", key)


def downgrade() -> None:
    for table in FED:
        stop_noting(table)
