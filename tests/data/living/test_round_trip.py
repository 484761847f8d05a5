"""What is exported of the records imports again, and changes nothing: odd people, codes, words."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select, update

from data.demo import write_demo
from data.exporters.csv_tables import csv_table
from data.importers.kinds import KINDS
from data.importers.living.intake import Intake
from data.importers.living.taking import Counts, read_for_records, records_table, take
from data.store.bundle_io import read_record
from data.store.keys import derive
from data.store.personal import set_personal
from data.store.records_from_bundle import fill_records
from data.store.scope import CITY, Scope
from data.store.tables.catalogue import DutyRole, Profession, Qualification
from data.store.tables.demand import DemandLine
from data.store.tables.ground import Beat, Station
from data.store.tables.incidents import Incident
from data.store.tables.insurance import InsuranceCover, InsurancePolicy
from data.store.tables.people import PERSON_STATES, Person
from data.store.tables.shifts import Shift
from data.store.tables.teams import Team, TeamMember
from data.store.tables.training import PersonQualification

if TYPE_CHECKING:
    from pathlib import Path

    from data.store.engine import Store

NOW: Final = datetime(2026, 11, 23, 4, tzinfo=UTC)
SINCE: Final = date(2026, 1, 1)
KEYS: Final = derive(b"k" * 32)
NAMES: Final = (
    *(None, "=1+1", "'=1+1", "''@x", "王  五", "‘引’", "无", "a,b;c", 'say "hi"', "-", "ẹ́", "＝和"),
    *("三\u200b零", "1.0", "2026-11-30", "true", "'90后"),
)
CODES: Final = (
    "1e5",
    "150202001.0",
    "Ａ1",
    "a1",
    "A1",
    "无",
    "na",
    "-5",
    "'-5",
    "=x",
    "1,2",
    "三 四",
)


@pytest.fixture
def odd(store: Store, tmp_path: Path) -> Store:
    """A city whose people, teams, shifts and incidents are as odd as the records allow."""
    write_demo(tmp_path / "bundle", volunteers=60, seed=5)
    record = read_record(tmp_path / "bundle")
    store.submit(lambda s: fill_records(s, record, bureau_name="包头市公安局", now=NOW))
    store.submit(_people)
    store.submit(_the_rest)
    return store


def _people(session: Any) -> None:
    """Give people odd names, numbers, places and states, and some odd codes."""
    stamps = {"created_at": NOW, "updated_at": NOW}
    home, beat = session.execute(select(Station, Beat).join(Beat)).first()
    for number, name in enumerate(NAMES):
        person = Person(code=f"odd{number}", tier="volunteer", state="active", name=name, **stamps)
        person.station_id = home.id if number % 2 else None
        person.state = PERSON_STATES[number % len(PERSON_STATES)]
        person.sex = ("unknown", "male", "female")[number % 3]
        person.address = NAMES[-1 - number]
        person.born_on = date(1960, 2, 29) if number % 2 else None
        person.show_up, person.max_shifts = 1 / (number + 3), number
        person.travel_limit_m = number / 7 if number % 2 else None
        person.home_lat, person.home_lng = beat.lat + number / 99_700, beat.lng + number / 99_100
        phone = ("", "+852 2345 6789", "0472-5555555", "13900000000")[number % 4]
        set_personal(person, KEYS, phone=phone)
        session.add(person)
    for code in CODES:
        row = Person(code=code, tier="officer", state="active", name=code, **stamps)
        session.add(row)
        session.add(Team(code=code, name=code, station_id=home.id))
    retired = {"is_active": False}
    session.add(Profession(code="old", label_zh="老行当", label_en="old trade", **retired))
    session.add(Qualification(code="old", label_zh="老证书", label_en="old paper", **retired))
    session.flush()
    session.execute(update(Person).where(Person.code == "odd3").values(profession="old"))


def _the_rest(session: Any) -> None:
    """Give memberships, qualifications, shifts, demand, incidents and covers."""
    people = session.scalars(select(Person).order_by(Person.id)).all()
    teams = session.scalars(select(Team).order_by(Team.id)).all()
    beat = session.scalars(select(Beat)).first()
    session.execute(update(DutyRole).where(DutyRole.code == "mediator").values(is_active=False))
    teams[0].specialism = "mediator"
    for number, person in enumerate(people[-29:]):
        row = {"person_id": person.id, "since": SINCE}
        session.add(TeamMember(team_id=teams[number % len(teams)].id, is_leader=True, **row))
        session.add(TeamMember(team_id=teams[(number + 1) % len(teams)].id, **row))
        for word in ("first_aid", "fire_training", "old")[number % 3 :]:
            held = {"person_id": person.id, "qualification": word, "granted_on": SINCE}
            session.add(PersonQualification(**held))
    for number, code in enumerate(CODES):
        starts = datetime(2026, 12, 7, number, 0, number, 500, tzinfo=UTC)
        shift = Shift(code=code, starts_at=starts, ends_at=starts.replace(day=9))
        session.add(shift)
        session.flush()
        weights = ";".join(["7", "3", *["1"] * number][:number]) or "1"
        line = {"beat_id": beat.id, "role": "mediator", "required": number, "weights": weights}
        session.add(DemandLine(shift_id=shift.id, **line))
        row = {"code": code, "occurred_at": starts, "source": ("reported", "patrol")[number % 2]}
        place = {"lng": beat.lng + number / 99_700, "lat": beat.lat, "category": NAMES[number]}
        session.add(Incident(**row, **place, created_at=NOW, updated_at=NOW))
        days = {"starts_on": SINCE, "ends_on": date(2027, 1, 1 + number)}
        fen = number * 100_001 or None
        policy = InsurancePolicy(
            insurer=NAMES[number] or "平安", policy_no=code, sum_insured_fen=fen, **days
        )
        session.add(policy)
        session.flush()
        for person in people[number :: len(CODES)]:
            session.add(InsuranceCover(policy_id=policy.id, person_id=person.id, **days))


def intake(session: Any, scope: Scope) -> Intake:
    return Intake(session, KEYS, scope, "account:1", NOW)


def exported(store: Store, kind: str, file: Path, scope: Scope, *without: str) -> int:
    """Write what the service exports of a kind; give the number of rows."""
    with store.read() as session:
        rows = records_table(intake(session, scope), kind)
    names = [one.name for one in KINDS[kind].columns if one.name in rows]
    if "lng" in names:
        rows, names = rows.assign(coordinate_system="wgs84"), [*names, "coordinate_system"]
    wanted = [name for name in names if name not in without]
    file.write_bytes(csv_table(rows[wanted], timezone="Asia/Shanghai"))
    return len(rows)


def bring(store: Store, kind: str, file: Path, scope: Scope) -> tuple[Counts, list[str]]:
    with store.read() as session:
        read = read_for_records(intake(session, scope), kind, file)
    counts = store.submit(lambda s: take(intake(s, scope), read))
    return counts, [one.in_("en") for one in read._refused]


def test_what_comes_out_goes_in_again_unchanged(odd: Store, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    for kind in KINDS:
        count = exported(odd, kind, file, CITY)
        assert count >= len(CODES), kind
        assert bring(odd, kind, file, CITY) == (Counts(0, 0, count, 0), []), kind
    # Who may not see names, homes and numbers has a file without them.
    hidden = ("name", "phone", "id_number", "address", "lng", "lat", "coordinate_system")
    count = exported(odd, "people", file, CITY, *hidden)
    assert bring(odd, "people", file, CITY) == (Counts(0, 0, count, 0), [])


def test_a_station_takes_its_own_in_again(odd: Store, tmp_path: Path) -> None:
    with odd.read() as session:
        station, beat = session.execute(select(Station.id, Beat.id).join(Beat)).first()
        cell = session.scalar(select(Person.home_cell).where(Person.station_id == station).limit(1))
        other = session.scalar(select(Team.id).where(Team.station_id != station).limit(1))
        lone = session.scalar(select(Person.id).where(Person.code == "odd2"))
        mine = session.scalars(select(Person.id).where(Person.station_id == station)).all()
    assert cell
    assert beat

    def move(session: Any) -> None:
        """Let somebody without a station live there, and somebody of it be in another's team."""
        session.execute(update(Person).where(Person.id == lone).values(home_cell=cell))
        session.add(TeamMember(team_id=other, person_id=mine[0], since=date(2025, 1, 1)))

    odd.submit(move)
    scope, file = Scope(stations=frozenset({station})), tmp_path / "t.csv"
    for kind in ("people", "teams", "demand", "insurance"):
        count = exported(odd, kind, file, scope)
        assert bring(odd, kind, file, scope) == (Counts(0, 0, count, 0), []), kind
    with odd.read() as session:
        held = select(TeamMember.until).where(
            TeamMember.team_id == other, TeamMember.person_id == mine[0]
        )
        assert session.scalar(held) is None


def test_what_is_retired_is_kept_and_not_given(odd: Store, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    head = "person_id,name,tier,profession\n"
    rows = "odd3,甲,义警,old\nodd4,乙,义警,old\nN1,丙,义警,老行当\n"
    file.write_text(head + rows, encoding="utf-8")
    counts, refused = bring(odd, "people", file, CITY)
    assert counts == Counts(0, 1, 0, 2)
    assert all("expected one of the professions" in one for one in refused)


def test_nobody_new_comes_without_a_name(odd: Store, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text("person_id,tier,max_shifts\nN1,义警,3\nodd1,义警,9\n", encoding="utf-8")
    counts, refused = bring(odd, "people", file, CITY)
    assert counts == Counts(0, 1, 0, 1)
    assert refused == ["t.csv: row 2: 姓名: expected a value, got none"]
