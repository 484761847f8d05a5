"""The tiny city in a store: planned by hand, its ground and people as living records, published.

On top of the scenario there is what only living records have: a team of Kunbei, who works which
beat, phones and ID numbers (made up), and a second sub-bureau, Jiuyuan, with one station, beat and
volunteer: what must stay out of sight.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import select
from tiny_city import BEATS, roster_table, tiny_scenario

from data.bundle import write_bundle
from data.store.bundle_io import BundleRecord, read_record
from data.store.keys import derive
from data.store.personal import set_personal
from data.store.records_from_bundle import fill_records
from data.store.result_io import store_draft
from data.store.roster_states import publish
from data.store.scenario_writing import store_scenario
from data.store.tables.ground import Beat, GroundCell, Station, SubBureau
from data.store.tables.people import Person
from data.store.tables.teams import BeatMember, Team, TeamMember
from dispatch.check import check
from dispatch.gaps import explain_gaps
from dispatch.roster import PlanResult, Report
from grid.cells import cell_centres, cells_at
from grid.travel import great_circle_m

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from data.store.engine import Store
    from dispatch.scenario import Scenario

NOW = datetime(2026, 11, 25, 4, tzinfo=UTC)
TODAY = date(2026, 11, 25)
KEYS = derive(b"tiny" * 8)
HALIN = (40.6050, 109.9700)

# Keeps every rule; Haiwei's evening lacks its third patrol guard and the mediator.
ROSTER = roster_table(
    ("li", "haiwei", "evening", "auxiliary"),
    ("liu", "haiwei", "evening", "patrol_guard"),
    ("sun", "haiwei", "evening", "patrol_guard"),
    ("wang", "huasheng", "evening", "officer"),
    ("zhao", "limin", "night", "auxiliary"),
)
HOSTILE = "</script><script>alert(1)</script>{{ 7*7 }}"
PHONES = {
    code: f"1380000{number:04}"
    for number, code in enumerate(("wang", "li", "zhao", "chen", "liu", "sun", "qian"), start=1)
}
ID_NUMBERS = {code: f"15020319900101{number:04}" for number, code in enumerate(PHONES, start=1)}


def ground() -> pd.DataFrame:
    """Give every beat the cells of a square kilometre around it that are nearest to it."""
    steps = np.arange(-0.006, 0.0061, 0.0008)
    beats = BEATS[["lat", "lng"]].to_numpy()
    points = np.concatenate(
        [np.stack(np.meshgrid(lat + steps, lng + steps), -1).reshape(-1, 2) for lat, lng in beats]
    )
    cells = np.unique(cells_at(points[:, 0], points[:, 1], 9))
    lat, lng = cell_centres(cells)
    distance = great_circle_m(lat[:, None], lng[:, None], beats[:, 0], beats[:, 1])
    owner = BEATS["beat_id"].to_numpy()[distance.argmin(axis=1)]
    weight = np.where(distance.min(axis=1) < 500, 2.0, 0.5)
    weight[0] = 0.0
    table = pd.DataFrame({"cell": cells, "beat_id": owner, "weight": weight})
    return table.astype({"beat_id": "str"})


def named(beats: pd.DataFrame) -> pd.DataFrame:
    """Give the third beat a name that would run in a careless page."""
    return beats.assign(name=["海威警格", "华盛警格", HOSTILE]).astype({"name": "str"})


def plan_by_hand(scenario: Scenario, roster: pd.DataFrame, sha256: str) -> PlanResult:
    """Make a checked result with the true objective and a bound that is surely one."""
    found = check(scenario, roster)
    report = Report(
        objective=found.objective,
        bound=found.objective // 2,
        gap=1 - (found.objective // 2) / found.objective,
        weighted_unmet=found.weighted_unmet,
        unmet=found.unmet,
        travel_cost=found.travel_cost,
        fairness_cost=found.fairness_cost,
        dislike_cost=found.dislike_cost,
        assigned=found.assigned,
        violations=found.violations,
        seconds={"by hand": 1.0},
        seed=1,
        workers=1,
        scenario_sha256=sha256,
        versions={},
    )
    prices = scenario.demand[["beat_id", "shift_id", "role"]].assign(price=0)
    return PlanResult(roster, report, explain_gaps(scenario, roster), prices)


def write_tiny_bundle(directory: Path) -> None:
    """Write the tiny city with ground and names."""
    write_bundle(replace(tiny_scenario(), cells=ground(), beats=named(BEATS)), directory)


def fill_tiny(store: Store, bundle: Path, *, published: bool = True) -> int:
    """Fill an empty store with the tiny city; return the number of its roster."""
    record = read_record(bundle)
    result = plan_by_hand(record.scenario, ROSTER, record.sha256)
    return store.submit(lambda session: _fill(session, record, result, published))


def _fill(session: Session, record: BundleRecord, result: PlanResult, published: bool) -> int:
    fill_records(session, record, bureau_name="包头市公安局", now=NOW)
    scenario = store_scenario(session, record, created_by="test", now=NOW, link_people=True)
    roster = store_draft(session, scenario, result, label="by hand", created_by="test", now=NOW)
    if published:
        publish(session, roster, by="test", now=NOW)
    _fill_other_sub_bureau(session)
    people = dict(session.execute(select(Person.code, Person.id)).all())
    stations = dict(session.execute(select(Station.code, Station.id)).all())
    beats = dict(session.execute(select(Beat.code, Beat.id)).all())
    for person in session.scalars(select(Person)):
        person.name = f"某{person.code}"
        person.address = f"{person.code} 路 1 号"
        set_personal(person, KEYS, phone=PHONES[person.code], id_number=ID_NUMBERS[person.code])
    team = Team(code="kunbei-1", name="昆北一队", station_id=stations["kunbei"])
    other = Team(code="halin-1", name="哈林一队", station_id=stations["halin"])
    session.add_all([team, other])
    session.flush()
    since = date(2026, 1, 1)
    session.add_all(
        [
            TeamMember(team_id=team.id, person_id=people["liu"], is_leader=True, since=since),
            TeamMember(team_id=team.id, person_id=people["sun"], since=since),
            TeamMember(team_id=other.id, person_id=people["qian"], is_leader=True, since=since),
            TeamMember(
                team_id=team.id, person_id=people["chen"], since=since, until=date(2026, 6, 30)
            ),
        ]
    )
    works = [
        ("haiwei", "wang", "community_officer"),
        ("haiwei", "li", "auxiliary"),
        ("haiwei", "liu", "volunteer"),
        ("limin", "zhao", "auxiliary"),
        ("halin-01", "qian", "volunteer"),
    ]
    session.add_all(
        BeatMember(beat_id=beats[beat], person_id=people[person], duty=duty, since=since)
        for beat, person, duty in works
    )
    session.flush()
    return roster


def _fill_other_sub_bureau(session: Session) -> None:
    home = session.scalars(select(SubBureau)).first()
    assert home is not None
    unit = SubBureau(bureau_id=home.bureau_id, code="jiuyuan", name="九原分局")
    session.add(unit)
    session.flush()
    station = Station(sub_bureau_id=unit.id, code="halin", name="哈林派出所")
    session.add(station)
    session.flush()
    lat, lng = HALIN
    beat = Beat(station_id=station.id, code="halin-01", name="哈林警格", lat=lat, lng=lng)
    session.add(beat)
    session.flush()
    cell = int(cells_at(np.array([lat]), np.array([lng]), 9)[0])
    session.add(GroundCell(cell=cell, beat_id=beat.id, weight=1.0))
    session.add(
        Person(
            code="qian",
            tier="volunteer",
            state="active",
            station_id=station.id,
            profession="other",
            home_lat=lat,
            home_lng=lng,
            home_cell=cell,
            max_shifts=5,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    session.flush()


if __name__ == "__main__":
    from pathlib import Path as _Path

    from data.store.engine import open_engines, open_store
    from data.store.migrate import upgrade

    # python tests/support/tiny_store.py sqlite:////tmp/tiny.db DIR: a store to look at by hand
    engines = open_engines(sys.argv[1])
    upgrade(engines)
    engines.dispose()
    write_tiny_bundle(_Path(sys.argv[2]))
    opened = open_store(sys.argv[1])
    fill_tiny(opened, _Path(sys.argv[2]))
    opened.close()
