"""Past incidents of a file into the records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, select, update

from data.importers.living.intake import CELL_RESOLUTION, lines, moments, numbers, plain, texts
from data.store.bulk import insert_columns
from data.store.tables.ground import Community
from data.store.tables.incidents import Incident
from grid.cells import cells_at

if TYPE_CHECKING:
    from data.importers.living.intake import Intake
    from data.importers.preview import ImportPreview


def existing_incidents(intake: Intake) -> pd.DataFrame:
    """Read all incidents."""
    i = Incident
    query = (
        select(i.code, i.occurred_at, i.source, i.category, Community.code, i.address, i.lng, i.lat)
        .outerjoin(Community, Community.id == i.community_id)
        .order_by(i.id)
    )
    code, at, source, category, community, address, lng, lat = intake.columns(query)
    return pd.DataFrame(
        {
            "incident_id": texts(code),
            "occurred_at": moments(at),
            "source": texts(source),
            "category": lines(category),
            "lng": numbers(lng),
            "lat": numbers(lat),
            "community_id": texts(community),
            "address": lines(address),
        }
    )


def take_incidents(intake: Intake, preview: ImportPreview) -> None:
    """Insert new incidents and change those that differ."""
    new, changed = preview.new, preview.changed
    if len(new):
        count = len(new)
        columns = {
            **_columns(intake, new),
            "code": new["incident_id"].tolist(),
            "created_at": [intake.now] * count,
            "updated_at": [intake.now] * count,
        }
        insert_columns(intake.session, _table(), columns)
    if len(changed):
        columns = {**_columns(intake, changed), "updated_at": [intake.now] * len(changed)}
        statement = update(_table()).where(_table().c.code == bindparam("incident"))
        statement = statement.values({name: bindparam(name) for name in columns})
        columns["incident"] = changed["incident_id"].tolist()
        records = [
            dict(zip(columns, values, strict=True))
            for values in zip(*columns.values(), strict=True)
        ]
        intake.session.connection().execute(statement, records)


def _columns(intake: Intake, table: pd.DataFrame) -> dict[str, list[Any]]:
    same = ("occurred_at", "source", "category", "address")
    columns = {name: plain(table[name]) for name in same if name in table}
    if "community_id" in table:
        communities = intake.ids(Community)
        columns["community_id"] = [communities.get(code) for code in table["community_id"]]
    if "lng" in table:
        lng, lat = (table[name].to_numpy(np.float64) for name in ("lng", "lat"))
        placed = np.isfinite(lng) & np.isfinite(lat)
        cells: list[int | None] = [None] * len(table)
        found = cells_at(lat[placed], lng[placed], CELL_RESOLUTION).tolist()
        for row, cell in zip(np.flatnonzero(placed).tolist(), found, strict=True):
            cells[row] = cell
        columns |= {"lng": plain(table["lng"]), "lat": plain(table["lat"]), "cell": cells}
    return columns


def _table() -> Any:
    return Incident.__table__
