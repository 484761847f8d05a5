"""Scenarios into the database and back: nothing lost, nothing moved, nothing planned otherwise."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from pandas.testing import assert_frame_equal
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError
from tiny_city import pins_table, scenarios, tiny_scenario

from data.bundle import bundle_sha256, read_bundle, write_bundle
from data.demo import write_demo
from data.store.bundle_io import BundleRecord, export_bundle, import_bundle, make_record
from data.store.errors import ScenarioMissingError, StoreError
from data.store.result_io import load_result, store_draft
from data.store.scenario_reading import load_extras, load_scenario
from data.store.scenario_writing import store_scenario
from data.store.tables.people import Person
from data.store.tables.scenarios import EditionCell, GroundEdition, ScenarioPerson
from dispatch.effort import Effort
from dispatch.planner import plan
from grid.cells import cells_at

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store
    from dispatch.roster import PlanResult
    from dispatch.scenario import Scenario

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a city of 150 volunteers on all of Baotou's ground."""
    folder = tmp_path_factory.mktemp("demo") / "bundle"
    write_demo(folder, volunteers=150, seed=7)
    return folder


def put(store: Store, record: BundleRecord, **options: bool) -> int:
    return store.submit(lambda s: store_scenario(s, record, created_by="me", now=NOW, **options))


def get(store: Store, scenario_id: int) -> Scenario:
    with store.read() as session:
        return load_scenario(session, scenario_id)


def assert_same(found: Scenario, wanted: Scenario) -> None:
    for field in fields(wanted):
        left, right = getattr(found, field.name), getattr(wanted, field.name)
        if isinstance(right, pd.DataFrame):
            assert set(left.columns) == set(right.columns)
            wanted_order = left[list(right.columns)]
            assert_frame_equal(wanted_order, right, check_exact=True, obj=field.name)
        else:
            assert left == right


def test_a_demo_city_comes_back_byte_for_byte(store: Store, demo: Path, tmp_path: Path) -> None:
    number = import_bundle(store, demo, created_by="me", now=NOW)
    assert_same(get(store, number), read_bundle(demo))
    export_bundle(store, number, tmp_path / "again")
    names = sorted(path.name for path in demo.iterdir())
    assert sorted(path.name for path in (tmp_path / "again").iterdir()) == names
    for name in names:
        assert (tmp_path / "again" / name).read_bytes() == (demo / name).read_bytes(), name
    assert bundle_sha256(tmp_path / "again") == bundle_sha256(demo)


def test_a_foreign_bundle_comes_back_in_canonical_form(store: Store, tmp_path: Path) -> None:
    """Columns in another order, needless digits, quotes, parquet: the values stay."""
    scenario = tiny_scenario()
    source = tmp_path / "foreign"
    write_bundle(scenario, source, file_format="parquet")
    people = pd.read_parquet(source / "people.parquet")
    (source / "people.parquet").unlink()
    people = people[people.columns[::-1]].assign(note='say "hi", 义警', show_up="1.000")
    people.to_csv(source / "people.csv", index=False, quoting=1, lineterminator="\r\n")
    number = import_bundle(store, source, created_by="me", now=NOW)
    wanted = read_bundle(source)
    assert_same(get(store, number), wanted)
    export_bundle(store, number, tmp_path / "once")
    assert_same(read_bundle(tmp_path / "once"), wanted)
    again = import_bundle(store, tmp_path / "once", created_by="me", now=NOW)
    export_bundle(store, again, tmp_path / "twice")
    assert bundle_sha256(tmp_path / "once") == bundle_sha256(tmp_path / "twice")
    with store.read() as session:
        assert load_extras(session, number)["people"]["note"].tolist() == ['say "hi", 义警'] * len(
            people
        )


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scenario=scenarios())
def test_any_scenario_comes_back(store: Store, scenario: Scenario) -> None:
    assert_same(get(store, put(store, make_record(scenario))), scenario)


def test_a_scenario_without_rows_comes_back(store: Store) -> None:
    scenario = tiny_scenario()
    bare = {name: getattr(scenario, name).iloc[:0] for name in ("availability", "demand", "pins")}
    scenario = replace(scenario, **bare)
    assert_same(get(store, put(store, make_record(scenario))), scenario)


def test_equal_ground_is_kept_once(store: Store) -> None:
    lat, lng = np.array([40.67, 40.68, 40.69]), np.full(3, 109.82)
    columns = {"cell": cells_at(lat, lng, 9), "beat_id": "haiwei", "weight": [0.5, 0.0, 2.0]}
    cells = pd.DataFrame(columns).astype({"beat_id": "str"})
    week = replace(tiny_scenario(), cells=cells)
    number = put(store, make_record(week))
    put(store, make_record(replace(week, name="next week")))
    put(store, make_record(replace(week, cells=cells.assign(weight=cells["weight"] + 1))))
    assert_same(get(store, number), week)
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(GroundEdition)) == 2
        num_cells = session.scalar(select(func.count()).select_from(EditionCell))
    assert num_cells == 2 * 3


def test_equal_ground_is_kept_once_when_stored_at_once(store: Store) -> None:
    record = make_record(tiny_scenario())
    with ThreadPoolExecutor(6) as pool:
        numbers = list(pool.map(lambda _: put(store, record), range(6)))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(GroundEdition)) == 1
    for number in numbers:
        assert_same(get(store, number), tiny_scenario())


def test_people_are_linked_to_their_records(store: Store) -> None:
    scenario = tiny_scenario()
    known = scenario.people["person_id"].iloc[0]
    person = Person(
        code=known, tier="officer", state="active", created_at=NOW, updated_at=NOW, show_up=1.0
    )
    person_id = store.submit(lambda s: (s.add(person), s.flush(), person.id)[2])
    number = put(store, make_record(scenario), link_people=True)
    put(store, make_record(scenario))
    with store.read() as session:
        linked = session.execute(
            select(ScenarioPerson.scenario_id, ScenarioPerson.code, ScenarioPerson.person_id).where(
                ScenarioPerson.person_id.is_not(None)
            )
        ).all()
    assert linked == [(number, known, person_id)]


def test_a_missing_scenario_is_named(store: Store) -> None:
    with pytest.raises(ScenarioMissingError, match="got 99"):
        get(store, 99)


def test_a_text_that_postgresql_cannot_keep_is_refused_on_both(store: Store) -> None:
    scenario = tiny_scenario()
    people = scenario.people.assign(profession="a\0b")
    record = BundleRecord(replace(scenario, people=people), {}, "0" * 64)
    with pytest.raises(StoreError, match=r"scenario_person:1: profession: .* without NUL"):
        put(store, record)


def test_half_a_scenario_is_never_kept(store: Store) -> None:
    """The last table fails: nothing of the others stays."""
    scenario = tiny_scenario()
    row = {"person_id": "nobody", "beat_id": "x", "shift_id": "x", "role": "x", "kind": "fixed"}
    broken = replace(scenario, pins=pd.DataFrame([row]).astype("str"))
    with pytest.raises(IntegrityError):
        put(store, BundleRecord(broken, {}, "0" * 64))
    with store.read() as session:
        assert session.scalar(select(func.count()).select_from(GroundEdition)) == 0
        assert session.scalar(select(func.count()).select_from(ScenarioPerson)) == 0


def planned(scenario: Scenario) -> PlanResult:
    return plan(scenario, effort=Effort(rounds=1), workers=1, seed=3, clock=lambda: 0.0)


@pytest.fixture(scope="session")
def from_files(demo: Path) -> PlanResult:
    return planned(read_bundle(demo))


@pytest.mark.slow
@pytest.mark.only("sqlite")  # what is planned is the same from both: `assert_same` above
def test_files_and_store_give_the_same_roster(
    store: Store, demo: Path, from_files: PlanResult
) -> None:
    from_store = planned(get(store, import_bundle(store, demo, created_by="me", now=NOW)))
    assert len(from_files.roster) > 100
    assert_frame_equal(from_store.roster, from_files.roster)
    assert_frame_equal(from_store.prices, from_files.prices)
    assert replace(from_store.report, seconds={}) == replace(from_files.report, seconds={})


@pytest.mark.slow
def test_what_was_planned_comes_back(store: Store, demo: Path, from_files: PlanResult) -> None:
    number = import_bundle(store, demo, created_by="me", now=NOW)
    sha256 = bundle_sha256(demo)
    result = replace(from_files, report=replace(from_files.report, scenario_sha256=sha256))
    roster_id = store.submit(
        lambda s: store_draft(s, number, result, label="第一稿", created_by="me", now=NOW)
    )
    with store.read() as session:
        found = load_result(session, roster_id)
    assert_frame_equal(found.roster, result.roster)
    assert_frame_equal(found.gaps, result.gaps.reset_index(drop=True), check_dtype=False)
    assert_frame_equal(found.prices, result.prices.reset_index(drop=True), check_dtype=False)
    assert found.report == result.report


def test_pins_keep_their_order(store: Store) -> None:
    scenario = tiny_scenario()
    person, other = scenario.people["person_id"].iloc[:2]
    line = scenario.demand.iloc[0]
    place = (line["beat_id"], line["shift_id"], line["role"])
    pins = pins_table((other, *place, "forbidden"), (person, *place, "fixed"))
    scenario = replace(scenario, pins=pins)
    assert_same(get(store, put(store, make_record(scenario))), scenario)
