"""Rows back into a scenario, equal to what was stored in every value, type and order."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import select

from data.bundle.layout import TABLES
from data.store import bundle_rows as rows
from data.store.errors import ScenarioMissingError
from data.store.tables import scenarios as t
from dispatch.rules import Costs, Rules
from dispatch.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from data.store.bundle_extras import Extras
    from data.store.tables.base import Base

# Table of a bundle → table of ours with one row a row of it.
ROWS_OF: dict[str, type[Base]] = {
    "beats": t.EditionBeat,
    "cells": t.EditionCell,
    "shifts": t.ScenarioShift,
    "roles": t.ScenarioRole,
    "people": t.ScenarioPerson,
    "availability": t.ScenarioAvailability,
    "demand": t.ScenarioDemand,
    "pins": t.ScenarioPin,
}


def find_scenario(session: Session, scenario_id: int) -> t.Scenario:
    """Give a scenario's own row.

    Raises
    ------
    ScenarioMissingError
        Where there is none of this number.
    """
    row = session.get(t.Scenario, scenario_id)
    if row is None:
        raise ScenarioMissingError(f"Expected the number of a stored scenario, got {scenario_id}.")
    return row


def load_scenario(session: Session, scenario_id: int) -> Scenario:
    """Read a scenario.

    Raises
    ------
    ScenarioMissingError
        Where there is none of this number.
    """
    row = find_scenario(session, scenario_id)
    settings = json.loads(row.settings)
    costs = {**settings["costs"], "extra_shift": tuple(settings["costs"]["extra_shift"])}
    beats = _beats(session, row)
    shifts, roles, people = _shifts(session, row), _roles(session, row), _people(session, row)
    codes = {
        "person": people["person_id"],
        "beat": beats["beat_id"],
        "shift": shifts["shift_id"],
        "role": roles["role"],
    }
    return Scenario(
        name=settings["name"],
        timezone=settings["timezone"],
        cell_resolution=settings["cell_resolution"],
        rules=Rules(**settings["rules"]),
        costs=Costs(**costs),
        beats=beats,
        cells=_cells(session, row, beats),
        shifts=shifts,
        roles=roles,
        people=people,
        availability=_availability(session, row, codes),
        demand=_demand(session, row, codes),
        pins=_pins(session, row, codes),
    )


def load_extras(session: Session, scenario_id: int) -> Extras:
    """Read a scenario's unknown columns and tables, as texts."""
    row = find_scenario(session, scenario_id)
    extras: Extras = {}
    table = t.ScenarioTable
    known = session.execute(
        select(table.table, table.columns).where(table.scenario_id == scenario_id)
    )
    order = [layout.name for layout in TABLES]
    for name, columns in sorted(known, key=lambda item: (_rank(order, item[0]), item[0])):
        texts = _extra_texts(session, row, name)
        values = [json.loads(text) for text in texts]
        extras[name] = pd.DataFrame(
            {
                column: rows.texts_column([value[i] for value in values])
                for i, column in enumerate(json.loads(columns))
            }
        )
    return extras


def _rank(order: list[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _extra_texts(session: Session, row: t.Scenario, name: str) -> Sequence[str]:
    if name not in ROWS_OF:
        query = select(t.ScenarioRow.content).where(
            t.ScenarioRow.scenario_id == row.id, t.ScenarioRow.table == name
        )
        return session.scalars(query.order_by(t.ScenarioRow.position)).all()
    return _columns(session, row, ROWS_OF[name], "extra")[0]


def _columns(session: Session, row: t.Scenario, table: type[Base], *names: str) -> list[list[Any]]:
    """Give columns of a scenario's rows in the order of its file."""
    columns = table.__table__.c
    mine = (
        columns.scenario_id == row.id
        if "scenario_id" in columns
        else columns.edition_id == row.edition_id
    )
    query = select(*(columns[name] for name in names), columns.position).where(mine)
    # Plain tuples of a connection: a session would look at each row again.
    found = session.connection().execute(query).all()
    if not found:
        return [[] for _ in names]
    *values, position = zip(*found, strict=True)
    order = np.argsort(np.array(position))
    if np.array_equal(order, np.arange(len(order))):
        return [list(column) for column in values]
    places = order.tolist()
    return [[column[i] for i in places] for column in values]


def _integers(values: Sequence[int]) -> Any:
    return np.array(values, np.int64)


def _beats(session: Session, row: t.Scenario) -> pd.DataFrame:
    texts = ("code", "station_code", "sub_bureau_code", "name", "station_name", "sub_bureau_name")
    *found, lng, lat = _columns(session, row, t.EditionBeat, *texts, "lng", "lat")
    beat, station, sub_bureau, name, station_name, sub_bureau_name = map(rows.texts_column, found)
    return pd.DataFrame(
        {
            "beat_id": beat,
            "station_id": station,
            "sub_bureau_id": sub_bureau,
            "name": name,
            "lng": np.array(lng, np.float64),
            "lat": np.array(lat, np.float64),
            "station_name": station_name,
            "sub_bureau_name": sub_bureau_name,
        }
    )


def _cells(session: Session, row: t.Scenario, beats: pd.DataFrame) -> pd.DataFrame:
    cell, beat, weight = _columns(session, row, t.EditionCell, "cell", "beat", "weight")
    return pd.DataFrame(
        {
            "cell": np.array(cell, np.uint64),
            "beat_id": rows.named(beats["beat_id"], _integers(beat)),
            "weight": np.array(weight, np.float64),
        }
    )


def _shifts(session: Session, row: t.Scenario) -> pd.DataFrame:
    code, starts, ends = _columns(session, row, t.ScenarioShift, "code", "starts_at", "ends_at")
    return pd.DataFrame(
        {
            "shift_id": rows.texts_column(code),
            "starts_at": pd.Series(pd.to_datetime(starts, utc=True).as_unit("us")),
            "ends_at": pd.Series(pd.to_datetime(ends, utc=True).as_unit("us")),
        }
    )


def _roles(session: Session, row: t.Scenario) -> pd.DataFrame:
    names = ("code", "tier", "hazardous", "supervised", "professions", "qualifications")
    code, tier, hazardous, supervised, *lists = _columns(session, row, t.ScenarioRole, *names)
    return pd.DataFrame(
        {
            "role": rows.texts_column(code),
            "tier": rows.texts_column(tier),
            "hazardous": np.array(hazardous, np.bool_),
            "supervised": np.array(supervised, np.bool_),
            "professions": rows.split(lists[0]),
            "qualifications": rows.split(lists[1]),
        }
    )


def _people(session: Session, row: t.Scenario) -> pd.DataFrame:
    texts = ("code", "tier", "station_code", "profession")
    numbers = ("lng", "lat", "max_shifts", "travel_limit_m", "show_up")
    names = (*texts, "qualifications", *numbers, "insured_until")
    found = dict(zip(names, _columns(session, row, t.ScenarioPerson, *names), strict=True))
    return pd.DataFrame(
        {
            "person_id": rows.texts_column(found["code"]),
            "tier": rows.texts_column(found["tier"]),
            "station_id": rows.texts_column(found["station_code"]),
            "profession": rows.texts_column(found["profession"]),
            "qualifications": rows.split(found["qualifications"]),
            "lng": np.array(found["lng"], np.float64),
            "lat": np.array(found["lat"], np.float64),
            "max_shifts": _integers(found["max_shifts"]),
            "travel_limit_m": np.array(found["travel_limit_m"], np.float64),  # None → NaN
            "insured_until": rows.days_column(found["insured_until"]),
            "show_up": np.array(found["show_up"], np.float64),
        }
    )


def _availability(session: Session, row: t.Scenario, codes: dict[str, pd.Series]) -> pd.DataFrame:
    table = t.ScenarioAvailability
    person, shift, dislike = _columns(session, row, table, "person", "shift", "dislike")
    return pd.DataFrame(
        {
            "person_id": rows.named(codes["person"], _integers(person)),
            "shift_id": rows.named(codes["shift"], _integers(shift)),
            "dislike": _integers(dislike),
        }
    )


def _demand(session: Session, row: t.Scenario, codes: dict[str, pd.Series]) -> pd.DataFrame:
    names = ("beat", "shift", "role", "required", "weights")
    *post, required, weights = _columns(session, row, t.ScenarioDemand, *names)
    return pd.DataFrame(
        {
            **_post(post, codes),
            "required": _integers(required),
            "weight": rows.weight_tuples(weights, required),
        }
    )


def _pins(session: Session, row: t.Scenario, codes: dict[str, pd.Series]) -> pd.DataFrame:
    names = ("person", "beat", "shift", "role", "kind")
    person, *post, kind = _columns(session, row, t.ScenarioPin, *names)
    return pd.DataFrame(
        {
            "person_id": rows.named(codes["person"], _integers(person)),
            **_post(post, codes),
            "kind": rows.texts_column(kind),
        }
    )


def _post(post: list[list[Any]], codes: dict[str, pd.Series]) -> dict[str, pd.Series]:
    beat, shift, role = map(_integers, post)
    return {
        "beat_id": rows.named(codes["beat"], beat),
        "shift_id": rows.named(codes["shift"], shift),
        "role": rows.named(codes["role"], role),
    }
