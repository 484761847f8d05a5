"""What the clock does: lone people's timers, no-shows, forgotten check-outs, show-up rates."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from field_city import LIMITS, NOW, local
from sqlalchemy import select
from tiny_store import KEYS

from data.field.alerts import list_alerts
from data.field.alerts_calls import Reachable
from data.field.arrivals import arrivals, require_within
from data.field.checkin_places import Position
from data.field.checkins import Proof, check_in, check_out, find_check_in
from data.field.dropouts import open_dropouts
from data.field.duty_turns import roster_turn, task_turn
from data.field.errors import FieldMissingError, FieldStateError
from data.field.live import live_people
from data.field.lone import safe_until, say_safe
from data.field.my_shifts import reply_to_shift
from data.field.signups import sign_up
from data.field.tasks import close_due
from data.field.watching import BATCH, finish, learn_rates, watch
from data.planning.repairing import absences_of
from data.points.accounts import balance_of
from data.points.rules import fill_shipped
from data.store.scope import Scope
from data.store.tables.checkins import CheckIn, ShowUpRate
from data.store.tables.outbox import OutboxNotice
from data.store.tables.people import Person
from data.store.tables.service import ServiceRecord
from data.store.tables.teams import BeatMember
from dispatch.alerts import Danger, Duty
from dispatch.alerts_response import ResponseModel

if TYPE_CHECKING:
    from datetime import datetime

    from field_city import City

    from data.field.duty_turns import DutyTurn

THERE = Proof("geofence", Position(40.6720, 109.8200, 20.0))
OFFICER = Proof("officer")
EVENING = local("2026-11-27 19:00")


def staff(alert: Any, wanted: Any) -> list[int]:
    """A finder that finds nobody; who is told otherwise is what is tested."""
    return []


def place(city: City, code: str, **changes: Any) -> DutyTurn:
    """Give somebody a place of a patrol."""
    task = city.task(**({"kind": "patrol", "points": 7, "is_beat_wide": False} | changes))
    return join(city, task.task_id, code)


def join(city: City, task_id: int, code: str) -> DutyTurn:
    city.do(sign_up, task_id, city.people[code], LIMITS, by="me", now=NOW)
    found: DutyTurn = city.see(task_turn, task_id, city.people[code])
    return found


def come(city: City, turn: DutyTurn, now: datetime, proof: Proof = THERE, **more: Any) -> Any:
    return city.do(check_in, KEYS, turn, proof, LIMITS, by="me", now=now, **more)


def leave(city: City, turn: DutyTurn, now: datetime, proof: Proof = THERE, **more: Any) -> Any:
    return city.do(check_out, KEYS, turn, proof, LIMITS, by="me", now=now, **more)


def tick(city: City, now: datetime) -> dict[str, int]:
    return watch(city.store, KEYS, staff, now)


def told(city: City, topic: str) -> set[int]:
    with city.store.read() as session:
        query = select(OutboxNotice.content).where(OutboxNotice.topic == topic)
        return {content["person_id"] for content in session.scalars(query)}


@pytest.fixture
def staffed(city: City) -> City:
    """Wang is the community officer of Haiwei."""
    member = BeatMember(
        beat_id=city.beats["haiwei"],
        person_id=city.people["wang"],
        duty="community_officer",
        since=NOW.date(),
    )
    city.store.submit(lambda session: session.add(member))
    return city


def test_silence_of_who_is_alone_goes_up_step_by_step(staffed: City) -> None:
    turn = place(staffed, "liu")
    begin = turn.starts_at
    come(staffed, turn, begin)
    assert staffed.see(safe_until, turn.person_id) == begin + timedelta(minutes=30)
    assert tick(staffed, begin + timedelta(minutes=29))["alone"] == 0
    assert tick(staffed, begin + timedelta(minutes=30))["alone"] == 1
    assert told(staffed, "alone.asked") == {turn.person_id}
    assert told(staffed, "alone.silent") == set()
    tick(staffed, begin + timedelta(minutes=35))
    assert told(staffed, "alone.silent") == {staffed.people["wang"]}
    assert staffed.see(list_alerts, is_open=True) == []
    tick(staffed, begin + timedelta(minutes=40))
    (alert,) = staffed.see(list_alerts, is_open=True)
    assert (alert.danger, alert.mode) == (Danger.HAZARDOUS, "waves")
    tick(staffed, begin + timedelta(minutes=90))
    assert len(staffed.see(list_alerts)) == 1
    now = begin + timedelta(minutes=91)
    until = staffed.do(say_safe, turn.person_id, by="me", now=now)
    assert until == now + timedelta(minutes=30)
    assert staffed.see(list_alerts, is_open=True) == []


@pytest.mark.only("sqlite")
def test_saying_so_in_time_is_all(staffed: City) -> None:
    turn = place(staffed, "liu")
    come(staffed, turn, turn.starts_at)
    for minutes in (25, 50, 75, 100):
        now = turn.starts_at + timedelta(minutes=minutes)
        assert tick(staffed, now)["alone"] == 0
        staffed.do(say_safe, turn.person_id, by="me", now=now)
    assert told(staffed, "alone.asked") == set()


@pytest.mark.only("sqlite")
def test_two_are_not_alone_until_one_leaves(city: City) -> None:
    first = place(city, "liu")
    second = join(city, first.task_id or 0, "sun")
    begin = first.starts_at
    come(city, first, begin)
    come(city, second, begin + timedelta(minutes=5))
    for turn in (first, second):
        assert city.see(safe_until, turn.person_id) is None
    with pytest.raises(FieldMissingError):
        city.do(say_safe, first.person_id, by="me", now=begin)
    leave(city, first, begin + timedelta(minutes=60))
    assert city.see(safe_until, second.person_id) == begin + timedelta(minutes=90)
    leave(city, second, begin + timedelta(minutes=70))
    assert city.see(safe_until, second.person_id) is None
    assert tick(city, begin + timedelta(hours=3))["alone"] == 0


@pytest.mark.only("sqlite")
def test_a_fixed_post_has_no_timer(city: City) -> None:
    turn = place(city, "liu", kind="fixed_post")
    come(city, turn, turn.starts_at)
    assert city.see(safe_until, turn.person_id) is None


@pytest.mark.only("sqlite")
def test_who_does_not_come_is_a_no_show_once(staffed: City) -> None:
    turn = place(staffed, "liu")
    assert tick(staffed, turn.starts_at + timedelta(minutes=29))["no_shows"] == 0
    assert tick(staffed, turn.starts_at + timedelta(minutes=30))["no_shows"] == 1
    assert tick(staffed, turn.starts_at + timedelta(minutes=31))["no_shows"] == 0
    assert told(staffed, "turn.missed") == {turn.person_id}
    assert told(staffed, "turn.no_show") == {staffed.people["wang"]}
    with pytest.raises(FieldStateError, match="no_show"):
        come(staffed, turn, turn.starts_at + timedelta(minutes=40))


@pytest.mark.only("sqlite")
@pytest.mark.parametrize("means", ["offline", "officer"])
def test_a_no_show_is_undone_by_who_knows_better(city: City, means: str) -> None:
    turn = place(city, "liu")
    tick(city, turn.starts_at + timedelta(minutes=45))
    then, now = turn.starts_at + timedelta(minutes=3), turn.starts_at + timedelta(minutes=60)
    kept = come(city, turn, now, THERE if means == "offline" else OFFICER, claimed_at=then)
    assert (kept.state, kept.in_at) == ("in", then)
    assert learn_rates(city.store, now) == 1
    assert city.see(lambda s: s.get(ShowUpRate, turn.person_id).came) == 1


def test_a_forgotten_check_out_gives_points_on_an_officers_word(city: City) -> None:
    city.do(fill_shipped)
    turn = place(city, "liu")
    come(city, turn, turn.starts_at)
    assert tick(city, turn.ends_at + timedelta(minutes=119))["left"] == 0
    assert tick(city, turn.ends_at + timedelta(minutes=120))["left"] == 1
    kept = city.see(find_check_in, turn)
    assert (kept.state, kept.minutes, kept.points) == ("out", 120, 0)
    later = turn.ends_at + timedelta(hours=5)
    assert leave(city, turn, later).points == 0  # their own word, hours later, is not enough
    went = turn.starts_at + timedelta(minutes=90)
    kept = leave(city, turn, later, OFFICER, claimed_at=went)
    assert (kept.minutes, kept.points, kept.out_at) == (90, 7, went)
    assert city.see(balance_of, turn.person_id) == 7
    with city.store.read() as session:
        assert session.scalars(select(ServiceRecord.verified_by)).one() == "me"


def test_silence_of_a_station_says_nothing_about_people(city: City) -> None:
    plan = city.publish(
        ("li", "haiwei", "evening", "auxiliary"),
        ("liu", "haiwei", "evening", "patrol_guard"),
        ("sun", "haiwei", "evening", "patrol_guard"),
    )
    late = EVENING + timedelta(minutes=31)
    assert tick(city, late)["no_shows"] == 0
    declined = (plan, city.people["sun"], "evening")
    city.do(reply_to_shift, *declined, confirmed=False, by="me", now=NOW, reason="病了")
    li = city.see(roster_turn, plan, city.people["li"], "evening")
    come(city, li, EVENING)
    assert tick(city, late)["no_shows"] == 1
    states = {one.person_code: one.state for one in city.see(arrivals, (EVENING, late), late)}
    assert states == {"li": "in", "liu": "no_show", "sun": "declined"}
    kinds = [(one.person_code, one.kind) for one in city.see(open_dropouts, plan)]
    assert sorted(kinds) == [("liu", "no_show"), ("sun", "declined")]
    # Both are what a repair starts from; whoever was there after all is not.
    assert sorted(city.see(absences_of, plan)) == [("liu", "evening"), ("sun", "evening")]
    liu = city.see(roster_turn, plan, city.people["liu"], "evening")
    come(city, liu, late + timedelta(minutes=10), OFFICER, claimed_at=EVENING)
    assert city.see(absences_of, plan) == [("sun", "evening")]


@pytest.mark.only("sqlite")
def test_the_board_tells_who_is_due_within_ones_jurisdiction(city: City) -> None:
    turn = place(city, "liu")
    span = (turn.starts_at, turn.ends_at)
    (one,) = city.see(arrivals, span, turn.starts_at - timedelta(minutes=1))
    assert (one.person_code, one.state, one.title) == ("liu", "due", "海威小学护学岗")
    assert city.see(arrivals, span, turn.starts_at)[0].state == "late"
    come(city, turn, turn.starts_at)
    (one,) = city.see(arrivals, span, turn.starts_at)
    assert (one.state, one.in_means, one.alone_level) == ("in", "geofence", 0)
    inside = Scope(beats=frozenset({city.beats["haiwei"]}))
    outside = Scope(stations=frozenset({city.stations["wusutu"]}))
    assert len(city.see(arrivals, span, turn.starts_at, inside)) == 1
    assert city.see(arrivals, span, turn.starts_at, outside) == []
    city.see(require_within, turn, inside)
    with pytest.raises(FieldMissingError):
        city.see(require_within, turn, outside)


def test_rates_come_from_turns_and_reach_the_records(city: City) -> None:
    turns = [place(city, code) for code in ("liu", "sun")]

    def kept(number: int, person: int, state: str) -> CheckIn:
        begin = NOW - timedelta(days=number + 1)
        return CheckIn(
            source=f"roster:x:{person}:{number}",
            kind="task",
            signup_id=1,
            task_id=turns[0].task_id,
            state=state,
            person_id=person,
            starts_at=begin,
            ends_at=begin + timedelta(hours=1),
            in_at=None if state == "no_show" else begin,
            out_at=None if state == "no_show" else begin,
            created_at=begin,
        )

    liu, sun = city.people["liu"], city.people["sun"]
    rows = [kept(n, liu, "out") for n in range(8)] + [kept(n, sun, "no_show") for n in range(4)]
    city.store.submit(lambda session: session.add_all(rows))
    assert learn_rates(city.store, NOW) == 2
    with city.store.read() as session:
        rate = {code: session.get_one(Person, city.people[code]).show_up for code in city.people}
    assert rate["sun"] < 0.65
    assert 0.85 < rate["liu"] < 1
    assert rate["chen"] == 1.0
    assert learn_rates(city.store, NOW) == 0
    # An alert counts on the one who comes, and less on the other.
    chances = {
        one.code: Reachable(one, 2.0, 100.0, Duty.ACT).acceptance(ResponseModel())
        for one in city.see(
            live_people, LIMITS, NOW, [city.people[c] for c in ("liu", "sun", "v00")]
        )
    }
    assert chances["sun"] < 0.8 * chances["v00"] < chances["liu"]


@pytest.mark.only("sqlite")
def test_what_is_due_at_once_is_done_in_small_transactions(city: City) -> None:
    tasks = [city.task() for _ in range(2 * BATCH + 5)]
    sizes: list[int] = []

    def step(session: Any) -> int:
        sizes.append(len(close_due(session, tasks[0].signup_until, BATCH)))
        return sizes[-1]

    assert finish(city.store, step) == len(tasks)
    assert sizes == [BATCH, BATCH, 5]
