"""Begin a city's records with a bundle: its ground, people, teams, shifts, demand and pins.

What a bundle says of a week becomes what the store knows from now on. Availability stays in the
scenario: a dated yes is neither a habit nor an exception to one. Ages are left out, too: a birthday
cannot be told from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy import func, select

from data.store import bundle_rows as rows
from data.store.bulk import reserve_ids
from data.store.catalogue_filling import fill_catalogue
from data.store.errors import StoreError
from data.store.filling import Filling, ids_of, paired, table_of
from data.store.tables import demand, ground, insurance, people, shifts, teams, training
from grid.cells import cells_at

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from data.store.bundle_io import BundleRecord
    from data.store.filling import Columns

UNKNOWN_INSURER = "?"
_SEXES = {"male": "male", "female": "female"}


def has_records(session: Session) -> bool:
    """Tell whether there are people or ground in the records."""
    return any(
        session.scalar(select(table.id).limit(1)) is not None
        for table in (people.Person, ground.Bureau)
    )


def fill_records(
    session: Session, record: BundleRecord, *, bureau_name: str, now: datetime
) -> dict[str, int]:
    """Fill a store that has no people and no ground yet; return rows by table.

    Parameters
    ----------
    record : BundleRecord
        Of `data.store.bundle_io.read_record`; ``name``, ``sex`` and ``team_id`` of people and the
        table ``teams`` are taken where it has them.
    bureau_name : str
        What people call the city's bureau.

    Raises
    ------
    StoreError
        Where there are records already.
    """
    for table in (people.Person, ground.Bureau, teams.Team):
        if count := session.scalar(select(func.count()).select_from(table)):
            raise StoreError(f"Expected no rows in {table.__tablename__} yet, got {count}.")
    today = now.astimezone(ZoneInfo(record.scenario.timezone)).date()
    filling = Filling(session, record.scenario, record.extras, now, today, {})
    fill_catalogue(filling)
    stations, beats = _fill_ground(filling, bureau_name)
    persons = _fill_people(filling, stations)
    _fill_teams(filling, stations, persons)
    _fill_plan(filling, beats, persons)
    return filling.counts


def _fill_ground(filling: Filling, bureau_name: str) -> tuple[dict[str, int], dict[str, int]]:
    beats, cells = filling.scenario.beats, filling.scenario.cells
    bureau = filling.insert_coded(ground.Bureau, {"code": ["bureau"], "name": [bureau_name]})
    units = beats.drop_duplicates("sub_bureau_id")
    sub_bureaus = filling.insert_coded(
        ground.SubBureau,
        {
            "bureau_id": [bureau["bureau"]] * len(units),
            "code": units["sub_bureau_id"].tolist(),
            "name": units["sub_bureau_name"].tolist(),
        },
    )
    units = beats.drop_duplicates("station_id")
    stations = filling.insert_coded(
        ground.Station,
        {
            "sub_bureau_id": ids_of(units["sub_bureau_id"], sub_bureaus),
            "code": units["station_id"].tolist(),
            "name": units["station_name"].tolist(),
        },
    )
    made = filling.insert_coded(
        ground.Beat,
        {
            "station_id": ids_of(beats["station_id"], stations),
            "code": beats["beat_id"].tolist(),
            **{name: beats[name].tolist() for name in ("name", "lat", "lng")},
        },
    )
    cells = cells.sort_values("cell", kind="stable")
    filling.insert(
        ground.GroundCell,
        {
            "cell": cells["cell"].tolist(),
            "beat_id": ids_of(cells["beat_id"], made),
            "weight": cells["weight"].tolist(),
        },
    )
    return stations, made


def _fill_people(filling: Filling, stations: dict[str, int]) -> dict[str, int]:
    table, extra = filling.scenario.people, filling.extras.get("people", pd.DataFrame())
    lat, lng = table["lat"].to_numpy(), table["lng"].to_numpy()
    count = len(table)
    sexes = extra["sex"].tolist() if "sex" in extra else [""] * count
    columns: Columns = {
        "code": table["person_id"].tolist(),
        "tier": table["tier"].tolist(),
        "state": ["active"] * count,
        "station_id": [stations.get(code) for code in table["station_id"]],
        "profession": [code or None for code in table["profession"]],
        "name": extra["name"].tolist() if "name" in extra else [None] * count,
        "sex": [_SEXES.get(sex, "unknown") for sex in sexes],
        "home_lat": lat.tolist(),
        "home_lng": lng.tolist(),
        "home_cell": cells_at(lat, lng, filling.scenario.cell_resolution).tolist(),
        "max_shifts": table["max_shifts"].tolist(),
        "travel_limit_m": rows.optional_numbers(table["travel_limit_m"]),
        "show_up": table["show_up"].tolist(),
        "created_at": [filling.now] * count,
        "updated_at": [filling.now] * count,
        "row_version": [1] * count,
    }
    persons = filling.insert_coded(people.Person, columns)
    held = [
        (persons[code], word)
        for code, words in zip(table["person_id"], table["qualifications"], strict=True)
        for word in dict.fromkeys(words)
    ]
    filling.insert(
        training.PersonQualification,
        {
            **paired(("person_id", "qualification"), held),
            "granted_on": [filling.today] * len(held),
        },
    )
    _fill_insurance(filling, persons)
    return persons


def _fill_insurance(filling: Filling, persons: dict[str, int]) -> None:
    """Make one policy for each day on which covers end: a bundle does not know more of them."""
    until = rows.optional_days(filling.scenario.people["insured_until"])
    covered = [(persons[code], day) for code, day in zip(persons, until, strict=True) if day]
    days = sorted({day for _, day in covered})
    policies = reserve_ids(filling.session, table_of(insurance.InsurancePolicy), len(days))
    policy_of = dict(zip(days, policies, strict=True))
    filling.insert(
        insurance.InsurancePolicy,
        {
            "id": policies,
            "insurer": [UNKNOWN_INSURER] * len(days),
            "policy_no": [f"until {day.isoformat()}" for day in days],
            "starts_on": [min(filling.today, day) for day in days],
            "ends_on": days,
        },
    )
    filling.insert(
        insurance.InsuranceCover,
        {
            "policy_id": [policy_of[day] for _, day in covered],
            "person_id": [person for person, _ in covered],
            "starts_on": [min(filling.today, day) for _, day in covered],
            "ends_on": [day for _, day in covered],
        },
    )


def _fill_teams(filling: Filling, stations: dict[str, int], persons: dict[str, int]) -> None:
    given = filling.extras.get("teams")
    if given is None or not {"team_id", "name"} <= set(given.columns):
        return
    blank = [""] * len(given)
    station = given["station_id"].tolist() if "station_id" in given else blank
    specialism = given["specialism"].tolist() if "specialism" in given else blank
    roles = set(filling.scenario.roles["role"])
    made = filling.insert_coded(
        teams.Team,
        {
            "code": given["team_id"].tolist(),
            "name": given["name"].tolist(),
            "station_id": [stations.get(code) for code in station],
            "specialism": [role if role in roles else None for role in specialism],
            "is_active": [True] * len(given),
        },
    )
    extra = filling.extras.get("people", pd.DataFrame())
    if "team_id" not in extra:
        return
    joined = [
        (made[team], persons[code])
        for code, team in zip(filling.scenario.people["person_id"], extra["team_id"], strict=True)
        if team in made
    ]
    filling.insert(
        teams.TeamMember,
        {
            **paired(("team_id", "person_id"), joined),
            "is_leader": [False] * len(joined),
            "since": [filling.today] * len(joined),
        },
    )


def _fill_plan(filling: Filling, beats: dict[str, int], persons: dict[str, int]) -> None:
    scenario = filling.scenario
    made = filling.insert_coded(
        shifts.Shift,
        {
            "code": scenario.shifts["shift_id"].tolist(),
            "starts_at": scenario.shifts["starts_at"].dt.to_pydatetime().tolist(),
            "ends_at": scenario.shifts["ends_at"].dt.to_pydatetime().tolist(),
        },
    )

    def post(table: pd.DataFrame) -> Columns:
        return {
            "beat_id": ids_of(table["beat_id"], beats),
            "shift_id": ids_of(table["shift_id"], made),
            "role": table["role"].tolist(),
        }

    lines, pins = scenario.demand, scenario.pins
    filling.insert(
        demand.DemandLine,
        {
            **post(lines),
            "required": lines["required"].tolist(),
            "weights": rows.weight_texts(lines["weight"]),
        },
    )
    filling.insert(
        demand.Pin,
        {
            "person_id": ids_of(pins["person_id"], persons),
            **post(pins),
            "kind": pins["kind"].tolist(),
            "created_at": [filling.now] * len(pins),
            "created_by": ["bundle"] * len(pins),
        },
    )
