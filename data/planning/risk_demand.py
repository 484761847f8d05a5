"""Demand that follows risk: how much each place matters, by the incidents expected on its post.

Weights are 1 to `HEAVIEST`: the place of a post in the order of all posts with demand, by expected
incidents in the hours of its shift; each further place of a line weighs a fifth less. How many
people a line needs, and who, stays a person's decision.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import bindparam, select, update

from data.planning.errors import NothingToPlanError
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat, GroundCell
from data.store.tables.incidents import RiskSite
from data.store.tables.shifts import Shift
from grid.incident_risk import place_kernel
from grid.lattice import build_index
from grid.risk import HOURS_A_WEEK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from sqlalchemy.orm import Session

    from data.planning.risk import SurfaceView
    from data.store.scope import Scope

HEAVIEST: Final = 10
FALL: Final = 0.8
Weights = dict[tuple[int, int, str, int], str]
"""By beat, shift, role and number of places."""


def weigh_demand(
    session: Session,
    scope: Scope,
    surface: SurfaceView,
    first: date,
    last: date,
    *,
    roles: Sequence[str] = (),
) -> Weights:
    """Give new weights of the demand lines of some days; nothing is changed yet.

    Posts are compared within the scope: a station's own among themselves.

    Parameters
    ----------
    first, last : date
        Local days on which the shifts begin.
    roles : sequence of str
        Lines of these duty roles alone; empty: all.

    Returns
    -------
    dict
        By beat, shift, role and number of places; lines that keep their weights are left out.

    Raises
    ------
    NothingToPlanError
        Where there is no demand in these days.
    """
    lines = _lines(session, scope, (first, last), roles, surface.timezone)
    if not lines:
        raise NothingToPlanError(f"Expected demand from {first} to {last}, got none.")
    beats = sorted({line.beat_id for line in lines})
    shifts = {line.shift_id: (line.starts_at, line.ends_at) for line in lines}
    expected = _expected(session, surface, beats, list(shifts.values()))
    at_beat = {beat: row for row, beat in enumerate(beats)}
    at_shift = {shift: column for column, shift in enumerate(shifts)}
    posts = sorted({(at_beat[line.beat_id], at_shift[line.shift_id]) for line in lines})
    weight = dict(zip(posts, _ranked([expected[post] for post in posts]), strict=True))
    found = {}
    for line in lines:
        top = weight[at_beat[line.beat_id], at_shift[line.shift_id]]
        text = _falling(top, line.required)
        if text != line.weights:
            found[line.beat_id, line.shift_id, line.role, line.required] = text
    return found


def set_weights(session: Session, weights: Weights) -> int:
    """Set the weights of demand lines that still have as many places; return how many."""
    table: Any = DemandLine.__table__
    names = ("beat_id", "shift_id", "role", "required")
    same = [table.c[name] == bindparam(f"of_{name}") for name in names]
    rows = [
        {**{f"of_{name}": part for name, part in zip(names, key, strict=True)}, "text": text}
        for key, text in weights.items()
    ]
    if not rows:
        return 0
    statement = update(table).where(*same).values(weights=bindparam("text"))
    done = session.connection().execute(statement, rows)
    session.expire_all()
    return int(done.rowcount)


def hours_covered(times: Sequence[tuple[datetime, datetime]], timezone: str) -> NDArray[np.float64]:
    """Give the part of each local hour of the week that each shift covers, (shifts, 168)."""
    zone = ZoneInfo(timezone)
    windows = np.zeros((len(times), HOURS_A_WEEK))
    hour = timedelta(hours=1)
    for row, (begin, end) in enumerate(times):
        at = begin.astimezone(zone).replace(minute=0, second=0, microsecond=0)
        while at < end:
            part = (min(end, at + hour) - max(begin, at)) / hour
            windows[row, (at.weekday() * 24 + at.hour) % HOURS_A_WEEK] += part
            at += hour
    return windows


def _expected(
    session: Session,
    surface: SurfaceView,
    beats: Sequence[int],
    times: Sequence[tuple[datetime, datetime]],
) -> NDArray[np.float64]:
    """Sum expected incidents by beat and shift, (beats, shifts)."""
    rows = session.execute(select(GroundCell.cell, GroundCell.beat_id)).all()
    index = build_index(np.array([cell for cell, _ in rows], np.uint64))
    row_of = {beat: row for row, beat in enumerate(beats)}
    area = np.full(len(rows), -1)
    at = index.positions(np.array([cell for cell, _ in rows], np.uint64))
    area[at] = [row_of.get(beat, -1) for _, beat in rows]
    sites = session.execute(
        select(RiskSite.cell, RiskSite.hours)
        .where(RiskSite.surface_id == surface.surface_id)
        .order_by(RiskSite.cell)
    ).all()
    place = index.positions(np.array([cell for cell, _ in sites], np.uint64))
    known = place >= 0  # ground that has changed since has lost some of its cells
    hours = np.stack([np.frombuffer(of, "<f4") for _, of in sites]).astype(np.float64)
    where = place_kernel(index, place[known], surface.bandwidth_m)
    inside = np.flatnonzero(area >= 0)
    windows = hours[known] @ hours_covered(times, surface.timezone).T
    found = np.zeros((len(beats), len(times)))
    np.add.at(found, area[inside], where[inside] @ windows)
    return found


def _ranked(expected: Sequence[float]) -> list[int]:
    """Give the weight of each post by its place in the order of all; equals weigh the same."""
    values = np.array(expected)
    below = np.searchsorted(np.sort(values), values, side="left") / max(1, len(values) - 1)
    ranked: list[int] = np.rint(1 + (HEAVIEST - 1) * np.minimum(below, 1)).astype(int).tolist()
    return ranked


def _falling(top: int, places: int) -> str:
    """Write the weights of a line's places as a bundle does."""
    weights = [max(1, round(top * FALL**nth)) for nth in range(places)]
    return (
        str(weights[0] if weights else 1) if len(set(weights)) <= 1 else ";".join(map(str, weights))
    )


def _lines(
    session: Session,
    scope: Scope,
    days: tuple[date, date],
    roles: Sequence[str],
    timezone: str,
) -> Sequence[Any]:
    zone = ZoneInfo(timezone)
    begin = datetime.combine(days[0], time(), zone)
    end = datetime.combine(days[1] + timedelta(days=1), time(), zone)
    d = DemandLine
    columns = (d.beat_id, d.shift_id, d.role, d.required, d.weights)
    query = (
        select(*columns, Shift.starts_at, Shift.ends_at)
        .join(Shift, Shift.id == d.shift_id)
        .join(Beat, Beat.id == d.beat_id)
        .where(scope.beats_(), Shift.starts_at >= begin, Shift.starts_at < end)
        .order_by(d.beat_id, d.shift_id, d.role)
    )
    if roles:
        query = query.where(d.role.in_(roles))
    return session.execute(query).all()
