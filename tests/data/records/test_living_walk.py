"""A membership's whole way through the records, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select
from tiny_city import HAIWEI
from tiny_store import KEYS, NOW, TODAY

from data.records.attendance import attendance_of, enrol, record_results
from data.records.catalogue import list_entries
from data.records.courses import add_course, add_run, list_runs, read_run
from data.records.errors import SafetyError
from data.records.finding import find_station
from data.records.habits import Habit, add_exception, preview_shifts, set_habits
from data.records.insurance import add_policy, cover_people, list_policies
from data.records.insurance_warnings import insurance_warnings
from data.records.membership import add_person, possible_steps, take_step, transfer_person
from data.records.person_file import read_file
from data.records.team_edits import add_team
from data.records.team_transfer import move_between_teams
from data.records.teams import beat_team, join_beat, join_team, list_teams, read_team
from data.store.scope import CITY
from data.store.tables.people import Person

if TYPE_CHECKING:
    from data.store.engine import Store

VALUES = {
    "name": "王桂兰",
    "born_on": date(1968, 5, 4),
    "phone": "13904721234",
    "home": HAIWEI,
    "max_shifts": 3,
}
OTHERS: dict[str, Any] = {"by": "account:1", "by_person": None, "now": NOW, "today": TODAY}


def step(session: Any, code: str, name: str, reason: str | None = None) -> Any:
    version = session.scalar(select(Person.row_version).where(Person.code == code))
    return take_step(session, CITY, code, name, version=version, reason=reason, **OTHERS)


def apply(session: Any) -> str:
    station = find_station(session, CITY, "kunbei")
    made = add_person(
        session, KEYS, VALUES, station=station, tier="volunteer", state="applied",
        consents={"personal_data": "2026-11"}, by="account:1", now=NOW, today=TODAY,
    )  # fmt: skip
    return made.code


def pass_course(session: Any, code: str) -> int:
    course = {"name": "基础", "mode": "class", "grants": "mediation", "valid_months": 12}
    add_course(session, "basics", course)
    start = NOW - timedelta(hours=1)
    run = add_run(
        session, CITY, "basics", batch="1", starts_at=start, ends_at=NOW + timedelta(hours=1),
        station="kunbei", capacity=5,
    )  # fmt: skip
    assert enrol(session, CITY, run, [code], by="account:1", now=NOW) == 1
    (passed,) = record_results(session, CITY, run, {code: ("passed", 90.0)}, **OTHERS)
    assert (passed.qualification, passed.is_volunteer) == ("mediation", True)
    assert read_run(session, CITY, run).num_passed == 1
    assert [one.code for one in attendance_of(session, CITY, run)] == [code]
    assert [one.run for one in list_runs(session, CITY, person=code).items] == [run]
    return run


def insure(session: Any, code: str) -> None:
    ends = TODAY + timedelta(days=10)
    policy = add_policy(
        session, insurer="某", policy_no="1", starts_on=TODAY, ends_on=ends, sum_insured_fen=None
    )
    assert cover_people(session, CITY, policy, [code]).num_added == 1
    assert cover_people(session, CITY, policy, [code]).num_already == 1
    assert list_policies(session, CITY, only_covering=True).items[0].num_covered == 1


def test_a_membership_from_the_application_to_leaving(city: Store) -> None:
    def begin(session: Any) -> str:
        code = apply(session)
        step(session, code, "pass")
        step(session, code, "train")
        with pytest.raises(SafetyError, match="trained, insured"):
            step(session, code, "activate")
        pass_course(session, code)
        insure(session, code)
        assert step(session, code, "activate").state == "active"
        return code

    code = city.submit(begin)

    def serve(session: Any) -> None:
        add_team(session, CITY, code="kunbei-2", name="昆北二队", station="kunbei", specialism=None)
        join_team(session, CITY, "kunbei-1", code, leader=False, today=TODAY)
        version = session.scalar(select(Person.row_version).where(Person.code == code))
        move_between_teams(
            session, CITY, code, ("kunbei-1", "kunbei-2"), leader=True, version=version,
            reason=None, by="account:1", now=NOW, today=TODAY,
        )  # fmt: skip
        join_beat(session, CITY, "haiwei", code, duty="volunteer", today=TODAY)
        template = list_entries(session, "shift-templates")[0]["code"]
        habits = [Habit(day, template) for day in range(7)]
        set_habits(session, CITY, code, habits, version=None, now=NOW)
        later = TODAY + timedelta(days=5)
        add_exception(
            session, CITY, code, starts_on=later, ends_on=later, template=None, can_come=False,
            now=NOW,
        )  # fmt: skip

    city.submit(serve)
    with city.read() as session:
        team, members = read_team(session, CITY, "kunbei-2", today=TODAY)
        assert (team.leaders, [one.code for one in members]) == ((code,), [code])
        listed = list_teams(session, CITY, today=TODAY, name="二队").items
        assert [one.code for one in listed] == ["kunbei-2"]
        assert code in [one.code for one in beat_team(session, CITY, "haiwei", today=TODAY)]
        shifts = preview_shifts(session, CITY, code, now=NOW, days=14)
        assert shifts
        assert {one.is_insured for one in shifts} == {True, False}
        warned = insurance_warnings(session, CITY, now=NOW, within_days=20).items
        assert code in [one.code for one in warned]

    def go(session: Any) -> None:
        step(session, code, "suspend", "请假")
        version = session.scalar(select(Person.row_version).where(Person.code == code))
        transfer_person(
            session, CITY, code, "halin", version=version, reason=None, by="account:1", now=NOW,
            today=TODAY,
        )  # fmt: skip
        assert set(possible_steps(session, CITY, code, by_person=None, today=TODAY)) == {
            "resume",
            "leave",
        }
        step(session, code, "leave")

    city.submit(go)
    with city.read() as session:
        file = read_file(session, CITY, KEYS, code, today=TODAY)
    assert (file.profile["state"], file.profile["name"]) == ("left", None)
    assert file.habits == file.exceptions == ()
    assert [row["state"] for row in file.training] == ["passed"]
    assert VALUES["name"] not in repr(file)
