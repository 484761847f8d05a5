"""Make the tables of alerts and positions, and the feed of changes with its triggers."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.feed import (
    drop_feed_function,
    make_feed_function,
    note_changes,
    stop_noting,
)
from data.store.migrations.types import BIG_ID, DOCUMENT

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


# Table → (kind, key column): what the memory of every server has to learn of.
FED = {
    "person": ("person", "id"),
    "person_role": ("person", "person_id"),
    "person_qualification": ("person", "person_id"),
    "insurance_cover": ("person", "person_id"),
    "check_in": ("person", "person_id"),
    "alert_call": ("person", "person_id"),
    "alert_preference": ("person", "person_id"),
    "notice_preference": ("account", "account_id"),
    "position": ("position", "person_id"),
    "task": ("task", "id"),
    "signup": ("signup", "person_id"),
    "alert": ("alert", "id"),
    "duty_role": ("catalogue", "0"),
    "duty_role_profession": ("catalogue", "0"),
    "duty_role_qualification": ("catalogue", "0"),
    "qualification": ("catalogue", "0"),
}


def upgrade() -> None:
    _make_live_change()
    _make_alert_preference()
    _make_position()
    _make_alert()
    _make_alert_call()
    make_feed_function()
    for table, (kind, key) in FED.items():
        note_changes(table, kind, key)


def downgrade() -> None:
    for table in FED:
        stop_noting(table)
    drop_feed_function()
    op.drop_table("alert_call")
    op.drop_table("alert")
    op.drop_table("position")
    op.drop_table("alert_preference")
    op.drop_table("live_change")


def _make_live_change() -> None:
    op.create_table(
        "live_change",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_live_change")),
        sqlite_autoincrement=True,
    )


def _make_alert_preference() -> None:
    op.create_table(
        "alert_preference",
        sa.Column("person_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("monthly_calls", sa.Integer(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(quiet_from IS NULL) = (quiet_until IS NULL)",
            name=op.f("ck_alert_preference_quiet_until"),
        ),
        sa.CheckConstraint("monthly_calls >= 0", name=op.f("ck_alert_preference_monthly_calls")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_alert_preference_person_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_alert_preference")),
    )


def _make_position() -> None:
    op.create_table(
        "position",
        sa.Column("person_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accuracy_m", sa.Double(), nullable=True),
        sa.CheckConstraint("accuracy_m >= 0", name=op.f("ck_position_accuracy_m")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_position_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_position")),
    )
    with op.batch_alter_table("position", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_position_at"), ["at"], unique=False)


def _make_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("danger", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=True),
        sa.Column("station_id", BIG_ID, nullable=True),
        sa.Column("area", DOCUMENT, nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("qualification", sa.Text(), nullable=True),
        sa.Column("on_duty_only", sa.Boolean(), nullable=False),
        sa.Column("wants_observers", sa.Boolean(), nullable=False),
        sa.Column("target_min", sa.Double(), nullable=False),
        sa.Column("target_chance", sa.Double(), nullable=False),
        sa.Column("answer_s", sa.Integer(), nullable=False),
        sa.Column("needed", sa.Integer(), nullable=False),
        sa.Column("most_calls", sa.Integer(), nullable=False),
        sa.Column("waves", sa.Integer(), nullable=False),
        sa.Column("next_step_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state IN ('open', 'attended')) = (ended_at IS NULL)", name=op.f("ck_alert_ended_at")
        ),
        sa.CheckConstraint(
            "danger IN ('calm', 'guarded', 'hazardous')", name=op.f("ck_alert_danger")
        ),
        sa.CheckConstraint(
            "kind IN ('fraud', 'missing_person', 'dispute', 'nuisance', 'theft', 'suspicious', 'medical', 'fire', 'flood', 'traffic', 'crowd', 'school_gate', 'violence', 'other')",
            name=op.f("ck_alert_kind"),
        ),
        sa.CheckConstraint(
            "mode IN ('one', 'several', 'waves', 'circle')", name=op.f("ck_alert_mode")
        ),
        sa.CheckConstraint(
            "state IN ('open', 'attended', 'closed', 'cancelled', 'expired')",
            name=op.f("ck_alert_state"),
        ),
        sa.CheckConstraint("answer_s >= 10", name=op.f("ck_alert_answer_s")),
        sa.CheckConstraint("created_at <= ended_at", name=op.f("ck_alert_created_at_ended_at")),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_alert_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_alert_lng")),
        sa.CheckConstraint("most_calls BETWEEN 1 AND 5000", name=op.f("ck_alert_most_calls")),
        sa.CheckConstraint("needed BETWEEN 1 AND 500", name=op.f("ck_alert_needed")),
        sa.CheckConstraint(
            "target_chance > 0 AND target_chance < 1", name=op.f("ck_alert_target_chance")
        ),
        sa.CheckConstraint(
            "target_min > 0 AND target_min <= 120", name=op.f("ck_alert_target_min")
        ),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_alert_beat_id")),
        sa.ForeignKeyConstraint(
            ["qualification"], ["qualification.code"], name=op.f("fk_alert_qualification")
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_alert_role")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_alert_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("code", name=op.f("uq_alert_code")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_alert_beat_id"), ["beat_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_cell"), ["cell"], unique=False)
        batch_op.create_index(
            "ix_alert_next_step_at",
            ["next_step_at"],
            unique=False,
            sqlite_where=sa.text("state IN ('open', 'attended')"),
            postgresql_where=sa.text("state IN ('open', 'attended')"),
        )
        batch_op.create_index(batch_op.f("ix_alert_qualification"), ["qualification"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_role"), ["role"], unique=False)
        batch_op.create_index("ix_alert_state_created_at", ["state", "created_at"], unique=False)
        batch_op.create_index(batch_op.f("ix_alert_station_id"), ["station_id"], unique=False)


def _make_alert_call() -> None:
    op.create_table(
        "alert_call",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("alert_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("wave", sa.Integer(), nullable=False),
        sa.Column("duty", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("chance", sa.Double(), nullable=False),
        sa.Column("minutes", sa.Double(), nullable=False),
        sa.Column("distance_m", sa.Double(), nullable=False),
        sa.Column("called_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("set_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("duty IN ('act', 'observe')", name=op.f("ck_alert_call_duty")),
        sa.CheckConstraint(
            "state IN ('called', 'silent', 'accepted', 'declined', 'on_the_way', 'arrived', 'done', 'stood_down')",
            name=op.f("ck_alert_call_state"),
        ),
        sa.CheckConstraint(
            "called_at <= answer_by", name=op.f("ck_alert_call_called_at_answer_by")
        ),
        sa.CheckConstraint("chance BETWEEN 0 AND 1", name=op.f("ck_alert_call_chance")),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_alert_call_minutes")),
        sa.CheckConstraint("wave >= 1", name=op.f("ck_alert_call_wave")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_alert_call_alert_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_alert_call_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_call")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("alert_call", schema=None) as batch_op:
        batch_op.create_index(
            "ix_alert_call_person_id_called_at", ["person_id", "called_at"], unique=False
        )
        batch_op.create_index(
            "uq_alert_call_alert_id_person_id", ["alert_id", "person_id"], unique=True
        )
