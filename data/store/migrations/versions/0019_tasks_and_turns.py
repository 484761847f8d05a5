"""Make the tables of tasks and turns."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _make_runner_lease()
    _make_dropout()
    _make_exchange()
    _make_shift_reply()
    _make_show_up_rate()
    _make_stand_by()
    _make_task()
    _make_signup()
    _make_check_in()
    _make_lone_watch()


def downgrade() -> None:
    op.drop_table("lone_watch")
    op.drop_table("check_in")
    op.drop_table("signup")
    op.drop_table("task")
    op.drop_table("stand_by")
    op.drop_table("show_up_rate")
    op.drop_table("shift_reply")
    op.drop_table("exchange")
    op.drop_table("dropout")
    op.drop_table("runner_lease")


def _make_runner_lease() -> None:
    op.create_table(
        "runner_lease",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_runner_lease")),
    )


def _make_dropout() -> None:
    op.create_table(
        "dropout",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_id", BIG_ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('declined', 'withdrawn', 'no_show', 'suspended', 'other')",
            name=op.f("ck_dropout_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_dropout_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_dropout_roster_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_dropout_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dropout")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_dropout_open",
        "dropout",
        ["scenario_id", "reported_at"],
        sqlite_where=sa.text("handled_at IS NULL"),
        postgresql_where=sa.text("handled_at IS NULL"),
    )
    op.create_index(op.f("ix_dropout_person_id"), "dropout", ["person_id"])
    op.create_index(op.f("ix_dropout_roster_id"), "dropout", ["roster_id"])
    op.create_index(
        "uq_dropout_turn", "dropout", ["scenario_id", "person_id", "shift"], unique=True
    )


def _make_exchange() -> None:
    op.create_table(
        "exchange",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("giver_id", BIG_ID, nullable=False),
        sa.Column("giver_shift", sa.Integer(), nullable=False),
        sa.Column("giver_beat", sa.Integer(), nullable=False),
        sa.Column("giver_role", sa.Integer(), nullable=False),
        sa.Column("taker_id", BIG_ID, nullable=True),
        sa.Column("taker_shift", sa.Integer(), nullable=True),
        sa.Column("taker_beat", sa.Integer(), nullable=True),
        sa.Column("taker_role", sa.Integer(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("roster_id", BIG_ID, nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'applied') = (applied_at IS NOT NULL)", name=op.f("ck_exchange_applied_at")
        ),
        sa.CheckConstraint(
            "kind <> 'swap' OR (taker_id IS NOT NULL AND taker_shift IS NOT NULL AND taker_beat IS NOT NULL AND taker_role IS NOT NULL)",
            name=op.f("ck_exchange_taker"),
        ),
        sa.CheckConstraint("kind IN ('swap', 'replacement')", name=op.f("ck_exchange_kind")),
        sa.CheckConstraint(
            "state IN ('offered', 'agreed', 'applied', 'declined', 'withdrawn', 'lapsed', 'refused')",
            name=op.f("ck_exchange_state"),
        ),
        sa.ForeignKeyConstraint(
            ["giver_id"], ["person.id"], name=op.f("fk_exchange_giver_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["roster_id"], ["roster.id"], name=op.f("fk_exchange_roster_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_exchange_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["taker_id"], ["person.id"], name=op.f("fk_exchange_taker_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exchange")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_exchange_giver_id"), "exchange", ["giver_id"])
    op.create_index(op.f("ix_exchange_roster_id"), "exchange", ["roster_id"])
    op.create_index("ix_exchange_scenario_id_state", "exchange", ["scenario_id", "state"])
    op.create_index("ix_exchange_state_expires_at", "exchange", ["state", "expires_at"])
    op.create_index(op.f("ix_exchange_taker_id"), "exchange", ["taker_id"])
    op.create_index(
        "uq_exchange_live",
        "exchange",
        ["scenario_id", "giver_id", "giver_shift"],
        unique=True,
        sqlite_where=sa.text("state IN ('offered', 'agreed')"),
        postgresql_where=sa.text("state IN ('offered', 'agreed')"),
    )


def _make_shift_reply() -> None:
    op.create_table(
        "shift_reply",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("scenario_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("shift", sa.Integer(), nullable=False),
        sa.Column("beat", sa.Integer(), nullable=False),
        sa.Column("role", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state <> 'declined' OR reason IS NOT NULL", name=op.f("ck_shift_reply_reason")
        ),
        sa.CheckConstraint("state IN ('confirmed', 'declined')", name=op.f("ck_shift_reply_state")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_shift_reply_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_shift_reply_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shift_reply")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_shift_reply_person_id"), "shift_reply", ["person_id"])
    op.create_index(
        "uq_shift_reply_turn",
        "shift_reply",
        ["scenario_id", "person_id", "shift", "beat", "role"],
        unique=True,
    )


def _make_show_up_rate() -> None:
    op.create_table(
        "show_up_rate",
        sa.Column("person_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("came", sa.Integer(), nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("alpha", sa.Double(), nullable=False),
        sa.Column("beta", sa.Double(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("alpha > 0 AND beta > 0", name=op.f("ck_show_up_rate_prior")),
        sa.CheckConstraint("came >= 0", name=op.f("ck_show_up_rate_came")),
        sa.CheckConstraint("missed >= 0", name=op.f("ck_show_up_rate_missed")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_show_up_rate_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_show_up_rate")),
    )


def _make_stand_by() -> None:
    op.create_table(
        "stand_by",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("station_id", BIG_ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('ready', 'called', 'released')", name=op.f("ck_stand_by_state")
        ),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_stand_by_starts_at_ends_at")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_stand_by_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_stand_by_station_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stand_by")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stand_by_person_id_starts_at", "stand_by", ["person_id", "starts_at"])
    op.create_index("ix_stand_by_station_id_starts_at", "stand_by", ["station_id", "starts_at"])


def _make_task() -> None:
    op.create_table(
        "task",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("station_id", BIG_ID, nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=True),
        sa.Column("is_beat_wide", sa.Boolean(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("signup_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("places", sa.Integer(), nullable=False),
        sa.Column("taken", sa.Integer(), nullable=False),
        sa.Column("min_people", sa.Integer(), nullable=False),
        sa.Column("leaders", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('patrol', 'fixed_post', 'publicity_event', 'visit')",
            name=op.f("ck_task_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'open', 'closed', 'cancelled', 'done')", name=op.f("ck_task_state")
        ),
        sa.CheckConstraint(
            "NOT is_beat_wide OR beat_id IS NOT NULL", name=op.f("ck_task_is_beat_wide")
        ),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_task_lat")),
        sa.CheckConstraint("leaders >= 0", name=op.f("ck_task_leaders")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_task_lng")),
        sa.CheckConstraint("min_people BETWEEN 1 AND places", name=op.f("ck_task_min_people")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_task_points")),
        sa.CheckConstraint("signup_until <= ends_at", name=op.f("ck_task_signup_until_ends_at")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_task_starts_at_ends_at")),
        sa.CheckConstraint("taken BETWEEN 0 AND places", name=op.f("ck_task_taken")),
        sa.CheckConstraint("urgency BETWEEN 0 AND 3", name=op.f("ck_task_urgency")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_task_beat_id")),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_task_role")),
        sa.ForeignKeyConstraint(["station_id"], ["station.id"], name=op.f("fk_task_station_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
        sa.UniqueConstraint("code", name=op.f("uq_task_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_task_beat_id"), "task", ["beat_id"])
    op.create_index(op.f("ix_task_cell"), "task", ["cell"])
    op.create_index(op.f("ix_task_role"), "task", ["role"])
    op.create_index("ix_task_state_starts_at", "task", ["state", "starts_at"])
    op.create_index("ix_task_station_id_starts_at", "task", ["station_id", "starts_at"])


def _make_signup() -> None:
    op.create_table(
        "signup",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("task_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("means", sa.Text(), nullable=False),
        sa.Column("offered_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'offered') = (offered_until IS NOT NULL)",
            name=op.f("ck_signup_offered_until"),
        ),
        sa.CheckConstraint(
            "means IN ('self', 'assigned', 'waiting_list')", name=op.f("ck_signup_means")
        ),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'confirmed', 'withdrawn', 'declined', 'lapsed', 'released')",
            name=op.f("ck_signup_state"),
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_signup_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_signup_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signup")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signup_offered_until", "signup", ["offered_until"])
    op.create_index("ix_signup_person_id_state", "signup", ["person_id", "state"])
    op.create_index("ix_signup_task_id_state", "signup", ["task_id", "state"])
    op.create_index(
        "uq_signup_live",
        "signup",
        ["task_id", "person_id"],
        unique=True,
        sqlite_where=sa.text("state IN ('waiting', 'offered', 'confirmed')"),
        postgresql_where=sa.text("state IN ('waiting', 'offered', 'confirmed')"),
    )


def _make_check_in() -> None:
    op.create_table(
        "check_in",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("signup_id", BIG_ID, nullable=True),
        sa.Column("task_id", BIG_ID, nullable=True),
        sa.Column("scenario_id", BIG_ID, nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("beat_id", BIG_ID, nullable=True),
        sa.Column("station_id", BIG_ID, nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("in_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_means", sa.Text(), nullable=True),
        sa.Column("in_cell", sa.BigInteger(), nullable=True),
        sa.Column("in_accuracy_m", sa.Double(), nullable=True),
        sa.Column("in_is_offline", sa.Boolean(), nullable=False),
        sa.Column("in_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_recorded_by", sa.Text(), nullable=True),
        sa.Column("out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_means", sa.Text(), nullable=True),
        sa.Column("out_cell", sa.BigInteger(), nullable=True),
        sa.Column("out_accuracy_m", sa.Double(), nullable=True),
        sa.Column("out_is_offline", sa.Boolean(), nullable=False),
        sa.Column("out_recorded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("out_recorded_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "(kind = 'roster') = (scenario_id IS NOT NULL)", name=op.f("ck_check_in_scenario_id")
        ),
        sa.CheckConstraint(
            "(kind = 'task') = (signup_id IS NOT NULL)", name=op.f("ck_check_in_signup_id")
        ),
        sa.CheckConstraint("(state = 'no_show') = (in_at IS NULL)", name=op.f("ck_check_in_in_at")),
        sa.CheckConstraint(
            "(state = 'out') = (out_at IS NOT NULL)", name=op.f("ck_check_in_out_at")
        ),
        sa.CheckConstraint(
            "in_means IN ('geofence', 'qr', 'officer')", name=op.f("ck_check_in_in_means")
        ),
        sa.CheckConstraint("kind IN ('task', 'roster')", name=op.f("ck_check_in_kind")),
        sa.CheckConstraint(
            "out_means IN ('geofence', 'qr', 'officer')", name=op.f("ck_check_in_out_means")
        ),
        sa.CheckConstraint("state IN ('in', 'out', 'no_show')", name=op.f("ck_check_in_state")),
        sa.CheckConstraint("in_at <= out_at", name=op.f("ck_check_in_in_at_out_at")),
        sa.CheckConstraint("starts_at < ends_at", name=op.f("ck_check_in_starts_at_ends_at")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_check_in_beat_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["person.id"], name=op.f("fk_check_in_person_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["role"], ["duty_role.code"], name=op.f("fk_check_in_role")),
        sa.ForeignKeyConstraint(
            ["scenario_id"],
            ["scenario.id"],
            name=op.f("fk_check_in_scenario_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["signup_id"], ["signup.id"], name=op.f("fk_check_in_signup_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["station_id"], ["station.id"], name=op.f("fk_check_in_station_id")
        ),
        sa.ForeignKeyConstraint(["task_id"], ["task.id"], name=op.f("fk_check_in_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_check_in")),
        sa.UniqueConstraint("source", name=op.f("uq_check_in_source")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_check_in_beat_id"), "check_in", ["beat_id"])
    op.create_index("ix_check_in_person_id_starts_at", "check_in", ["person_id", "starts_at"])
    op.create_index(op.f("ix_check_in_role"), "check_in", ["role"])
    op.create_index(op.f("ix_check_in_scenario_id"), "check_in", ["scenario_id"])
    op.create_index(op.f("ix_check_in_signup_id"), "check_in", ["signup_id"])
    op.create_index("ix_check_in_state_starts_at", "check_in", ["state", "starts_at"])
    op.create_index(op.f("ix_check_in_station_id"), "check_in", ["station_id"])
    op.create_index(op.f("ix_check_in_task_id"), "check_in", ["task_id"])


def _make_lone_watch() -> None:
    op.create_table(
        "lone_watch",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("check_in_id", BIG_ID, nullable=False),
        sa.Column("every_min", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("safe_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("every_min >= 1", name=op.f("ck_lone_watch_every_min")),
        sa.CheckConstraint("level BETWEEN 0 AND 3", name=op.f("ck_lone_watch_level")),
        sa.ForeignKeyConstraint(
            ["check_in_id"],
            ["check_in.id"],
            name=op.f("fk_lone_watch_check_in_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lone_watch")),
        sa.UniqueConstraint("check_in_id", name=op.f("uq_lone_watch_check_in_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_lone_watch_due_at",
        "lone_watch",
        ["due_at"],
        sqlite_where=sa.text("ended_at IS NULL"),
        postgresql_where=sa.text("ended_at IS NULL"),
    )
