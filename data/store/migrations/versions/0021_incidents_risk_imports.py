"""Keep incidents, risk surfaces and imports."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from data.store.migrations.types import BIG_ID, DOCUMENT

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk_surface",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("weeks", sa.Double(), nullable=False),
        sa.Column("bandwidth_m", sa.Double(), nullable=False),
        sa.Column("hours", sa.Double(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("num_cells", sa.Integer(), nullable=False),
        sa.Column("num_events", sa.Integer(), nullable=False),
        sa.Column("num_patrol", sa.Integer(), nullable=False),
        sa.Column("num_unplaced", sa.Integer(), nullable=False),
        sa.Column("num_undated", sa.Integer(), nullable=False),
        sa.Column("num_outside", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.CheckConstraint("bandwidth_m > 0", name=op.f("ck_risk_surface_bandwidth_m")),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_risk_surface_hours")),
        sa.CheckConstraint("since <= until", name=op.f("ck_risk_surface_since_until")),
        sa.CheckConstraint("weeks > 0", name=op.f("ck_risk_surface_weeks")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk_surface")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "risk_cell",
        sa.Column("surface_id", BIG_ID, nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("a_week", sa.Double(), nullable=False),
        sa.CheckConstraint("a_week >= 0", name=op.f("ck_risk_cell_a_week")),
        sa.ForeignKeyConstraint(
            ["surface_id"],
            ["risk_surface.id"],
            name=op.f("fk_risk_cell_surface_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("surface_id", "cell", name=op.f("pk_risk_cell")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "risk_site",
        sa.Column("surface_id", BIG_ID, nullable=False),
        sa.Column("cell", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("lat", sa.Double(), nullable=False),
        sa.Column("lng", sa.Double(), nullable=False),
        sa.Column("norm", sa.Double(), nullable=False),
        sa.Column("hours", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["surface_id"],
            ["risk_surface.id"],
            name=op.f("fk_risk_site_surface_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("surface_id", "cell", name=op.f("pk_risk_site")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_risk_site_surface_id_lat", "risk_site", ["surface_id", "lat"], unique=False)

    op.create_table(
        "import_batch",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("file_size", sa.Integer(), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("options", DOCUMENT, nullable=False),
        sa.Column("preview", DOCUMENT, nullable=True),
        sa.Column("refusals", sa.Text(), nullable=True),
        sa.Column("job_id", BIG_ID, nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("committed_by", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('people', 'teams', 'demand', 'shifts', 'incidents', 'insurance', 'beats')",
            name=op.f("ck_import_batch_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('uploaded', 'previewed', 'refused', 'committed', 'discarded')",
            name=op.f("ck_import_batch_state"),
        ),
        sa.CheckConstraint("file_size >= 1", name=op.f("ck_import_batch_file_size")),
        sa.ForeignKeyConstraint(
            ["job_id"], ["job.id"], name=op.f("fk_import_batch_job_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batch")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_import_batch_job_id"), "import_batch", ["job_id"], unique=False)
    op.create_index(
        "ix_import_batch_state_expires_at", "import_batch", ["state", "expires_at"], unique=False
    )

    op.create_table(
        "incident",
        sa.Column("id", BIG_ID, autoincrement=True, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=True),
        sa.Column("community_id", BIG_ID, nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("lat", sa.Double(), nullable=True),
        sa.Column("lng", sa.Double(), nullable=True),
        sa.Column("cell", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('reported', 'patrol')", name=op.f("ck_incident_source")),
        sa.CheckConstraint("lat BETWEEN -90 AND 90", name=op.f("ck_incident_lat")),
        sa.CheckConstraint("lng BETWEEN -180 AND 180", name=op.f("ck_incident_lng")),
        sa.ForeignKeyConstraint(
            ["community_id"], ["community.id"], name=op.f("fk_incident_community_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        sa.UniqueConstraint("code", name=op.f("uq_incident_code")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_incident_cell"), "incident", ["cell"], unique=False)
    op.create_index(op.f("ix_incident_community_id"), "incident", ["community_id"], unique=False)
    op.create_index(op.f("ix_incident_occurred_at"), "incident", ["occurred_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_incident_occurred_at"), "incident")
    op.drop_index(op.f("ix_incident_community_id"), "incident")
    op.drop_index(op.f("ix_incident_cell"), "incident")

    op.drop_table("incident")
    op.drop_index("ix_import_batch_state_expires_at", "import_batch")
    op.drop_index(op.f("ix_import_batch_job_id"), "import_batch")

    op.drop_table("import_batch")
    op.drop_index("ix_risk_site_surface_id_lat", "risk_site")

    op.drop_table("risk_site")
    op.drop_table("risk_cell")
    op.drop_table("risk_surface")
