"""Table files into the living records: what is new comes, what differs changes, twice is once."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import func, select
from store_fixtures import Filling

from data.demo import write_demo
from data.importers.living.intake import Intake
from data.importers.living.taking import (
    Counts,
    ImportChangedError,
    read_for_records,
    take,
)
from data.store.bundle_io import BundleRecord, read_record
from data.store.keys import derive
from data.store.personal import open_phone
from data.store.records_from_bundle import fill_records
from data.store.scope import CITY, Scope
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat, Station
from data.store.tables.incidents import Incident
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import Person
from data.store.tables.shifts import Shift
from data.store.tables.teams import Team, TeamMember
from data.store.tables.training import PersonQualification
from grid.errors import JinggeError

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store

NOW = datetime(2026, 11, 23, 4, tzinfo=UTC)
KEYS = derive(b"k" * 32)


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> BundleRecord:
    folder = tmp_path_factory.mktemp("demo") / "bundle"
    write_demo(folder, volunteers=40, seed=5)
    return read_record(folder)


@pytest.fixture
def filling(record: BundleRecord) -> Filling:
    def fill(store: Store) -> None:
        store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=NOW))

    return Filling("demo_40", fill)


@pytest.fixture
def city(store: Store) -> Store:
    return store


def table(folder: Path, *rows: str) -> Path:
    file = folder / "t.csv"
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    return file


def intake(session: Any, scope: Scope = CITY) -> Intake:
    return Intake(session, KEYS, scope, "account:1", NOW)


def bring(store: Store, kind: str, file: Path, scope: Scope = CITY, **options: Any) -> Counts:
    with store.read() as session:
        read = read_for_records(intake(session, scope), kind, file, **options)
    return store.submit(lambda s: take(intake(s, scope), read))


def first(store: Store, *columns: Any, where: Any = None) -> Any:
    with store.read() as session:
        query = select(*columns)
        return session.execute(query if where is None else query.where(where)).first()


def test_people_come_and_change_and_come_again(city: Store, tmp_path: Path) -> None:
    station, name = first(city, Station.code, Station.name)
    team = first(city, Team.code)[0]
    known = first(city, Person.code, where=Person.tier == "volunteer")[0]
    head = (
        "人员编号,姓名,类别,派出所,职业,资质,队伍,手机号,身份证号,性别,经度（WGS-84）,"
        "纬度（WGS-84）,最多班次,出行上限（公里）,保险到期日,到岗率"
    )
    lng, lat = first(city, Beat.lng, Beat.lat)
    rows = (
        f"N1,新一,义警,{name},教师,急救员证,{team},139 0000 0001,11010519491231002X,女,"
        f"{lng},{lat},3,2.5,2027-06-30,90%",
        f"{known},改名,义警,{station},,,,,,,,,0,,,",
        "N2,坏一,义警,没有这个所,,,,,,,,,,,,",
    )
    file = table(tmp_path, head, *rows)
    assert bring(city, "people", file) == Counts(1, 1, 0, 1)
    assert bring(city, "people", file) == Counts(0, 0, 2, 1)
    p = Person
    row = first(city, p, where=p.code == "N1")[0]
    assert (row.state, row.sex, row.max_shifts, row.travel_limit_m) == ("active", "female", 3, 2500)
    assert (row.show_up, row.profession, row.home_cell is not None) == (0.9, "teacher", True)
    assert open_phone(KEYS, "N1", row.phone_sealed) == "13900000001"
    assert first(city, InsuranceCover.ends_on, where=InsuranceCover.person_id == row.id)[0] == date(
        2027, 6, 30
    )
    held = PersonQualification.qualification, PersonQualification.person_id == row.id
    assert first(city, held[0], where=held[1])[0] == "first_aid"
    assert first(city, TeamMember.until, where=TeamMember.person_id == row.id) == (None,)
    changed = first(city, p, where=p.code == known)[0]
    assert (changed.name, changed.row_version, changed.home_lat) == ("改名", 2, None)


def test_belongings_follow_the_file_and_back(city: Store, tmp_path: Path) -> None:
    with city.read() as session:
        one, two = session.scalars(select(Team.code).limit(2)).all()
    head = "人员编号,姓名,类别,资质,队伍,保险到期日"

    def told(*values: str) -> Counts:
        return bring(city, "people", table(tmp_path, head, "N1,甲,义警," + ",".join(values)))

    assert told("急救员证", one, "2027-06-30") == Counts(1, 0, 0, 0)
    assert told("保安员证;急救员证", two, "2027-12-31") == Counts(0, 1, 0, 0)
    assert told("急救员证;保安员证", two, "2027-12-31") == Counts(0, 0, 1, 0)
    assert told("保安员证", one, "2027-01-31") == Counts(0, 1, 0, 0)
    assert told("急救员证", "", "") == Counts(0, 1, 0, 0)
    assert told("急救员证", "", "") == Counts(0, 0, 1, 0)
    assert told("", two, "2027-06-30") == Counts(0, 1, 0, 0)
    assert told("", two, "2027-06-30") == Counts(0, 0, 1, 0)


def test_a_number_of_another_person_is_refused(city: Store, tmp_path: Path) -> None:
    head = "人员编号,姓名,类别,身份证号"
    file = table(tmp_path, head, "N1,甲,义警,11010519491231002X", "N2,乙,义警,11010519491231002x")
    assert bring(city, "people", file) == Counts(1, 0, 0, 1)
    file = table(tmp_path, head, "N3,丙,义警,11010519491231002X", "N1,甲,义警,11010519491231002X")
    assert bring(city, "people", file) == Counts(0, 0, 1, 1)


def test_a_station_imports_its_own_people_alone(city: Store, tmp_path: Path) -> None:
    with city.read() as session:
        (mine, code), (_, other) = session.execute(select(Station.id, Station.code)).all()[:2]
        foreign = session.scalar(
            select(Person.code).join(Station).where(Station.code == other).limit(1)
        )
    scope = Scope(stations=frozenset({mine}))
    head = "人员编号,姓名,类别,派出所"
    rows = (
        f"N1,甲,义警,{code}",  # new, own
        f"N2,乙,义警,{other}",  # another's station
        "N3,丙,义警,",  # nobody's
        f"{foreign},丁,辅警,{code}",  # another's person
    )
    assert bring(city, "people", table(tmp_path, head, *rows), scope) == Counts(1, 0, 0, 3)
    with pytest.raises(JinggeError, match="whole city"):
        bring(city, "shifts", table(tmp_path, "班次编号,开始,结束"), scope)


def test_teams_have_leaders(city: Store, tmp_path: Path) -> None:
    with city.read() as session:
        one, two = session.scalars(select(Person.code).limit(2)).all()
    head = "队伍编号,队伍名称,队长编号"
    assert bring(city, "teams", table(tmp_path, head, f"T9,九队,{one}")) == Counts(1, 0, 0, 0)
    assert bring(city, "teams", table(tmp_path, head, f"T9,九队,{two}")) == Counts(0, 1, 0, 0)
    assert bring(city, "teams", table(tmp_path, head, f"T9,九队,{two}")) == Counts(0, 0, 1, 0)
    assert bring(city, "teams", table(tmp_path, head, "T9,九队,")) == Counts(0, 1, 0, 0)
    assert bring(city, "teams", table(tmp_path, head, f"T9,十队,{one}")) == Counts(0, 1, 0, 0)
    with city.read() as session:
        query = (
            select(Person.code)
            .join(TeamMember, TeamMember.person_id == Person.id)
            .join(Team, Team.id == TeamMember.team_id)
            .where(Team.code == "T9", TeamMember.is_leader, TeamMember.until.is_(None))
        )
        assert session.scalars(query).all() == [one]


def test_shifts_and_demand(city: Store, tmp_path: Path) -> None:
    file = table(
        tmp_path,
        "班次编号,日期,开始时间,结束时间",
        "x-night,2026-12-07,22:00,02:00",
        "x-odd,2026-12-07,10:00,11:00",
    )
    assert bring(city, "shifts", file) == Counts(2, 0, 0, 0)
    assert bring(city, "shifts", file) == Counts(0, 0, 2, 0)
    night = first(city, Shift.template, Shift.ends_at, where=Shift.code == "x-night")
    assert tuple(night) == ("night", datetime(2026, 12, 7, 18, tzinfo=UTC))
    assert first(city, Shift.template, where=Shift.code == "x-odd") == (None,)
    beat = first(city, Beat.code)[0]
    head = "警格,班次,岗位角色,需要人数"
    line = f"{beat},x-night,巡逻防控保安员"
    assert bring(city, "demand", table(tmp_path, f"{head},权重", f"{line},2,5;3")) == Counts(
        1, 0, 0, 0
    )
    assert bring(city, "demand", table(tmp_path, head, f"{line},2")) == Counts(0, 0, 1, 0)
    assert bring(city, "demand", table(tmp_path, head, f"{line},3")) == Counts(0, 1, 0, 0)
    shift = first(city, Shift.id, where=Shift.code == "x-night")[0]
    assert first(
        city, DemandLine.required, DemandLine.weights, where=DemandLine.shift_id == shift
    ) == (3, "5;3;3")


def test_incidents_and_insurance(city: Store, tmp_path: Path) -> None:
    lng, lat = first(city, Beat.lng, Beat.lat)
    head = "警情编号,发生时间,来源,类别,经度,纬度,坐标系"
    file = table(tmp_path, head, f"A1,2026-11-01 21:40,110,噪音扰民,{lng},{lat},GCJ-02")
    assert bring(city, "incidents", file) == Counts(1, 0, 0, 0)
    assert bring(city, "incidents", file) == Counts(0, 0, 1, 0)
    assert first(city, Incident.source, Incident.occurred_at)[:2] == (
        "reported",
        datetime(2026, 11, 1, 13, 40, tzinfo=UTC),
    )
    with city.read() as session:
        one, two = session.scalars(select(Person.code).limit(2)).all()
    head = "人员编号,保单号,保险公司,起保日期,到期日期,保额（万元）"

    def told(insurer: str, ends: str) -> Counts:
        rows = [f"{code},P1,{insurer},2026-07-01,{ends},10" for code in (one, two)]
        return bring(city, "insurance", table(tmp_path, head, *rows))

    assert told("平安", "2027-06-30") == Counts(2, 0, 0, 0)
    assert told("平安", "2027-06-30") == Counts(0, 0, 2, 0)
    assert told("平安", "2027-07-31") == Counts(0, 2, 0, 0)
    policy = first(
        city,
        InsurancePolicy.ends_on,
        InsurancePolicy.sum_insured_fen,
        where=InsurancePolicy.policy_no == "P1",
    )
    assert policy == (date(2027, 7, 31), 10_000_000)
    assert told("人保", "2027-07-31") == Counts(0, 2, 0, 0)
    with city.read() as session:
        number = session.scalar(select(func.count()).where(InsurancePolicy.policy_no == "P1"))
        assert number == 2


def test_what_was_confirmed_is_what_happens(city: Store, tmp_path: Path) -> None:
    file = table(tmp_path, "队伍编号,队伍名称", "T9,九队")
    with city.read() as session:
        read = read_for_records(intake(session), "teams", file)
    seen = Counts(1, 0, 0, 0)
    city.submit(lambda s: take(intake(s), read, expected=seen))
    with pytest.raises(ImportChangedError, match="0 new, 0 changed, 1 unchanged"):
        city.submit(lambda s: take(intake(s), read, expected=seen))
