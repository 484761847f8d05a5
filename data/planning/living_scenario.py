"""A scenario from the living records: who may be planned where, as the records stand today.

Taken are the dated shifts of the days asked for, their demand and pins, everybody active with
the qualifications that last and the cover that begins before the first of these days, and when
they can come by habit and exception. Whole tables at a time: a city is 40,000 people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import or_, select

from data.planning.errors import NothingToPlanError
from data.planning.settings import planning_settings
from data.records.availability import available_shifts
from data.records.insured import insured_until
from data.records.shift_patterns import TIMEZONE, DatedShift
from data.store import bundle_rows as rows
from data.store.tables import catalogue, ground
from data.store.tables.demand import DemandLine, Pin
from data.store.tables.people import Person
from data.store.tables.scenarios import Scenario as ScenarioRow
from data.store.tables.shifts import Shift
from data.store.tables.training import PersonQualification
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

_RESOLUTION: Final = 9


@dataclass(frozen=True, slots=True)
class LivingScenario:
    """A scenario, and who was left out of it.

    Attributes
    ----------
    scenario : Scenario
    num_unplaced : int
        Active people without a home point and a station: nobody knows how far they would go.
    """

    scenario: Scenario
    num_unplaced: int


def scenario_of_records(
    session: Session, first: date, last: date, *, name: str, timezone: str = TIMEZONE
) -> LivingScenario:
    """Make the scenario of the shifts that begin on some days.

    Rules and costs are those that the city has set (`data.planning.settings`).

    Parameters
    ----------
    first, last : date
        Local days, both counted.
    name : str
        What people call it.

    Raises
    ------
    NothingToPlanError
        Where these days have no shifts or no demand.
    """
    zone = ZoneInfo(timezone)
    begin, end = (
        datetime(day.year, day.month, day.day, tzinfo=zone)
        for day in (first, last + timedelta(days=1))
    )
    shifts, shift_ids = _shifts(session, begin, end)
    if not len(shifts):
        raise NothingToPlanError(f"Expected shifts between {first} and {last}, got none.")
    beats, beat_ids = _beats(session)
    demand = _demand(session, shift_ids, beat_ids)
    if not len(demand):
        raise NothingToPlanError(f"Expected demand between {first} and {last}, got none.")
    people, person_ids, num_unplaced = _people(session, beats, first, last)
    settings = planning_settings(session)
    scenario = Scenario(
        name=name,
        timezone=timezone,
        cell_resolution=_resolution(session),
        rules=settings.rules,
        costs=settings.costs,
        beats=beats,
        cells=_cells(session, beat_ids),
        shifts=shifts,
        roles=_roles(session),
        people=people,
        availability=_availability(session, shifts, person_ids, timezone),
        demand=demand,
        pins=_pins(session, shift_ids, beat_ids, person_ids),
    )
    return LivingScenario(scenario, num_unplaced)


def _columns(session: Session, query: Select[*tuple[Any, ...]]) -> list[list[Any]]:
    found = session.connection().execute(query).all()
    if not found:
        return [[] for _ in query.selected_columns]
    return [list(column) for column in zip(*found, strict=True)]


def _resolution(session: Session) -> int:
    query = select(ScenarioRow.settings).order_by(ScenarioRow.id.desc()).limit(1)
    text = session.scalar(query)
    return _RESOLUTION if text is None else int(json.loads(text)["cell_resolution"])


def _beats(session: Session) -> tuple[pd.DataFrame, pd.Series]:
    b, s, u = ground.Beat, ground.Station, ground.SubBureau
    query = (
        select(b.id, b.code, s.code, u.code, b.name, b.lng, b.lat, s.name, u.name)
        .join(s, s.id == b.station_id)
        .join(u, u.id == s.sub_bureau_id)
        .order_by(b.id)
    )
    ids, code, station, unit, name, lng, lat, station_name, unit_name = _columns(session, query)
    table = pd.DataFrame(
        {
            "beat_id": rows.texts_column(code),
            "station_id": rows.texts_column(station),
            "sub_bureau_id": rows.texts_column(unit),
            "name": rows.texts_column([text or "" for text in name]),
            "lng": np.array(lng, np.float64),
            "lat": np.array(lat, np.float64),
            "station_name": rows.texts_column(station_name),
            "sub_bureau_name": rows.texts_column(unit_name),
        }
    )
    return table, pd.Series(code, index=ids, dtype="str")


def _cells(session: Session, beats: pd.Series) -> pd.DataFrame:
    c = ground.GroundCell
    query = select(c.cell, c.beat_id, c.weight).where(c.beat_id.is_not(None)).order_by(c.cell)
    cell, beat, weight = _columns(session, query)
    return pd.DataFrame(
        {
            "cell": np.array(cell, np.uint64),
            "beat_id": _named(beats, beat),
            "weight": np.array(weight, np.float64),
        }
    )


def _shifts(session: Session, begin: datetime, end: datetime) -> tuple[pd.DataFrame, pd.Series]:
    query = (
        select(Shift.id, Shift.code, Shift.starts_at, Shift.ends_at)
        .where(Shift.starts_at >= begin, Shift.starts_at < end)
        .order_by(Shift.starts_at, Shift.id)
    )
    ids, code, starts, ends = _columns(session, query)
    table = pd.DataFrame(
        {
            "shift_id": rows.texts_column(code),
            "starts_at": pd.Series(pd.to_datetime(starts, utc=True).as_unit("us")),
            "ends_at": pd.Series(pd.to_datetime(ends, utc=True).as_unit("us")),
        }
    )
    return table, pd.Series(code, index=ids, dtype="str")


def _roles(session: Session) -> pd.DataFrame:
    r = catalogue.DutyRole
    query = select(r.code, r.tier, r.hazardous, r.supervised).order_by(r.code)
    code, tier, hazardous, supervised = _columns(session, query)
    professions, qualifications = (
        _words(session, select(table.role, word).order_by(table.role, word), code)
        for table, word in (
            (catalogue.DutyRoleProfession, catalogue.DutyRoleProfession.profession),
            (catalogue.DutyRoleQualification, catalogue.DutyRoleQualification.qualification),
        )
    )
    return pd.DataFrame(
        {
            "role": rows.texts_column(code),
            "tier": rows.texts_column(tier),
            "hazardous": np.array(hazardous, np.bool_),
            "supervised": np.array(supervised, np.bool_),
            "professions": professions,
            "qualifications": qualifications,
        }
    )


def _words(session: Session, query: Select[*tuple[Any, ...]], keys: list[Any]) -> pd.Series:
    """Give the words of each key, as tuples."""
    found: dict[Any, list[str]] = {}
    for key, word in session.connection().execute(query):
        found.setdefault(key, []).append(word)
    pool = np.empty(len(keys), object)
    pool[:] = [tuple(found.get(key, ())) for key in keys]
    return pd.Series(pool, dtype=object)


def _people(
    session: Session, beats: pd.DataFrame, first: date, last: date
) -> tuple[pd.DataFrame, pd.Series, int]:
    p, s = Person, ground.Station
    query = (
        select(
            *(p.id, p.code, p.tier, s.code, p.profession, p.home_lng, p.home_lat),
            *(p.max_shifts, p.travel_limit_m, p.show_up),
        )
        .outerjoin(s, s.id == p.station_id)
        .where(p.state == "active")
        .order_by(p.id)
    )
    ids, code, tier, station, profession, lng, lat, most, limit, show_up = _columns(session, query)
    until = insured_until(session, select(p.id).where(p.state == "active"), first)
    table = pd.DataFrame(
        {
            "person_id": rows.texts_column(code),
            "tier": rows.texts_column(tier),
            "station_id": rows.texts_column([text or "" for text in station]),
            "profession": rows.texts_column([text or "" for text in profession]),
            "qualifications": _words(session, _held(first, last), ids),
            "lng": np.array(lng, np.float64),
            "lat": np.array(lat, np.float64),
            "max_shifts": np.array(most, np.int64),
            "travel_limit_m": np.array(limit, np.float64),
            "insured_until": rows.days_column([until.get(person) for person in ids]),
            "show_up": np.array(show_up, np.float64),
        }
    )
    # Who has no home point sets out from the middle of their station's beats.
    middle = beats.groupby("station_id")[["lng", "lat"]].mean()
    for name in ("lng", "lat"):
        table[name] = table[name].fillna(table["station_id"].map(middle[name]))
    placed = table["lng"].notna() & table["lat"].notna()
    kept = pd.Series(code, index=ids, dtype="str")[placed.to_numpy()]
    return table[placed].reset_index(drop=True), kept, int((~placed).sum())


def _held(first: date, last: date) -> Select[*tuple[Any, ...]]:
    q = PersonQualification
    lasts = or_(q.expires_on.is_(None), q.expires_on >= last)
    stands = or_(q.revoked_on.is_(None), q.revoked_on > last)
    query = select(q.person_id, q.qualification).where(q.granted_on <= first, lasts, stands)
    return query.distinct().order_by(q.person_id, q.qualification)


def _availability(
    session: Session, shifts: pd.DataFrame, people: pd.Series, timezone: str
) -> pd.DataFrame:
    dated = [
        DatedShift(code, start.to_pydatetime(), end.to_pydatetime())
        for code, start, end in zip(
            shifts["shift_id"], shifts["starts_at"], shifts["ends_at"], strict=True
        )
    ]
    found = available_shifts(session, dated, timezone=timezone)
    found = found[found["person_id"].isin(people.index)]
    return pd.DataFrame(
        {
            "person_id": _named(people, found["person_id"].to_numpy()),
            "shift_id": rows.texts_column(found["shift_id"].tolist()),
            "dislike": found["dislike"].to_numpy(np.int64),
        }
    )


def _demand(session: Session, shifts: pd.Series, beats: pd.Series) -> pd.DataFrame:
    d = DemandLine
    query = (
        select(d.beat_id, d.shift_id, d.role, d.required, d.weights)
        .where(d.shift_id.in_(shifts.index.tolist()))
        .order_by(d.beat_id, d.shift_id, d.role)
    )
    beat, shift, role, required, weights = _columns(session, query)
    return pd.DataFrame(
        {
            "beat_id": _named(beats, beat),
            "shift_id": _named(shifts, shift),
            "role": rows.texts_column(role),
            "required": np.array(required, np.int64),
            "weight": rows.weight_tuples(weights, required),
        }
    )


def _pins(session: Session, shifts: pd.Series, beats: pd.Series, people: pd.Series) -> pd.DataFrame:
    query = (
        select(Pin.person_id, Pin.beat_id, Pin.shift_id, Pin.role, Pin.kind)
        .where(Pin.shift_id.in_(shifts.index.tolist()))
        .order_by(Pin.id)
    )
    found = pd.DataFrame(
        dict(
            zip(("person", "beat", "shift", "role", "kind"), _columns(session, query), strict=True)
        )
    )
    found = found[found["person"].isin(people.index)]
    return pd.DataFrame(
        {
            "person_id": _named(people, found["person"]),
            "beat_id": _named(beats, found["beat"]),
            "shift_id": _named(shifts, found["shift"]),
            "role": rows.texts_column(found["role"].tolist()),
            "kind": rows.texts_column(found["kind"].tolist()),
        }
    )


def _named(codes: pd.Series, ids: Any) -> pd.Series:
    """Give the code of each id."""
    return rows.texts_column(codes.reindex(pd.Index(ids, dtype="int64")).tolist())
