"""Finished plans into the database as drafts, and back, without loss."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from data.store import bundle_rows as rows
from data.store.bulk import insert_columns
from data.store.errors import RosterStateError, ScenarioMissingError
from data.store.scenario_reading import find_scenario
from data.store.tables import rosters as t
from data.store.tables import scenarios
from dispatch.roster import GAP_COLUMNS, PlanResult, Report

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.tables.base import Base

    Columns = dict[str, list[Any]]

_LINE = ("beat", "shift", "role")
_COUNTS = ("missing", "weight", *GAP_COLUMNS[6:12])
_DOCUMENTS = ("violations", "seconds", "versions")


def store_draft(
    session: Session,
    scenario_id: int,
    result: PlanResult,
    *,
    label: str,
    created_by: str,
    now: datetime,
    predecessor_id: int | None = None,
) -> int:
    """Insert a plan of a stored scenario as a draft; return the roster's id.

    Parameters
    ----------
    result : PlanResult
        Its report must name the scenario's hash.
    predecessor_id : int, optional
        The roster that this one repairs.

    Raises
    ------
    ScenarioMissingError
        Where there is no such scenario or roster.
    RosterStateError
        For a plan of another scenario.
    """
    scenario = find_scenario(session, scenario_id)
    if result.report.scenario_sha256 != scenario.sha256:
        raise RosterStateError(
            f"Expected a plan of the scenario {scenario.sha256}, "
            f"got one of {result.report.scenario_sha256}."
        )
    if predecessor_id is not None:
        find_roster(session, predecessor_id)
    row = t.Roster(
        scenario_id=scenario_id,
        predecessor_id=predecessor_id,
        state="draft",
        label=label,
        created_at=now,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    codes = _codes(session, scenario)
    report = asdict(result.report)
    documents = {name: json.dumps(report.pop(name), ensure_ascii=False) for name in _DOCUMENTS}
    session.add(t.RosterReport(roster_id=row.id, **report, **documents))
    session.flush()
    roster, gaps, prices = result.roster, result.gaps, result.prices
    people = {"person": rows.positions(roster["person_id"], codes["person"])}
    _insert(session, t.Assignment, row.id, {**people, **_places(roster, codes)})
    words: Columns = {name: gaps[name].tolist() for name in ("cause", "remedy")}
    if "remedy_en" in gaps:
        words["remedy_en"] = gaps["remedy_en"].tolist()
    counts: Columns = {name: gaps[name].tolist() for name in _COUNTS}
    _insert(session, t.RosterGap, row.id, {**_places(gaps, codes), **counts, **words})
    price: Columns = {"price": prices["price"].astype("float64").tolist()}
    _insert(session, t.RosterPrice, row.id, {**_places(prices, codes), **price})
    return row.id


def load_result(session: Session, roster_id: int) -> PlanResult:
    """Read a roster with its report, gaps and prices, as `data.results.read_result` gives them.

    Raises
    ------
    ScenarioMissingError
        Where there is no such roster.
    """
    row = find_roster(session, roster_id)
    scenario = find_scenario(session, row.scenario_id)
    codes = _codes(session, scenario)
    report = session.get_one(t.RosterReport, roster_id)
    values = {name: getattr(report, name) for name in Report.__dataclass_fields__}
    values |= {name: json.loads(values[name]) for name in _DOCUMENTS}
    return PlanResult(
        roster=_assignments(session, roster_id, codes),
        report=Report(**values),
        gaps=_gaps(session, roster_id, codes),
        prices=_prices(session, roster_id, codes),
    )


def load_roster(session: Session, roster_id: int) -> pd.DataFrame:
    """Read a roster's assignments alone: ``person_id, beat_id, shift_id, role``."""
    row = find_roster(session, roster_id)
    return _assignments(
        session, roster_id, _codes(session, find_scenario(session, row.scenario_id))
    )


def find_roster(session: Session, roster_id: int) -> t.Roster:
    """Give a roster's own row.

    Raises
    ------
    ScenarioMissingError
        Where there is none of this number.
    """
    row = session.get(t.Roster, roster_id)
    if row is None:
        raise ScenarioMissingError(f"Expected the number of a stored roster, got {roster_id}.")
    return row


def _codes(session: Session, scenario: scenarios.Scenario) -> dict[str, pd.Series]:
    def of(table: Any, mine: Any) -> pd.Series:
        return rows.texts_column(
            session.scalars(select(table.code).where(mine).order_by(table.position)).all()
        )

    s = scenarios
    return {
        "person": of(s.ScenarioPerson, s.ScenarioPerson.scenario_id == scenario.id),
        "beat": of(s.EditionBeat, s.EditionBeat.edition_id == scenario.edition_id),
        "shift": of(s.ScenarioShift, s.ScenarioShift.scenario_id == scenario.id),
        "role": of(s.ScenarioRole, s.ScenarioRole.scenario_id == scenario.id),
    }


def _places(table: pd.DataFrame, codes: dict[str, pd.Series]) -> Columns:
    return {
        "beat": rows.positions(table["beat_id"], codes["beat"]),
        "shift": rows.positions(table["shift_id"], codes["shift"]),
        "role": rows.positions(table["role"], codes["role"]),
    }


def _insert(session: Session, table: type[Base], roster_id: int, columns: Columns) -> None:
    num_rows = len(columns["beat"])
    if num_rows:
        owner: Columns = {"roster_id": [roster_id] * num_rows, "position": list(range(num_rows))}
        mapped: Any = table.__table__
        insert_columns(session, mapped, {**owner, **columns})


def _read(
    session: Session, table: type[Base], roster_id: int, names: Iterable[str]
) -> dict[str, list[Any]]:
    columns = table.__table__.c
    names = list(names)
    query = (
        select(*(columns[name] for name in names))
        .where(columns.roster_id == roster_id)
        .order_by(columns.position)
    )
    found = session.connection().execute(query).all()
    return (
        dict(zip(names, map(list, zip(*found, strict=True)), strict=True))
        if found
        else {name: [] for name in names}
    )


def _line(found: dict[str, list[Any]], codes: dict[str, pd.Series]) -> dict[str, pd.Series]:
    beat, shift, role = (np.array(found[name], np.int64) for name in _LINE)
    return {
        "beat_id": rows.named(codes["beat"], beat),
        "shift_id": rows.named(codes["shift"], shift),
        "role": rows.named(codes["role"], role),
    }


def _assignments(session: Session, roster_id: int, codes: dict[str, pd.Series]) -> pd.DataFrame:
    found = _read(session, t.Assignment, roster_id, ("person", *_LINE))
    person = rows.named(codes["person"], np.array(found["person"], np.int64))
    return pd.DataFrame({"person_id": person, **_line(found, codes)})


def _gaps(session: Session, roster_id: int, codes: dict[str, pd.Series]) -> pd.DataFrame:
    names = (*_LINE, *_COUNTS, "cause", "remedy", "remedy_en")
    found = _read(session, t.RosterGap, roster_id, names)
    columns = {
        **_line(found, codes),
        **{name: np.array(found[name], np.int64) for name in _COUNTS},
        "cause": rows.texts_column(found["cause"]),
        "remedy": rows.texts_column(found["remedy"]),
    }
    table = pd.DataFrame({name: columns[name] for name in GAP_COLUMNS})
    if found["remedy_en"] and None not in found["remedy_en"]:
        table["remedy_en"] = rows.texts_column(found["remedy_en"])
    return table


def _prices(session: Session, roster_id: int, codes: dict[str, pd.Series]) -> pd.DataFrame:
    found = _read(session, t.RosterPrice, roster_id, (*_LINE, "price"))
    price = np.array(found["price"], np.float64)
    whole = bool((price == price.astype(np.int64)).all())
    return pd.DataFrame(
        {**_line(found, codes), "price": price.astype(np.int64) if whole else price}
    )
