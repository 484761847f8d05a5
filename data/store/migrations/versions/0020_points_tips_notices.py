"""Make the tables of points, gifts, tips and notices; guard the ledger."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.triggers import refuse, refuse_truncate
from data.store.migrations.types import BIG_ID, DOCUMENT

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

# In the order in which they go.
TABLES = (
    *("tip_step", "tip_photo", "point_entry", "tip", "redemption", "push_subscription"),
    *("point_transfer", "notice_stop", "notice_preference", "inbox_notice", "point_account"),
    *("tip_category", "point_setting", "point_rule", "gift"),
)
LEDGER = "Expected the ledger of points to be appended to, nothing else."
ACCOUNT = "Expected an account of points to go forward with its entries and to stay."
STEPS_BACK = (
    "NEW.id <> OLD.id OR NEW.code <> OLD.code OR NEW.kind <> OLD.kind "
    "OR NEW.num_entries < OLD.num_entries "
    "OR (NEW.num_entries = OLD.num_entries AND NEW.balance <> OLD.balance)"
)


def upgrade() -> None:
    op.create_table(
        "gift",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("stock", sa.Integer(), nullable=False),
        sa.Column("monthly_cap", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("monthly_cap >= 1", name=op.f("ck_gift_monthly_cap")),
        sa.CheckConstraint("points >= 1", name=op.f("ck_gift_points")),
        sa.CheckConstraint("stock >= 0", name=op.f("ck_gift_stock")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gift")),
        sa.UniqueConstraint("code", name=op.f("uq_gift_code")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "point_rule",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("monthly_cap", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "source IN ('tip', 'service', 'course', 'event', 'other')",
            name=op.f("ck_point_rule_source"),
        ),
        sa.CheckConstraint("unit IN ('each', 'hour')", name=op.f("ck_point_rule_unit")),
        sa.CheckConstraint("monthly_cap >= 0", name=op.f("ck_point_rule_monthly_cap")),
        sa.CheckConstraint("points >= 0", name=op.f("ck_point_rule_points")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_point_rule")),
    )
    op.create_table(
        "point_setting",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint("value >= 0", name=op.f("ck_point_setting_value")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_point_setting")),
    )
    op.create_table(
        "tip_category",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_tip_category")),
    )
    op.create_table(
        "point_account",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("person_id", BIG_ID, nullable=True),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("num_entries", sa.BigInteger(), nullable=False),
        sa.Column("last_seal", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "balance >= 0 OR kind = 'issued'", name=op.f("ck_point_account_balance")
        ),
        sa.CheckConstraint(
            "kind IN ('person', 'issued', 'reserved', 'redeemed')",
            name=op.f("ck_point_account_kind"),
        ),
        sa.CheckConstraint("num_entries >= 0", name=op.f("ck_point_account_num_entries")),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_point_account_person_id"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_account")),
        sa.UniqueConstraint("code", name=op.f("uq_point_account_code")),
        sa.UniqueConstraint("person_id", name=op.f("uq_point_account_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "inbox_notice",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_inbox_notice_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox_notice")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_inbox_notice_account_id_event_id",
        "inbox_notice",
        ["account_id", "event_id"],
        unique=True,
    )
    op.create_table(
        "notice_preference",
        sa.Column("account_id", BIG_ID, autoincrement=False, nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("push", sa.Boolean(), nullable=False),
        sa.Column("message", sa.Boolean(), nullable=False),
        sa.Column("quiet_from", sa.Time(), nullable=True),
        sa.Column("quiet_until", sa.Time(), nullable=True),
        sa.Column("urgent_in_quiet", sa.Boolean(), nullable=False),
        sa.Column("muted_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "language IN ('zh-CN', 'en')", name=op.f("ck_notice_preference_language")
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_notice_preference_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_notice_preference")),
    )
    op.create_table(
        "notice_stop",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_notice_stop_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "subject", name=op.f("pk_notice_stop")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "point_transfer",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("subject_id", BIG_ID, nullable=True),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("asked", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reverses_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('award', 'reversal', 'reserve', 'redeem', 'void', 'transfer')",
            name=op.f("ck_point_transfer_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["reverses_id"], ["point_transfer.id"], name=op.f("fk_point_transfer_reverses_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["point_account.id"], name=op.f("fk_point_transfer_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_point_transfer")),
        sa.UniqueConstraint("key", name=op.f("uq_point_transfer_key")),
        sa.UniqueConstraint("reverses_id", name=op.f("uq_point_transfer_reverses_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_point_transfer_rule"), "point_transfer", ["rule"])
    op.create_index(
        "ix_point_transfer_subject_id_created_at", "point_transfer", ["subject_id", "created_at"]
    )
    op.create_table(
        "push_subscription",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("p256dh", sa.Text(), nullable=False),
        sa.Column("auth", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_push_subscription_failures")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_push_subscription_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_push_subscription_account_id"), "push_subscription", ["account_id"])
    op.create_table(
        "redemption",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("gift_id", BIG_ID, nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("points", sa.Integer(), nullable=False),
        sa.Column("needs_two", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reserved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handed_by", sa.Text(), nullable=True),
        sa.Column("handed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'handed_over', 'void')", name=op.f("ck_redemption_state")
        ),
        sa.CheckConstraint("approved_by <> handed_by", name=op.f("ck_redemption_two_persons")),
        sa.CheckConstraint("points >= 1", name=op.f("ck_redemption_points")),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_redemption_quantity")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["point_account.id"], name=op.f("fk_redemption_account_id")
        ),
        sa.ForeignKeyConstraint(["gift_id"], ["gift.id"], name=op.f("fk_redemption_gift_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_redemption")),
        sa.UniqueConstraint("code", name=op.f("uq_redemption_code")),
        sa.UniqueConstraint("key", name=op.f("uq_redemption_key")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_redemption_account_id_reserved_at", "redemption", ["account_id", "reserved_at"]
    )
    op.create_index(op.f("ix_redemption_gift_id"), "redemption", ["gift_id"])
    op.create_index("ix_redemption_state_expires_at", "redemption", ["state", "expires_at"])
    op.create_table(
        "tip",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("submission_index", sa.LargeBinary(), nullable=False),
        sa.Column("request_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("author_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("author_index", sa.LargeBinary(), nullable=True),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("beat_id", BIG_ID, nullable=False),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dispatched_to", BIG_ID, nullable=True),
        sa.Column("claimed_by", BIG_ID, nullable=True),
        sa.Column("claim_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", BIG_ID, nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("duplicate_of_id", BIG_ID, nullable=True),
        sa.Column("points", sa.Integer(), nullable=True),
        sa.Column("row_version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'claimed') = (claim_until IS NOT NULL)", name=op.f("ck_tip_claim")
        ),
        sa.CheckConstraint(
            "(state = 'duplicate') = (duplicate_of_id IS NOT NULL)", name=op.f("ck_tip_duplicate")
        ),
        sa.CheckConstraint(
            "state IN ('submitted', 'claimed', 'verified', 'unfounded', 'unverifiable', 'duplicate')",
            name=op.f("ck_tip_state"),
        ),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_tip_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_tip_lng")),
        sa.ForeignKeyConstraint(["beat_id"], ["beat.id"], name=op.f("fk_tip_beat_id")),
        sa.ForeignKeyConstraint(["category"], ["tip_category.code"], name=op.f("fk_tip_category")),
        sa.ForeignKeyConstraint(["claimed_by"], ["account.id"], name=op.f("fk_tip_claimed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["account.id"], name=op.f("fk_tip_decided_by")),
        sa.ForeignKeyConstraint(
            ["dispatched_to"], ["account.id"], name=op.f("fk_tip_dispatched_to")
        ),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["tip.id"], name=op.f("fk_tip_duplicate_of_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip")),
        sa.UniqueConstraint("code", name=op.f("uq_tip_code")),
        sa.UniqueConstraint("submission_index", name=op.f("uq_tip_submission_index")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_tip_author_index_submitted_at", "tip", ["author_index", "submitted_at"])
    op.create_index("ix_tip_beat_id_state", "tip", ["beat_id", "state"])
    op.create_index(op.f("ix_tip_category"), "tip", ["category"])
    op.create_index(op.f("ix_tip_cell"), "tip", ["cell"])
    op.create_index(op.f("ix_tip_claimed_by"), "tip", ["claimed_by"])
    op.create_index(op.f("ix_tip_decided_by"), "tip", ["decided_by"])
    op.create_index(op.f("ix_tip_dispatched_to"), "tip", ["dispatched_to"])
    op.create_index(op.f("ix_tip_duplicate_of_id"), "tip", ["duplicate_of_id"])
    op.create_index("ix_tip_state_submitted_at", "tip", ["state", "submitted_at"])
    op.create_table(
        "point_entry",
        sa.Column("account_id", BIG_ID, nullable=False),
        sa.Column("sequence", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("transfer_id", BIG_ID, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("balance", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("amount <> 0", name=op.f("ck_point_entry_amount")),
        sa.CheckConstraint("length(seal) = 32", name=op.f("ck_point_entry_seal")),
        sa.CheckConstraint("sequence >= 1", name=op.f("ck_point_entry_sequence")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["point_account.id"], name=op.f("fk_point_entry_account_id")
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["point_transfer.id"], name=op.f("fk_point_entry_transfer_id")
        ),
        sa.PrimaryKeyConstraint("account_id", "sequence", name=op.f("pk_point_entry")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_point_entry_transfer_id"), "point_entry", ["transfer_id"])
    op.create_table(
        "tip_photo",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tip_id", BIG_ID, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("dhash", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("height >= 1", name=op.f("ck_tip_photo_height")),
        sa.CheckConstraint("width >= 1", name=op.f("ck_tip_photo_width")),
        sa.ForeignKeyConstraint(
            ["tip_id"], ["tip.id"], name=op.f("fk_tip_photo_tip_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip_photo")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tip_photo_dhash"), "tip_photo", ["dhash"])
    op.create_index(op.f("ix_tip_photo_sha256"), "tip_photo", ["sha256"])
    op.create_index(
        "uq_tip_photo_tip_id_position", "tip_photo", ["tip_id", "position"], unique=True
    )
    op.create_table(
        "tip_step",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("tip_id", BIG_ID, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('submitted', 'dispatched', 'claimed', 'released', 'verified', 'unfounded', 'unverifiable', 'duplicate', 'author_read')",
            name=op.f("ck_tip_step_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["tip_id"], ["tip.id"], name=op.f("fk_tip_step_tip_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tip_step")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_tip_step_tip_id"), "tip_step", ["tip_id"])
    op.drop_table("outbox_notice")  # nothing wrote to it yet
    op.create_table(
        "outbox_notice",
        *_outbox(),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("account_id", BIG_ID, nullable=True),
        sa.Column("subscription_id", BIG_ID, nullable=True),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("matter", sa.Text(), nullable=True),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "channel IN ('push', 'message', 'group')", name=op.f("ck_outbox_notice_channel")
        ),
        sa.CheckConstraint(
            "outcome IN ('sent', 'muted', 'declined', 'withdrawn', 'expired', 'gone', 'dead')",
            name=op.f("ck_outbox_notice_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_outbox_notice_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["subscription_id"],
            ["push_subscription.id"],
            name=op.f("fk_outbox_notice_subscription_id"),
            ondelete="CASCADE",
        ),
        sqlite_autoincrement=True,
    )
    _index_outbox()
    for column in ("account_id", "matter", "subscription_id"):
        op.create_index(op.f(f"ix_outbox_notice_{column}"), "outbox_notice", [column])
    for table in ("point_transfer", "point_entry"):
        refuse(table, "UPDATE", LEDGER)
        refuse(table, "DELETE", LEDGER)
        refuse_truncate(table, LEDGER)
    refuse("point_account", "UPDATE", ACCOUNT, when=STEPS_BACK)
    refuse("point_account", "DELETE", ACCOUNT)
    refuse_truncate("point_account", ACCOUNT)


def downgrade() -> None:
    op.drop_table("outbox_notice")
    op.create_table("outbox_notice", *_outbox(), sqlite_autoincrement=True)
    _index_outbox()
    for table in TABLES:
        op.drop_table(table)


def _outbox() -> tuple[sa.schema.SchemaItem, ...]:
    """Return what the outbox was made of in 0016."""
    return (
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("content", DOCUMENT, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("leased_by", sa.Text(), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("dead_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("tries >= 0", name=op.f("ck_outbox_notice_tries")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox_notice")),
        sa.UniqueConstraint("event_id", name=op.f("uq_outbox_notice_event_id")),
    )


def _index_outbox() -> None:
    waiting = sa.text("sent_at IS NULL AND dead_at IS NULL")
    op.create_index(
        "ix_outbox_notice_waiting",
        "outbox_notice",
        ["due_at", "id"],
        sqlite_where=waiting,
        postgresql_where=waiting,
    )
