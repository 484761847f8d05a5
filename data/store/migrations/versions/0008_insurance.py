"""Make the tables of insurance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "insurance_policy",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("insurer", sa.Text(), nullable=False),
        sa.Column("policy_no", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("sum_insured_fen", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "starts_on <= ends_on", name=op.f("ck_insurance_policy_starts_on_ends_on")
        ),
        sa.CheckConstraint(
            "sum_insured_fen >= 0", name=op.f("ck_insurance_policy_sum_insured_fen")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurance_policy")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_insurance_policy_ends_on"), "insurance_policy", ["ends_on"])
    op.create_index(
        "uq_insurance_policy_insurer_policy_no",
        "insurance_policy",
        ["insurer", "policy_no"],
        unique=True,
    )
    op.create_table(
        "insurance_cover",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("policy_id", BIG_ID, nullable=False),
        sa.Column("person_id", BIG_ID, nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "starts_on <= ends_on", name=op.f("ck_insurance_cover_starts_on_ends_on")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
            name=op.f("fk_insurance_cover_person_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["insurance_policy.id"], name=op.f("fk_insurance_cover_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_insurance_cover")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_insurance_cover_ends_on"), "insurance_cover", ["ends_on"])
    op.create_index(op.f("ix_insurance_cover_policy_id"), "insurance_cover", ["policy_id"])
    op.create_index(
        "uq_insurance_cover_person_id_policy_id_starts_on",
        "insurance_cover",
        ["person_id", "policy_id", "starts_on"],
        unique=True,
    )


def downgrade() -> None:
    op.drop_table("insurance_cover")
    op.drop_table("insurance_policy")
