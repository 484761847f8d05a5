"""Alerts in the store: who may be called, waves by the clock, answers, preferences, positions."""

from __future__ import annotations

import math
from datetime import time, timedelta
from typing import Any

import pytest
from field_city import LIMITS, NOW
from sqlalchemy import func, select
from statements import asked

from data.field.alerts import create_alert, end_alert, find_alert, list_alerts
from data.field.alerts_calls import answer, calls_of
from data.field.alerts_preferences import preference_of, set_preference
from data.field.alerts_stepping import due_alerts, step_alert
from data.field.alerts_values import AlertValues, Wanted
from data.field.errors import FieldMissingError, FieldStateError, FieldValueError
from data.field.live import is_quiet, live_people
from data.field.live_feed import Feed, changed_by_clock, prune
from data.field.live_lease import take_lease
from data.field.positions import Report, forget_positions, report_positions
from data.field.tasks import create_task
from data.store.row_versions import StaleError
from data.store.scope import Scope
from data.store.tables.alerts import AlertCall
from data.store.tables.checkins import CheckIn
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Consent
from data.store.tables.positions import Position
from data.store.tables.tasks import Signup
from dispatch.alerts import AlertState, CallState, Danger, Duty, Mode
from grid.cells import cells_at

GATE = (40.6720, 109.8200)
SQUARE = {
    "type": "Polygon",
    "coordinates": [[[109.8, 40.66], [109.84, 40.66], [109.84, 40.68], [109.8, 40.66]]],
}


def values(**changes: Any) -> AlertValues:
    usual: dict[str, Any] = {
        "kind": "fraud",
        "title": "转账诈骗进行中",
        "danger": Danger.CALM,
        "lat": GATE[0],
        "lng": GATE[1],
    }
    return AlertValues(**(usual | changes))


def everybody(city: Any) -> Any:
    """Make a finder that gives everybody, as a careless index would."""
    people = sorted(city.people.values())
    return lambda _, wanted: [one for one in people if one not in wanted.excluded]


def make(city: Any, **changes: Any) -> Any:
    return city.do(
        create_alert, values(**changes), everybody(city), LIMITS, by="account:1", now=NOW
    )


def calls(city: Any, alert_id: int) -> list[Any]:
    return city.see(calls_of, alert_id)


def tick(city: Any, alert_id: int, seconds: float) -> bool:
    now = NOW + timedelta(seconds=seconds)
    return city.do(step_alert, alert_id, everybody(city), LIMITS, now=now)


def topics(city: Any) -> dict[str, int]:
    query = select(OutboxNotice.topic, func.count()).group_by(OutboxNotice.topic)
    with city.store.read() as session:
        return dict(session.execute(query).all())


def test_a_wave_calls_the_smallest_set_and_tells_it_in_the_same_transaction(city):
    alert = make(city).alert
    called = calls(city, alert.alert_id)
    assert 0 < len(called) < len(city.people)
    assert {one.state for one in called} == {CallState.CALLED}
    assert topics(city) == {"alert.call": len(called)}
    assert city.see(due_alerts, NOW) == []
    assert city.see(due_alerts, NOW + timedelta(minutes=1)) == [alert.alert_id]


def test_whoever_is_too_far_to_be_of_use_is_read_only_where_nobody_is_nearer(city):
    asked: list[float] = []

    def near(alert: Any, wanted: Wanted) -> Any:
        asked.append(wanted.within_min)
        return everybody(city)(alert, wanted) if wanted.within_min >= least else []

    least = 0.0
    first = city.do(create_alert, values(), near, LIMITS, by="account:1", now=NOW).alert
    assert len(asked) == 1
    assert 0 < asked[0] < 3 * values().target_min
    least = math.inf
    second = city.do(create_alert, values(), near, LIMITS, by="account:1", now=NOW).alert
    assert asked[1:] == [asked[0], math.inf]
    called = [[one.person_id for one in calls(city, made.alert_id)] for made in (first, second)]
    assert called[0]
    assert called[1]


def test_silence_and_refusal_are_replaced_by_others(city):
    alert = make(city).alert
    first = {one.person_id for one in calls(city, alert.alert_id)}
    assert tick(city, alert.alert_id, 50)
    later = calls(city, alert.alert_id)
    assert {one.state for one in later if one.person_id in first} == {CallState.SILENT}
    second = {one.person_id for one in later} - first
    assert second
    who = min(second)
    city.do(
        answer, alert.alert_id, who, "decline", now=NOW + timedelta(seconds=55), reason="在外地"
    )
    assert city.see(due_alerts, NOW + timedelta(seconds=55)) == [alert.alert_id]
    tick(city, alert.alert_id, 55)
    assert {one.wave for one in calls(city, alert.alert_id)} >= {1, 2}
    assert next(o for o in calls(city, alert.alert_id) if o.person_id == who).reason == "在外地"


def test_the_first_arrival_stands_the_others_down_and_done_closes_it(city):
    alert = make(city).alert
    called = calls(city, alert.alert_id)
    who = called[0].person_id
    for number, word in enumerate(("accept", "on_the_way", "arrived", "arrived"), start=1):
        city.do(answer, alert.alert_id, who, word, now=NOW + timedelta(seconds=number))
    tick(city, alert.alert_id, 5)
    after = calls(city, alert.alert_id)
    assert city.see(find_alert, alert.alert_id).state == AlertState.ATTENDED
    assert {one.state for one in after} == {CallState.ARRIVED, CallState.STOOD_DOWN}
    assert topics(city)["alert.stand_down"] == len(called) - 1
    with pytest.raises(FieldStateError, match="step from stood_down"):
        city.do(answer, alert.alert_id, called[1].person_id, "accept", now=NOW)
    done = NOW + timedelta(minutes=9)
    city.do(answer, alert.alert_id, who, "done", now=done, reason="转账已拦下")
    closed = city.see(find_alert, alert.alert_id)
    assert (closed.state, closed.outcome, closed.ended_at) == ("closed", "转账已拦下", done)


def test_nobody_answers_for_another(city):
    alert = make(city).alert
    other = set(city.people.values()) - {one.person_id for one in calls(city, alert.alert_id)}
    with pytest.raises(FieldMissingError):
        city.do(answer, alert.alert_id, min(other), "accept", now=NOW)


def test_no_volunteer_is_called_to_what_is_hazardous(city):
    alert = make(city, danger=Danger.HAZARDOUS, kind="violence").alert
    assert {one.tier for one in calls(city, alert.alert_id)} <= {"officer", "auxiliary"}
    for step in range(1, 20):
        tick(city, alert.alert_id, 50 * step)
    assert {one.tier for one in calls(city, alert.alert_id)} <= {"officer", "auxiliary"}
    with pytest.raises(FieldStateError, match="v01: hazardous"):
        make(city, danger=Danger.HAZARDOUS, mode=Mode.ONE, people=("v01",))


def test_observers_only_observe_and_are_few(city):
    alert = make(city, danger=Danger.HAZARDOUS, wants_observers=True).alert
    tick(city, alert.alert_id, 50)
    volunteers = [one for one in calls(city, alert.alert_id) if one.tier == "volunteer"]
    assert len(volunteers) == 2
    assert {one.duty for one in volunteers} == {Duty.OBSERVE}
    assert topics(city)["alert.observe"] == 2
    who = volunteers[0].person_id
    for word in ("accept", "arrived"):
        city.do(answer, alert.alert_id, who, word, now=NOW + timedelta(seconds=9))
    tick(city, alert.alert_id, 60)
    assert city.see(find_alert, alert.alert_id).state == AlertState.OPEN


def test_one_and_several_by_name(city):
    made = make(city, mode=Mode.SEVERAL, people=("v01", "v02"))
    assert [one.person_code for one in calls(city, made.alert.alert_id)] == ["v01", "v02"]
    assert made.refused == {}
    # Whoever is at one alert is not called to another.
    with pytest.raises(FieldStateError, match="v01: busy"):
        make(city, mode=Mode.ONE, people=("v01",))
    again = make(city, mode=Mode.SEVERAL, people=("v01", "v03"))
    assert again.refused == {"v01": "busy"}
    tick(city, again.alert.alert_id, 120)
    assert [one.person_code for one in calls(city, again.alert.alert_id)] == ["v03"]


def test_a_circle_calls_all_that_the_index_finds_in_it(city):
    some = [city.people[f"v{n:02d}"] for n in range(12)]
    asked: list[Any] = []

    def inside(alert: Any, wanted: Wanted) -> list[int]:
        asked.append(alert.area)
        return some

    made = city.do(
        create_alert,
        values(mode=Mode.CIRCLE, area=SQUARE),
        inside,
        LIMITS,
        by="account:1",
        now=NOW,
    )
    assert {one.person_id for one in calls(city, made.alert.alert_id)} == set(some)
    assert asked == [SQUARE]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kind": "party"}, "kind"),
        ({"mode": Mode.ONE}, "people"),
        ({"mode": Mode.ONE, "people": ("v01", "v02")}, "one person"),
        ({"people": ("v01",)}, "people"),
        ({"mode": Mode.CIRCLE}, "area"),
        ({"role": "wizard"}, "catalogue"),
        ({"mode": Mode.ONE, "people": ("nobody",)}, "codes of people"),
    ],
)
def test_what_no_alert_can_be(city, changes, words):
    with pytest.raises(FieldValueError, match=words):
        make(city, **changes)


def test_outside_the_scope_it_is_not_there(city):
    elsewhere = Scope(stations=frozenset({city.stations["wusutu"]}))
    alert = make(city).alert
    with pytest.raises(FieldMissingError):
        city.see(find_alert, alert.alert_id, elsewhere)
    assert city.see(list_alerts, elsewhere) == []
    assert [one.code for one in city.see(list_alerts, is_open=True)] == [alert.code]
    with pytest.raises(FieldValueError, match="jurisdiction"):
        city.do(create_alert, values(), everybody(city), LIMITS, by="x", now=NOW, scope=elsewhere)
    mine = Scope(person=calls(city, alert.alert_id)[0].person_id)
    assert [one.code for one in city.see(list_alerts, mine)] == [alert.code]


def test_cancelling_stands_everybody_down(city):
    alert = make(city).alert
    end = city.do(end_alert, alert.alert_id, AlertState.CANCELLED, by="account:1", now=NOW)
    assert end.state == "cancelled"
    assert {one.state for one in calls(city, alert.alert_id)} == {CallState.STOOD_DOWN}
    with pytest.raises(FieldStateError, match="cancelled"):
        city.do(end_alert, alert.alert_id, AlertState.CLOSED, by="account:1", now=NOW)


def test_it_ends_by_itself_when_nobody_comes(city):
    alert = make(city).alert
    tick(city, alert.alert_id, 3700)
    assert city.see(find_alert, alert.alert_id).state == AlertState.EXPIRED
    assert not tick(city, alert.alert_id, 3800)


def person(city: Any, code: str, now: Any = NOW) -> Any:
    return city.see(live_people, LIMITS, now, [city.people[code]])[0]


def test_quiet_hours_mutes_and_budgets_hold_at_the_server_while_off_duty(city):
    who = city.people["v01"]
    at = LIMITS.local(NOW).time()
    hour = timedelta(hours=1)

    def choose(**choice: Any) -> Any:
        usual = {"quiet_from": None, "quiet_until": None, "muted_until": None, "monthly_calls": 8}
        return city.do(set_preference, who, **(usual | choice), now=NOW)

    assert not person(city, "v01").is_muted
    choose(quiet_from=time(at.hour), quiet_until=time(at.hour + 1))
    assert person(city, "v01").is_muted
    with pytest.raises(FieldStateError, match="v01: muted"):
        make(city, mode=Mode.ONE, people=("v01",))
    assert not person(city, "v01", NOW + 3 * hour).is_muted
    choose(muted_until=NOW + hour)
    assert person(city, "v01").is_muted
    assert city.see(changed_by_clock, NOW, NOW + hour, LIMITS) >= {who}
    choose(monthly_calls=0)
    assert person(city, "v01").is_spent
    city.do(check_in, who, city)
    choose(muted_until=NOW + hour, monthly_calls=0)
    on_duty = person(city, "v01")
    assert (on_duty.is_on_duty, on_duty.is_muted, on_duty.is_spent) == (True, False, False)
    view = city.see(preference_of, who)
    with pytest.raises(StaleError):
        city.do(
            set_preference,
            who,
            quiet_from=None,
            quiet_until=None,
            muted_until=None,
            monthly_calls=3,
            now=NOW,
            expected=view.row_version - 1,
        )
    assert is_quiet(time(23), time(22), time(6))
    assert not is_quiet(time(12), time(22), time(6))


def check_in(session: Any, person_id: int, city: Any) -> None:
    made = create_task(session, city.values(), LIMITS, by="me", now=NOW)
    signup = Signup(
        task_id=made.task_id,
        person_id=person_id,
        state="confirmed",
        created_at=NOW,
        created_by="me",
        changed_at=NOW,
    )
    session.add(signup)
    session.flush()
    session.add(
        CheckIn(
            source=f"task:{made.task_id}:{person_id}",
            kind="task",
            state="in",
            person_id=person_id,
            signup_id=signup.id,
            task_id=made.task_id,
            starts_at=NOW - timedelta(hours=1),
            ends_at=NOW + timedelta(hours=1),
            in_at=NOW - timedelta(hours=1),
            in_means="geofence",
            created_at=NOW,
        )
    )


def report_position(session: Any, report: Report) -> int:
    """Report one position; raise what its sender would be told."""
    (found,) = report_positions(session, [report])
    if isinstance(found, Exception):
        raise found
    return found


def test_a_position_is_kept_on_duty_alone_as_a_cell_and_for_some_days(city):
    who = city.people["v01"]
    with pytest.raises(FieldStateError, match="on duty"):
        city.do(report_position, Report(who, *GATE, NOW))
    city.do(check_in, who, city)
    agree(city, who)
    there = (40.6780, 109.8300)
    with asked(city.store) as statements:
        cell = city.do(report_position, Report(who, *there, NOW, 20.0))
    assert [one.split()[0] for one in statements if one[:5] != "BEGIN"] == [
        "SELECT",
        "SELECT",
        "INSERT",
    ]
    assert cell == cells_at([there[0]], [there[1]], 9)[0]
    one = person(city, "v01")
    assert one.placed_at == NOW
    assert abs(one.lat - there[0]) < 0.003
    late = person(city, "v01", NOW + timedelta(minutes=31))
    assert late.placed_at is None
    city.do(report_position, Report(who, *GATE, NOW + timedelta(minutes=1)))
    with city.store.read() as session:
        assert session.scalar(select(func.count()).select_from(Position)) == 1
    assert city.do(forget_positions, NOW + timedelta(days=8)) == 1


def agree(city, who, withdrawn_at=None):
    agreed = {"person_id": who, "purpose": "position", "wording": "2026-11", "given_at": NOW}
    city.store.submit(lambda s: s.add(Consent(**agreed, withdrawn_at=withdrawn_at)))


def test_no_position_is_taken_without_consent_to_it(city):
    who = city.people["v01"]
    city.do(check_in, who, city)
    with pytest.raises(FieldStateError, match="consent"):
        city.do(report_position, Report(who, *GATE, NOW))
    agree(city, who, withdrawn_at=NOW)
    with pytest.raises(FieldStateError, match="consent"):
        city.do(report_position, Report(who, *GATE, NOW))
    agree(city, who)
    city.do(report_position, Report(who, *GATE, NOW))


def test_the_feed_tells_what_changed_once(city):
    feed = Feed()
    city.see(feed.begin)
    assert city.see(feed.read) == set()
    city.change_person("v01", profession="taxi_driver")
    assert city.see(feed.read) == {("person", city.people["v01"])}
    alert = make(city).alert
    told = city.see(feed.read)
    called = {("person", one.person_id) for one in calls(city, alert.alert_id)}
    assert told >= called | {("alert", alert.alert_id)}
    assert city.see(feed.read) == set()
    assert city.do(prune) == 0


def test_a_lease_is_one_holders_until_it_runs_out(city):
    assert city.do(take_lease, "alerts", "a", NOW)
    assert not city.do(take_lease, "alerts", "b", NOW)
    assert city.do(take_lease, "alerts", "a", NOW + timedelta(seconds=5))
    assert not city.do(take_lease, "alerts", "b", NOW + timedelta(seconds=14))
    assert city.do(take_lease, "alerts", "b", NOW + timedelta(seconds=15))


def test_calls_are_of_people_once(city):
    alert = make(city).alert
    for step in range(1, 12):
        tick(city, alert.alert_id, 46 * step)
    with city.store.read() as session:
        rows = session.execute(select(AlertCall.person_id)).scalars().all()
    assert len(rows) == len(set(rows)) <= 60
