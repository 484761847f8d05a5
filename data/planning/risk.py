"""Risk surfaces of the records' past incidents: estimated, kept with what they were made of, read.

A surface is kept sparse, as `grid.incident_risk` makes it: the hours of each cell with incidents,
and how its kernel adds up. So the expected incidents of any cell and hour can be told exactly.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import func, select

from data.planning.errors import NothingToPlanError, OutsideScopeError, RiskMissingError
from data.store.bulk import insert_columns
from data.store.keyset import after
from data.store.tables.ground import Beat, GroundCell, Station
from data.store.tables.incidents import Incident, RiskCell, RiskSite, RiskSurface
from grid.cells import cell_centres
from grid.incident_risk import CUT_AT, IncidentRisk, KernelParameters, incident_risk
from grid.lattice import build_index
from grid.risk import HOURS_A_WEEK
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from data.store.scope import Scope
    from grid.lattice import CellIndex

_DAY: Final = timedelta(days=1)
_METRES_A_DEGREE: Final = 111_195.0


@dataclass(frozen=True, slots=True)
class SurfaceView:
    """A surface: its parameters, and how many incidents it was made of or leaves out, and why."""

    surface_id: int
    since: date
    until: date
    weeks: float
    bandwidth_m: float
    hours: float
    timezone: str
    num_cells: int
    num_events: int
    num_patrol: int
    num_unplaced: int
    num_undated: int
    num_outside: int
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A surface that is not kept yet, with the cells that it lies on."""

    risk: IncidentRisk
    index: CellIndex
    since: date
    until: date
    timezone: str


def estimate_risk(
    session: Session,
    since: date,
    until: date,
    *,
    parameters: KernelParameters,
    timezone: str,
) -> Estimate:
    """Estimate the surface of the incidents of some days on the city's cells.

    Parameters
    ----------
    since, until : date
        Local days, the last one included; incidents are known for all of them.

    Raises
    ------
    NothingToPlanError
        Where the city has no cells yet, or no reported incident counts.
    """
    cells = np.array(session.scalars(select(GroundCell.cell)).all(), np.uint64)
    if not len(cells):
        raise NothingToPlanError("Expected a city with cells, got none: import boundaries first.")
    weeks = ((until - since).days + 1) / 7
    index = build_index(cells)
    found = _incidents(session, since, until, timezone)
    risk = incident_risk(index, found, weeks=weeks, timezone=timezone, parameters=parameters)
    if not risk.num_events:
        raise NothingToPlanError(
            f"Expected reported incidents with place and time from {since} to {until}, got none "
            f"among {len(found)}."
        )
    return Estimate(risk, index, since, until, timezone)


def keep_risk(session: Session, estimate: Estimate, *, by: str, now: datetime) -> int:
    """Keep a surface; return its number."""
    risk, index = estimate.risk, estimate.index
    row = RiskSurface(
        since=estimate.since,
        until=estimate.until,
        weeks=risk.weeks,
        bandwidth_m=risk.parameters.bandwidth_m,
        hours=risk.parameters.hours,
        timezone=estimate.timezone,
        num_cells=len(index.cells),
        num_events=risk.num_events,
        num_patrol=risk.num_patrol,
        num_unplaced=risk.num_unplaced,
        num_undated=risk.num_undated,
        num_outside=risk.num_outside,
        created_at=now,
        created_by=by,
    )
    session.add(row)
    session.flush()
    _keep_sites(session, row.id, estimate)
    week = risk.a_week()
    hot = np.flatnonzero(week > 0)
    columns = {
        "surface_id": [row.id] * len(hot),
        "cell": index.cells[hot].tolist(),
        "a_week": week[hot].tolist(),
    }
    insert_columns(session, _table(RiskCell), columns)
    return row.id


def list_surfaces(
    session: Session, *, before: tuple[Any, ...] | None = None, limit: int = 100
) -> list[SurfaceView]:
    """List the surfaces, the newest first."""
    query = (
        select(RiskSurface)
        .where(after([RiskSurface.id], before, descending=True))
        .order_by(RiskSurface.id.desc())
        .limit(limit)
    )
    return [_view(row) for row in session.scalars(query)]


def find_surface(session: Session, surface_id: int) -> SurfaceView:
    """Give a surface.

    Raises
    ------
    RiskMissingError
    """
    row = session.get(RiskSurface, surface_id)
    if row is None:
        raise RiskMissingError(surface_id)
    return _view(row)


def beats_a_week(
    session: Session,
    scope: Scope,
    surface_id: int,
    *,
    behind: tuple[Any, ...] | None = None,
    limit: int = 100,
) -> list[dict[str, Any]]:
    """List what the beats of a scope expect a week, in the order of their codes."""
    expected = func.coalesce(func.sum(RiskCell.a_week), 0.0).label("a_week")
    query = (
        select(
            *(Beat.code.label("beat_id"), Beat.name.label("beat_name")),
            *(Station.code.label("station_id"), func.count(GroundCell.cell).label("num_cells")),
            expected,
        )
        .join(Station, Station.id == Beat.station_id)
        .outerjoin(GroundCell, GroundCell.beat_id == Beat.id)
        .outerjoin(
            RiskCell, (RiskCell.cell == GroundCell.cell) & (RiskCell.surface_id == surface_id)
        )
        .where(scope.beats_(), after([Beat.code], behind))
        .group_by(Beat.id, Beat.code, Beat.name, Station.code)
        .order_by(Beat.code)
        .limit(limit)
    )
    return [dict(row._mapping) for row in session.execute(query)]


def cells_a_week(
    session: Session,
    scope: Scope,
    surface_id: int,
    *,
    beat: str,
    behind: tuple[Any, ...] | None = None,
    limit: int = 500,
) -> list[tuple[int, float]]:
    """List the cells of a beat within a scope and what each expects a week, 0 where nothing."""
    query = (
        select(GroundCell.cell, func.coalesce(RiskCell.a_week, 0.0))
        .join(Beat, Beat.id == GroundCell.beat_id)
        .outerjoin(
            RiskCell, (RiskCell.cell == GroundCell.cell) & (RiskCell.surface_id == surface_id)
        )
        .where(Beat.code == beat, scope.beats_(), after([GroundCell.cell], behind))
        .order_by(GroundCell.cell)
        .limit(limit)
    )
    return [(int(cell), float(week)) for cell, week in session.execute(query)]


def week_of_cell(session: Session, scope: Scope, surface: SurfaceView, cell: int) -> list[float]:
    """Give the expected incidents of the 168 hours of a week in a cell of the scope.

    Exact but for 32-bit hours: the kernels of all sites that reach the cell are added up.

    Raises
    ------
    OutsideScopeError
    """
    query = select(GroundCell.cell).join(Beat, Beat.id == GroundCell.beat_id)
    if session.scalar(query.where(GroundCell.cell == cell, scope.beats_())) is None:
        raise OutsideScopeError("cell", f"{cell:x}")
    lat, lng = (float(degrees[0]) for degrees in cell_centres([cell]))
    reach_m = CUT_AT * surface.bandwidth_m
    south, north = (lat + side * reach_m / _METRES_A_DEGREE for side in (-1.001, 1.001))
    s = RiskSite
    rows = session.execute(
        select(s.lat, s.lng, s.norm, s.hours).where(
            s.surface_id == surface.surface_id, s.lat.between(south, north)
        )
    ).all()
    if not rows:
        return [0.0] * HOURS_A_WEEK
    places, norm = np.array([row[:2] for row in rows]), np.array([row.norm for row in rows])
    away = great_circle_m(lat, lng, places[:, 0], places[:, 1])
    kernel = np.where(away <= reach_m, np.exp(-0.5 * (away / surface.bandwidth_m) ** 2), 0) / norm
    hours = np.stack([np.frombuffer(row.hours, "<f4") for row in rows]).astype(np.float64)
    week: list[float] = (kernel @ hours).tolist()
    return week


def _keep_sites(session: Session, surface_id: int, estimate: Estimate) -> None:
    """Keep the cells with incidents: a kernel is 1 at its own cell before it is normalised."""
    where, index = estimate.risk.where.tocsc(), estimate.index
    peak = where.max(axis=0).toarray().ravel()
    site = np.asarray(where.argmax(axis=0)).ravel()
    lat, lng = index.centres()
    hours = estimate.risk.when.astype("<f4")
    columns = {
        "surface_id": [surface_id] * len(site),
        "cell": index.cells[site].tolist(),
        "lat": lat[site].tolist(),
        "lng": lng[site].tolist(),
        "norm": (1 / peak).tolist(),
        "hours": [row.tobytes() for row in hours],
    }
    insert_columns(session, _table(RiskSite), columns)


def _incidents(session: Session, since: date, until: date, timezone: str) -> pd.DataFrame:
    zone = ZoneInfo(timezone)
    begin = datetime.combine(since, time(), zone)
    end = datetime.combine(until + _DAY, time(), zone)
    i = Incident
    rows = session.execute(
        select(i.lat, i.lng, i.occurred_at, i.source)
        .where(i.occurred_at >= begin, i.occurred_at < end)
        .order_by(i.id)
    ).all()
    table = pd.DataFrame(rows, columns=["lat", "lng", "occurred_at", "source"])
    at = pd.to_datetime(table["occurred_at"], utc=True)
    return table.astype({"lat": "float64", "lng": "float64"}).assign(occurred_at=at)


def _view(row: RiskSurface) -> SurfaceView:
    same = (name for name in SurfaceView.__dataclass_fields__ if name != "surface_id")
    return SurfaceView(row.id, **{name: getattr(row, name) for name in same})


def _table(mapped: Any) -> Any:
    return mapped.__table__
