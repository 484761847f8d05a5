"""Scenarios into rows: one transaction, ids turned into positions."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import insert, select
from sqlalchemy.dialects import postgresql, sqlite

from data.bundle.layout import TABLES
from data.bundle.settings import Settings, settings_json
from data.store import bundle_rows as rows
from data.store.bulk import insert_columns
from data.store.tables import scenarios as t
from data.store.tables.people import Person

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd
    from sqlalchemy.orm import Session

    from data.store.bundle_extras import Extras
    from data.store.bundle_io import BundleRecord
    from data.store.tables.base import Base
    from dispatch.scenario import Scenario

    Columns = dict[str, list[Any]]

OF_CONTRACT = frozenset(layout.name for layout in TABLES)


def store_scenario(
    session: Session,
    record: BundleRecord,
    *,
    created_by: str,
    now: datetime,
    link_people: bool = False,
) -> int:
    """Insert a scenario; return its id.

    Parameters
    ----------
    record : BundleRecord
        See `data.store.bundle_io.make_record`.
    created_by, now : str, datetime
        Whose it is, since when.
    link_people : bool
        Whether people whose id is the code of a living record are linked to it.
    """
    scenario = record.scenario
    starts, ends = scenario.shifts["starts_at"], scenario.shifts["ends_at"]
    row = t.Scenario(
        edition_id=_store_edition(session, scenario, record.extras),
        name=scenario.name,
        settings=settings_json(_settings(scenario)),
        sha256=record.sha256,
        source_sha256=record.source_sha256,
        starts_at=starts.min().to_pydatetime() if len(starts) else None,
        ends_at=ends.max().to_pydatetime() if len(ends) else None,
        created_at=now,
        created_by=created_by,
    )
    session.add(row)
    session.flush()
    _store_unknown(session, row.id, record.extras)
    people = _people(scenario)
    if link_people:
        living = dict(session.execute(select(Person.code, Person.id)).all())
        people["person_id"] = [living.get(code) for code in people["code"]]
    tables: tuple[tuple[type[Base], str, Columns], ...] = (
        (t.ScenarioShift, "shifts", _shifts(scenario)),
        (t.ScenarioRole, "roles", _roles(scenario)),
        (t.ScenarioPerson, "people", people),
        (t.ScenarioAvailability, "availability", _availability(scenario)),
        (t.ScenarioDemand, "demand", _demand(scenario)),
        (t.ScenarioPin, "pins", _pins(scenario)),
    )
    for table, name, columns in tables:
        _insert(session, table, {"scenario_id": row.id}, columns, record.extras.get(name))
    return row.id


def _settings(scenario: Scenario) -> Settings:
    return Settings(
        scenario.name, scenario.timezone, scenario.cell_resolution, scenario.rules, scenario.costs
    )


def _store_edition(session: Session, scenario: Scenario, extras: Extras) -> int:
    """Insert the scenario's beats and cells, unless an equal edition is there already."""
    beats, cells = _beats(scenario), _cells(scenario)
    sha256 = _edition_sha256(scenario, beats, extras)
    values = {
        "sha256": sha256,
        "cell_resolution": scenario.cell_resolution,
        "num_beats": len(scenario.beats),
        "num_cells": len(scenario.cells),
    }
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    upsert = sqlite.insert if is_sqlite else postgresql.insert
    made = session.execute(
        upsert(t.GroundEdition)
        .values(values)
        .on_conflict_do_nothing(index_elements=["sha256"])
        .returning(t.GroundEdition.id)
    ).scalar()
    if made is None:
        return session.scalars(
            select(t.GroundEdition.id).where(t.GroundEdition.sha256 == sha256)
        ).one()
    owner = {"edition_id": made}
    _insert(session, t.EditionBeat, owner, beats, extras.get("beats"))
    # In the order of the key, which is the order on the disk.
    order = np.argsort(scenario.cells["cell"].to_numpy(), kind="stable")
    unknown = extras.get("cells")
    _insert(
        session,
        t.EditionCell,
        owner,
        {name: np.asarray(values)[order].tolist() for name, values in cells.items()},
        None if unknown is None else unknown.iloc[order],
    )
    return made


def _edition_sha256(scenario: Scenario, beats: Columns, extras: Extras) -> str:
    digest = hashlib.sha256()
    unknown = [_row_texts(extras[name]) for name in ("beats", "cells") if name in extras]
    digest.update(_json([scenario.cell_resolution, beats, unknown]).encode())
    beat = np.array(rows.positions(scenario.cells["beat_id"], scenario.beats["beat_id"]), "<i8")
    for column in (scenario.cells["cell"].to_numpy("<u8"), beat):
        digest.update(column.tobytes())
    digest.update(scenario.cells["weight"].to_numpy("<f8").tobytes())
    return digest.hexdigest()


def _store_unknown(session: Session, scenario_id: int, extras: Extras) -> None:
    for name, table in extras.items():
        session.execute(
            insert(t.ScenarioTable).values(
                scenario_id=scenario_id, table=name, columns=_json(list(table.columns))
            )
        )
        if name not in OF_CONTRACT and len(table):
            columns: Columns = {
                "scenario_id": [scenario_id] * len(table),
                "table_name": [name] * len(table),
                "position": list(range(len(table))),
                "content": _row_texts(table),
            }
            insert_columns(session, _table(t.ScenarioRow), columns)


def _insert(
    session: Session,
    table: type[Base],
    owner: dict[str, int],
    columns: Columns,
    extra: pd.DataFrame | None,
) -> None:
    num_rows = len(columns["position"])
    if not num_rows:
        return
    all_columns: Columns = {name: [value] * num_rows for name, value in owner.items()}
    all_columns |= columns
    if extra is not None:
        all_columns["extra"] = _row_texts(extra)
    insert_columns(session, _table(table), all_columns)


def _table(mapped: type[Base]) -> Any:
    return mapped.__table__


def _row_texts(table: pd.DataFrame) -> list[str]:
    columns = [table[name].tolist() for name in table.columns]
    return [_json(row) for row in zip(*columns, strict=True)]


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _count(table: pd.DataFrame) -> list[int]:
    return list(range(len(table)))


def _beats(scenario: Scenario) -> Columns:
    beats = scenario.beats
    same = ("name", "lng", "lat", "station_name", "sub_bureau_name")
    return {
        "position": _count(beats),
        "code": beats["beat_id"].tolist(),
        "station_code": beats["station_id"].tolist(),
        "sub_bureau_code": beats["sub_bureau_id"].tolist(),
        **{name: beats[name].tolist() for name in same},
    }


def _cells(scenario: Scenario) -> Columns:
    cells = scenario.cells
    return {
        "cell": cells["cell"].tolist(),
        "position": _count(cells),
        "beat": rows.positions(cells["beat_id"], scenario.beats["beat_id"]),
        "weight": cells["weight"].tolist(),
    }


def _shifts(scenario: Scenario) -> Columns:
    shifts = scenario.shifts
    return {
        "position": _count(shifts),
        "code": shifts["shift_id"].tolist(),
        "starts_at": shifts["starts_at"].dt.to_pydatetime().tolist(),
        "ends_at": shifts["ends_at"].dt.to_pydatetime().tolist(),
    }


def _roles(scenario: Scenario) -> Columns:
    roles = scenario.roles
    return {
        "position": _count(roles),
        "code": roles["role"].tolist(),
        **{name: roles[name].tolist() for name in ("tier", "hazardous", "supervised")},
        **{name: rows.joined(roles[name]) for name in ("professions", "qualifications")},
    }


def _people(scenario: Scenario) -> Columns:
    people = scenario.people
    same = ("tier", "profession", "lng", "lat", "max_shifts", "show_up")
    return {
        "position": _count(people),
        "code": people["person_id"].tolist(),
        "station_code": people["station_id"].tolist(),
        "qualifications": rows.joined(people["qualifications"]),
        "travel_limit_m": rows.optional_numbers(people["travel_limit_m"]),
        "insured_until": rows.optional_days(people["insured_until"]),
        **{name: people[name].tolist() for name in same},
    }


def _availability(scenario: Scenario) -> Columns:
    table = scenario.availability
    return {
        "person": rows.positions(table["person_id"], scenario.people["person_id"]),
        "shift": rows.positions(table["shift_id"], scenario.shifts["shift_id"]),
        "position": _count(table),
        "dislike": table["dislike"].tolist(),
    }


def _demand(scenario: Scenario) -> Columns:
    demand = scenario.demand
    return {
        **_post(scenario, demand),
        "position": _count(demand),
        "required": demand["required"].tolist(),
        "weights": rows.weight_texts(demand["weight"]),
    }


def _pins(scenario: Scenario) -> Columns:
    pins = scenario.pins
    return {
        "position": _count(pins),
        "person": rows.positions(pins["person_id"], scenario.people["person_id"]),
        **_post(scenario, pins),
        "kind": pins["kind"].tolist(),
    }


def _post(scenario: Scenario, table: pd.DataFrame) -> Columns:
    return {
        "beat": rows.positions(table["beat_id"], scenario.beats["beat_id"]),
        "shift": rows.positions(table["shift_id"], scenario.shifts["shift_id"]),
        "role": rows.positions(table["role"], scenario.roles["role"]),
    }
