"""The records of a city begin with a bundle: every row of it is found again, under its place."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select

from data.demo import write_demo
from data.store.bundle_io import BundleRecord, read_record
from data.store.errors import StoreError
from data.store.records_from_bundle import fill_records
from data.store.scenario_writing import store_scenario
from data.store.tables.demand import DemandLine, Pin
from data.store.tables.ground import Beat, GroundCell, Station, SubBureau
from data.store.tables.insurance import InsuranceCover
from data.store.tables.people import Person
from data.store.tables.scenarios import ScenarioPerson
from data.store.tables.teams import Team, TeamMember
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from data.store.engine import Store

NOW = datetime(2026, 11, 23, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> BundleRecord:
    folder = tmp_path_factory.mktemp("demo") / "bundle"
    write_demo(folder, volunteers=300, seed=5)
    return read_record(folder)


def test_a_bundle_becomes_records(store: Store, record: BundleRecord) -> None:
    scenario = record.scenario
    counts = store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=NOW))
    assert counts["cell"] == len(scenario.cells)
    assert counts["demand_line"] == len(scenario.demand)
    assert counts["person"] == len(scenario.people)
    assert counts["pin"] == len(scenario.pins)
    with store.read() as session:

        def number_of(table: object) -> int:
            return session.scalar(select(func.count()).select_from(table))

        for table in (Person, GroundCell, DemandLine, Pin, Team, TeamMember):
            assert number_of(table) == counts[table.__tablename__] > 0
        # Each person stands where the bundle has them, in SQL as in the tables.
        query = (
            select(Person.code, Station.code)
            .join(Station, Person.station_id == Station.id)
            .order_by(Person.code)
        )
        wanted = scenario.people[scenario.people["station_id"] != ""].sort_values("person_id")
        assert session.execute(query).all() == list(
            zip(wanted["person_id"], wanted["station_id"], strict=True)
        )
        query = select(Station.code, SubBureau.code).join(SubBureau).order_by(Station.code)
        pairs = scenario.beats[["station_id", "sub_bureau_id"]].drop_duplicates()
        assert session.execute(query).all() == sorted(pairs.itertuples(index=False, name=None))
        # A cell is found by its number, with the beat that answers for it.
        row = scenario.cells.iloc[len(scenario.cells) // 2]
        query = select(Beat.code).join(GroundCell).where(GroundCell.cell == int(row["cell"]))
        assert session.scalars(query).one() == row["beat_id"]
        held = sum(map(len, map(set, scenario.people["qualifications"])))
        assert number_of(PersonQualification) == held
        assert number_of(InsuranceCover) == scenario.people["insured_until"].notna().sum()
        volunteer = scenario.people.index[scenario.people["tier"] == "volunteer"][0]
        person = session.scalars(
            select(Person).where(Person.code == scenario.people["person_id"][volunteer])
        ).one()
        assert person.name == record.extras["people"]["name"][volunteer]
        assert person.home_lat == scenario.people["lat"][volunteer]
        cover = session.scalars(
            select(InsuranceCover).where(InsuranceCover.person_id == person.id)
        ).one_or_none()
        until = scenario.people["insured_until"][volunteer]
        assert (cover.ends_on if cover else None) == (until.date() if until == until else None)  # noqa: PLR0124
        assert cover is None or cover.starts_on == date(2026, 11, 24)  # the city's day, not UTC's


def test_new_people_get_new_ids(store: Store, record: BundleRecord) -> None:
    store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=NOW))

    def one_more(session) -> int:
        person = Person(
            code="new", tier="volunteer", state="applied", created_at=NOW, updated_at=NOW
        )
        session.add(person)
        session.flush()
        return person.id

    number = store.submit(one_more)
    assert number == len(record.scenario.people) + 1
    scenario_id = store.submit(
        lambda s: store_scenario(s, record, created_by="me", now=NOW, link_people=True)
    )
    with store.read() as session:
        unlinked = select(func.count()).where(
            ScenarioPerson.scenario_id == scenario_id, ScenarioPerson.person_id.is_(None)
        )
        assert session.scalar(unlinked) == 0


def test_records_that_are_there_are_left_alone(store: Store, record: BundleRecord) -> None:
    person = Person(code="old", tier="volunteer", state="active", created_at=NOW, updated_at=NOW)
    store.submit(lambda s: s.add(person))
    with pytest.raises(StoreError, match="no rows in person yet, got 1"):
        store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=NOW))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(GroundCell)) == 0
