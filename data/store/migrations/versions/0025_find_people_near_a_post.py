"""Find people near a post of a scenario without reading everybody."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

NEAR = "ix_scenario_person_scenario_id_tier_lat_lng"
FAR = "ix_scenario_person_scenario_id_travel_limit_m"


def upgrade() -> None:
    columns = ["scenario_id", "tier", "lat", "lng", "travel_limit_m"]
    op.create_index(NEAR, "scenario_person", columns)
    where = sa.text("travel_limit_m IS NOT NULL")
    op.create_index(
        FAR,
        "scenario_person",
        ["scenario_id", "travel_limit_m"],
        sqlite_where=where,
        postgresql_where=where,
    )


def downgrade() -> None:
    op.drop_index(FAR, "scenario_person")
    op.drop_index(NEAR, "scenario_person")
