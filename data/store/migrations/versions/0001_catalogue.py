"""Make the tables of catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "duty_role",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("tier", sa.Text(), nullable=False),
        sa.Column("hazardous", sa.Boolean(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.CheckConstraint(
            "tier IN ('officer', 'auxiliary', 'volunteer')", name=op.f("ck_duty_role_tier")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_duty_role")),
    )
    op.create_table(
        "profession",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_profession")),
    )
    op.create_table(
        "qualification",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("label_zh", sa.Text(), nullable=False),
        sa.Column("label_en", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_qualification")),
    )
    op.create_table(
        "duty_role_profession",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("profession", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["profession"], ["profession.code"], name=op.f("fk_duty_role_profession_profession")
        ),
        sa.ForeignKeyConstraint(
            ["role"],
            ["duty_role.code"],
            name=op.f("fk_duty_role_profession_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("role", "profession", name=op.f("pk_duty_role_profession")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_duty_role_profession_profession"), "duty_role_profession", ["profession"]
    )
    op.create_table(
        "duty_role_qualification",
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["qualification"],
            ["qualification.code"],
            name=op.f("fk_duty_role_qualification_qualification"),
        ),
        sa.ForeignKeyConstraint(
            ["role"],
            ["duty_role.code"],
            name=op.f("fk_duty_role_qualification_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("role", "qualification", name=op.f("pk_duty_role_qualification")),
        sqlite_with_rowid=False,
    )
    op.create_index(
        op.f("ix_duty_role_qualification_qualification"),
        "duty_role_qualification",
        ["qualification"],
    )


def downgrade() -> None:
    op.drop_table("duty_role_qualification")
    op.drop_table("duty_role_profession")
    op.drop_table("qualification")
    op.drop_table("profession")
    op.drop_table("duty_role")
